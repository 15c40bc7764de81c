from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "listing_assistant.moderation"
