from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "listing_assistant.api"
