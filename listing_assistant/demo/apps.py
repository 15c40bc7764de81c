from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "listing_assistant.demo"
