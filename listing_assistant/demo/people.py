"""Who is on the demo marketplace: the log-ins to try it with, and people with known tastes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from listing_assistant.accounts.models import Role, User
from listing_assistant.demo.recipes import RECIPES, Recipe

DEMO_PASSWORD = "try-it-yourself"
PEOPLE = 900
SELLERS = 24  # the first of the people sell
PLACES = (("US", "USD", 60), ("GB", "GBP", 18), ("DE", "EUR", 12), ("FR", "EUR", 10))
FIRST_NAMES = ("Ada", "Amir", "Ana", "Ben", "Bea", "Chi", "Cleo", "Dan", "Dora", "Eli", "Emma",
               "Finn", "Gia", "Hugo", "Ida", "Ivo", "June", "Kai", "Lena", "Liam", "Maya", "Mo",
               "Nina", "Noah", "Olga", "Omar", "Pia", "Ravi", "Rosa", "Sam", "Sora", "Tess",
               "Theo", "Uma", "Vera", "Wim", "Yara", "Zoe")  # fmt: skip


@dataclass(frozen=True)
class DemoPerson:
    role: str
    email: str
    display_name: str
    roles: tuple[Role, ...] = (Role.BUYER, Role.SELLER)
    is_staff: bool = False


SELLER = DemoPerson("seller", "seller@demo.example", "Sasha (demo seller)")
BUYER = DemoPerson("buyer", "buyer@demo.example", "Bo (demo buyer)")
MODERATOR = DemoPerson(
    "moderator", "moderator@demo.example", "Mika (demo moderator)", (Role.BUYER, Role.MODERATOR)
)
ADMIN = DemoPerson("admin", "admin@demo.example", "Alex (demo admin)", is_staff=True)
DEMO_PEOPLE = (SELLER, BUYER, MODERATOR, ADMIN)


@dataclass(frozen=True)
class Taste:
    """What a person looks for. `budget` is where in a price range they feel at home, 0 to 1."""

    categories: tuple[str, ...]
    colours: tuple[str, ...]
    brands: tuple[str, ...]
    budget: float


def email_of(number: int) -> str:
    return f"person{number:03d}@demo.example"


def taste_of(number: int) -> Taste:
    """The taste of the person of that number, the same every time."""
    rng = random.Random(f"demo taste {number}")
    # People's interests hang together: one wing of the house, and one thing from elsewhere.
    # More are sold of what more people want.
    start = rng.choices(range(len(RECIPES)), weights=[recipe.count for recipe in RECIPES])[0]
    near: list[Recipe] = [RECIPES[(start + step) % len(RECIPES)] for step in range(9)]
    chosen = [*rng.sample(near, 4), rng.choice(RECIPES)]
    colours = sorted({colour for recipe in chosen for colour in recipe.colours})
    brands = sorted({brand for recipe in chosen for brand in recipe.brands})
    return Taste(
        categories=tuple(dict.fromkeys(recipe.category for recipe in chosen)),
        colours=tuple(rng.sample(colours, min(3, len(colours)))),
        brands=tuple(rng.sample(brands, min(2, len(brands)))),
        budget=rng.random(),
    )


def create_people(count: int = PEOPLE) -> list[User]:
    """The simulated people, who cannot sign in; those that exist are left alone."""
    rows = [_person(number) for number in range(count)]
    User.objects.bulk_create(rows, ignore_conflicts=True)
    return list(User.objects.filter(email__in=[row.email for row in rows]).order_by("email"))


def _person(number: int) -> User:
    rng = random.Random(f"demo person {number}")
    country, currency, _ = rng.choices(PLACES, weights=[weight for *_, weight in PLACES])[0]
    name = f"{rng.choice(FIRST_NAMES)} {chr(65 + rng.randrange(26))}."
    return User(
        email=email_of(number),
        password=make_password(None),
        display_name=name,
        country=country,
        currency=currency,
    )


def create_log_ins(people: Sequence[DemoPerson] = DEMO_PEOPLE) -> dict[str, User]:
    """The demo's accounts by role, all with DEMO_PASSWORD."""
    users = {}
    for person in people:
        user, is_new = User.objects.get_or_create(
            email=person.email,
            defaults={
                "display_name": person.display_name,
                "roles": list(person.roles),
                "is_staff": person.is_staff,
                "is_superuser": person.is_staff,
            },
        )
        if is_new:
            user.set_password(DEMO_PASSWORD)
            user.save(update_fields=["password"])
        users[person.role] = user
    return users
