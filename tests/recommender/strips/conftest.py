"""A phone, what goes with it and what does not, and an offline table that says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from listing_assistant.catalogue.models import (
    Attribute,
    AttributeValue,
    Category,
    CategoryAttribute,
    CompatibilityPair,
    Taxonomy,
)
from listing_assistant.listings.models import Listing, ListingAttribute, State
from recommender.aggregates import replace_rows
from recommender.models import AggregateKind

MODELS = ("iPhone 15", "iPhone 15 Pro", "Pixel 8")


class Market:
    """Phones, cases that fit some of them, chargers, and a shelf in another department."""

    def __init__(self, seller: Any) -> None:
        self.seller = seller
        self.taxonomy = Taxonomy.objects.create(
            name="small", source_version="1", checksum="0" * 64, is_offered=True
        )
        self.department = self._category("Electronics", None)
        self.phones = self._category("Phones", self.department)
        self.cases = self._category("Cases", self.department)
        self.chargers = self._category("Chargers", self.department)
        self.home = self._category("Home", None)
        self.shelves = self._category("Shelves", self.home)
        self.model = self._attribute("Model", self.phones)
        self.fits = self._attribute("Compatible Model", self.cases)
        CompatibilityPair.objects.create(fits=self.fits, property=self.model)

    def _category(self, name: str, parent: Category | None) -> Category:
        return Category.objects.create(
            taxonomy=self.taxonomy,
            source_id=name,
            name=name,
            slug=name.lower(),
            parent=parent,
            path=f"{parent.path} > {name}" if parent else name,
            depth=1 if parent else 0,
            is_leaf=parent is not None,
        )

    def _attribute(self, name: str, category: Category) -> Attribute:
        attribute = Attribute.objects.create(taxonomy=self.taxonomy, source_id=name, name=name)
        CategoryAttribute.objects.create(category=category, attribute=attribute)
        for value in MODELS:
            AttributeValue.objects.create(attribute=attribute, source_id=value, value=value)
        return attribute

    def sell(self, title: str, category: Category, **fields: Any) -> Listing:
        stated: dict[Attribute, str] = fields.pop("stated", {})
        defaults = {
            "seller": self.seller,
            "price": 20,
            "state": State.LIVE,
            "condition": "good",
            "published_at": timezone.now(),
        }
        listing = Listing.objects.create(title=title, category=category, **defaults | fields)
        for attribute, text in stated.items():
            ListingAttribute.objects.create(listing=listing, attribute=attribute, text=text)
        return listing

    def phone(self, model: str = "iPhone 15", **fields: Any) -> Listing:
        defaults = {"price": 500, "stated": {self.model: model}}
        return self.sell(f"Phone {model}", self.phones, **defaults | fields)

    def case(self, model: str = "iPhone 15", **fields: Any) -> Listing:
        return self.sell(f"Case for {model}", self.cases, stated={self.fits: model}, **fields)

    def charger(self, **fields: Any) -> Listing:
        return self.sell("Charger", self.chargers, **fields)


@pytest.fixture
def market(db: None, alice: Any) -> Market:
    return Market(alice)


@pytest.fixture
def relate() -> Callable[..., None]:
    """Says which categories were bought together, the best first."""

    def relate(category: Category, *others: Category) -> None:
        entries = [(str(each.pk), 1 - n / 10, 20) for n, each in enumerate(others)]
        replace_rows(kind=AggregateKind.RELATED_CATEGORY, rows=[(str(category.pk), entries)])

    return relate


@pytest.fixture
def make_popular() -> Callable[..., None]:
    """Makes listings the most popular of their categories, the first most of all."""

    def make_popular(*listings: Listing) -> None:
        rows: dict[str, list[tuple[str, float, int]]] = {}
        for place, listing in enumerate(listings):
            entry = (str(listing.pk), 100.0 - place, 50 - place)
            rows.setdefault(str(listing.category_id), []).append(entry)
        replace_rows(kind=AggregateKind.POPULAR, rows=list(rows.items()))

    return make_popular
