from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "listing_assistant.catalogue"
