from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "listing_assistant.demo"

    def ready(self) -> None:
        from listing_assistant.demo import knowledge
        from recommender.reports import truth

        truth.know(knowledge.what_is_known)
