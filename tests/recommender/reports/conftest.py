"""A marketplace of phones and cases, and three weeks in which people buy a case after a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Category, Taxonomy
from listing_assistant.listings.models import Listing
from recommender.models import BehaviourEvent

BUYERS = 8
LATE_BUYERS = 3
Do = Callable[..., BehaviourEvent]


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def do(now: datetime) -> Do:
    """Something a person did so many days ago, and so many minutes later."""

    def make(
        kind: str, user: User, listing: Listing | None, *, days: float, minutes: float = 0, **data
    ) -> BehaviourEvent:
        return BehaviourEvent.objects.create(
            kind=kind,
            user=user,
            listing=listing,
            session_key=f"{user.pk}-{days:.0f}",
            happened_at=now - timedelta(days=days) + timedelta(minutes=minutes),
            data=data,
        )

    return make


@pytest.fixture
def people(django_user_model) -> list[User]:
    return [
        django_user_model.objects.create_user(f"p{n}@example.org", "pass", display_name=f"P{n}")
        for n in range(BUYERS + LATE_BUYERS)
    ]


@pytest.fixture
def leaf(taxonomy: Taxonomy) -> Callable[[str], Category]:
    def make(name: str) -> Category:
        return Category.objects.create(
            taxonomy=taxonomy, source_id=name, name=name, slug=name.lower(), path=f"Shop > {name}",
            depth=1,
        )  # fmt: skip

    return make


@pytest.fixture
def shop(sell, leaf, now, people) -> dict[str, list[Listing]]:
    """Listings by category: two of each, all published long ago, of several sellers."""
    long_ago = now - timedelta(days=60)
    return {
        name: [
            sell(f"{name} {n}", category=leaf_category, published_at=long_ago, seller=people[n])
            for n in range(2)
        ]
        for name in ("Phones", "Cases", "Tents")
        for leaf_category in [leaf(name)]
    }


@pytest.fixture
def month(shop, do, people) -> dict[str, list[Listing]]:
    """Before the cut eight people buy a phone and a case; after it three buy the case after a look
    at the phone, and one of them a tent, which nobody could have known."""
    phone, case = shop["Phones"][0], shop["Cases"][0]
    for buyer in people[:BUYERS]:
        for listing, minutes in ((phone, 0), (case, 5)):
            do("click", buyer, listing, days=15, minutes=minutes)
            do("purchase", buyer, listing, days=15, minutes=minutes + 1)
    for buyer in people[BUYERS:]:
        do("click", buyer, phone, days=1)
        do("purchase", buyer, case, days=1, minutes=10)
    do("purchase", people[-1], shop["Tents"][0], days=1, minutes=20)
    return shop
