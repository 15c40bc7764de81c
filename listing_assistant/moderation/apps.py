from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "listing_assistant.moderation"

    def ready(self) -> None:
        from . import receivers  # noqa: F401
