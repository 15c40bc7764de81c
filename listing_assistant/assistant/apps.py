from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "listing_assistant.assistant"
