from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "listing_assistant.accounts"

    def ready(self) -> None:
        # The site's own checks have no app; the lowest layer brings them in.
        from listing_assistant import checks  # noqa: F401
