from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "listing_assistant.catalogue"

    def ready(self) -> None:
        from listing_assistant.catalogue import receivers

        receivers.connect()
