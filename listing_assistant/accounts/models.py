from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Role(models.TextChoices):
    """What a person may do beyond looking. Staff is Django's own `is_staff`."""

    SELLER = "seller", "Seller"
    BUYER = "buyer", "Buyer"
    MODERATOR = "moderator", "Moderator"


def default_roles() -> list[str]:
    return [Role.BUYER, Role.SELLER]


class PeopleManager(UserManager["User"]):
    def create_user(  # type: ignore[override]
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(  # type: ignore[override]
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A person signs in with an e-mail address and is shown by a display name."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    display_name = models.CharField(max_length=60)
    roles = ArrayField(
        models.CharField(max_length=20, choices=Role.choices), default=default_roles, blank=True
    )
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code")
    currency = models.CharField(max_length=3, default="USD", help_text="ISO 4217 code")
    time_zone = models.CharField(max_length=60, default="UTC", help_text="IANA name")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    objects: ClassVar[PeopleManager] = PeopleManager()

    def __str__(self) -> str:
        return self.display_name or self.email

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name

    @property
    def is_seller(self) -> bool:
        return Role.SELLER in self.roles

    @property
    def is_moderator(self) -> bool:
        return Role.MODERATOR in self.roles or self.is_staff
