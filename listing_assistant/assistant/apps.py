from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "listing_assistant.assistant"

    def ready(self) -> None:
        from listing_assistant.assistant import following, receivers

        receivers.connect()
        following.connect()
