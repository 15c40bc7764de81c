from django.apps import AppConfig


class ListingsConfig(AppConfig):
    name = "listing_assistant.listings"
