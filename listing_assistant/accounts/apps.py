from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "listing_assistant.accounts"
