"""A small vocabulary, photos by colour, and drafts in the hands of Alice."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image, ImageDraw

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import (
    Attribute,
    AttributeKind,
    AttributeValue,
    Category,
    CategoryAttribute,
    Taxonomy,
)
from listing_assistant.listings import services, signals
from listing_assistant.listings.models import (
    Listing,
    ListingAttribute,
    Photo,
    State,
    StoredImage,
)


@pytest.fixture
def taxonomy(db: None) -> Taxonomy:
    return Taxonomy.objects.create(name="test", source_version="1", checksum="0" * 64)


@pytest.fixture
def fashion(taxonomy: Taxonomy) -> Category:
    return Category.objects.create(
        taxonomy=taxonomy, source_id="f", name="Fashion", slug="fashion", path="Fashion",
        is_leaf=False,
    )  # fmt: skip


@pytest.fixture
def shoes(taxonomy: Taxonomy, fashion: Category) -> Category:
    return Category.objects.create(
        taxonomy=taxonomy, source_id="f-s", parent=fashion, name="Trainers", slug="trainers",
        path="Fashion > Trainers", depth=1, synonyms=["sneakers"],
    )  # fmt: skip


@pytest.fixture
def colour(taxonomy: Taxonomy, shoes: Category) -> Attribute:
    """Required of shoes; knows Grey, also called gray, and Red."""
    attribute = Attribute.objects.create(taxonomy=taxonomy, source_id="colour", name="Colour")
    CategoryAttribute.objects.create(category=shoes, attribute=attribute, is_required=True)
    for value, synonyms in (("Grey", ["gray"]), ("Red", [])):
        AttributeValue.objects.create(
            attribute=attribute, source_id=value, value=value, synonyms=synonyms
        )
    return attribute


@pytest.fixture
def height(taxonomy: Taxonomy, shoes: Category) -> Attribute:
    """A number in centimetres."""
    attribute = Attribute.objects.create(
        taxonomy=taxonomy, source_id="height", name="Height", kind=AttributeKind.NUMBER, unit="cm"
    )
    CategoryAttribute.objects.create(category=shoes, attribute=attribute)
    return attribute


@pytest.fixture
def photo_of() -> Callable[[str], io.BytesIO]:
    """A small PNG of a colour with a black bar; every colour is another picture."""

    def make(colour: str) -> io.BytesIO:
        image = Image.new("RGB", (120, 90), colour)
        ImageDraw.Draw(image).rectangle((0, 0, 59, 20), fill="black")
        file = io.BytesIO()
        image.save(file, "PNG")
        file.seek(0)
        return file

    return make


@pytest.fixture
def draft(alice: User) -> Listing:
    """Empty, of Alice."""
    return services.create_draft(seller=alice)


@pytest.fixture
def ready_draft(alice: User, shoes: Category, photo_of: Callable[[str], io.BytesIO]) -> Listing:
    """Complete, of Alice."""
    listing = services.create_draft(
        seller=alice, title="Running shoes WH-1000XM4", category=shoes, condition="good", price="25"
    )
    services.add_photo(listing=listing, user=alice, file=photo_of("red"), name="red.png")
    return listing


@pytest.fixture
def live_listing(ready_draft: Listing, alice: User) -> Listing:
    return services.publish_listing(listing=ready_draft, user=alice)


@pytest.fixture
def sell(alice: User, shoes: Category) -> Callable[..., Listing]:
    """Puts a listing of Alice's on sale without the steps before; a photo's row, but no file."""
    image = StoredImage.objects.create(
        sha256="ab" * 32, width=320, height=240, byte_size=1000, perceptual_hash="0" * 16
    )

    def make(title: str = "Red trainers", **fields: Any) -> Listing:
        stated: dict[Attribute, str] = fields.pop("stated", {})
        defaults = {
            "seller": alice, "category": shoes, "condition": "good", "price": Decimal(25),
            "state": State.LIVE, "published_at": timezone.now(),
        }  # fmt: skip
        listing = Listing.objects.create(title=title, **defaults | fields)
        Photo.objects.create(listing=listing, image=image, position=0, file_name="a.jpg")
        ListingAttribute.objects.bulk_create(
            ListingAttribute(listing=listing, attribute=attribute, text=text)
            for attribute, text in stated.items()
        )
        return listing

    return make


@pytest.fixture
def heard() -> Iterator[list[dict[str, Any]]]:
    """What the `behaviour` signal told, in order."""
    told: list[dict[str, Any]] = []

    def listen(**kwargs: Any) -> None:
        told.append(kwargs)

    signals.behaviour.connect(listen)
    yield told
    signals.behaviour.disconnect(listen)
