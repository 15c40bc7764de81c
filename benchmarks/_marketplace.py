"""Fills an empty database with synthetic live listings: words from lists, vectors at random."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Attribute, Category, CategoryAttribute, Taxonomy
from listing_assistant.listings.models import (
    Condition,
    Format,
    Listing,
    ListingAttribute,
    Photo,
    State,
    StoredImage,
)
from ml.artefacts import save_artefact
from recommender.inference import current_release
from recommender.models import ItemEmbedding
from recommender.vectors import pack

BATCH = 1000
DIM = 256
SELLERS = 200
COLOURS = ("black", "white", "red", "navy", "green", "grey", "brown", "cream", "teal", "yellow")
MATERIALS = ("cotton", "oak", "steel", "leather", "glass", "wool", "linen", "ceramic", "nylon")
STYLES = ("vintage", "modern", "classic", "sporty", "plain", "printed", "handmade", "folding")
BRANDS = tuple(
    a + b for a in ("Nor", "Vel", "Kas", "Tru", "Mil", "Osk") for b in ("dan", "to", "ri")
)
NOUNS = (
    *("shirt", "dress", "jeans", "sneakers", "boots", "handbag", "backpack", "watch", "scarf"),
    *("phone", "case", "headphones", "laptop", "camera", "speaker", "charger", "tablet", "lens"),
    *("lamp", "chair", "table", "mug", "teapot", "cushion", "rug", "shelf", "clock", "mirror"),
    *("book", "guitar", "ball", "bicycle", "tent", "kayak", "racket", "puzzle", "doll", "pram"),
)
ATTRIBUTES = {"Colour": COLOURS, "Material": MATERIALS, "Style": STYLES, "Brand": BRANDS}
SENTENCES = (
    "Used a few times and kept in a dry cupboard.",
    "Comes from a home without pets or smoke.",
    "Small marks that the photos show.",
    "Bought two years ago, the box is gone.",
    "Can be picked up or sent the next day.",
)


def fill(count: int, *, seed: int = 1) -> None:
    """`count` live listings in one category a noun, each with photos, attributes and a vector."""
    rng = random.Random(seed)
    release = put_empty_models_in_service()
    sellers = User.objects.bulk_create(
        User(email=f"seller{n}@bench.example", display_name=f"Seller {n}") for n in range(SELLERS)
    )
    categories, attributes = make_catalogue()
    for first in range(0, count, BATCH):
        listings = Listing.objects.bulk_create(
            a_listing(number, categories, sellers, rng)
            for number in range(first, min(first + BATCH, count))
        )
        ListingAttribute.objects.bulk_create(attribute_rows(listings, attributes, rng))
        add_photos(listings, rng)
        add_vectors(listings, release, seed=seed + first)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def put_empty_models_in_service() -> str:
    """The web process needs to know which release is in service, and no weights."""
    for kind in ("mismatch", "image_tower"):
        folder = Path(settings.ARTEFACTS_DIR) / kind
        card = "Empty: made by a benchmark."
        save_artefact(
            folder, kind=kind, format_version=1, config={}, tensors={}, metrics={}, card=card
        )
    return current_release()


def make_catalogue() -> tuple[list[Category], dict[str, Attribute]]:
    taxonomy = Taxonomy.objects.create(name="bench", source_version="1", checksum="0" * 64)
    root = Category.objects.create(
        taxonomy=taxonomy, source_id="all", name="All", slug="bench", path="All", is_leaf=False
    )
    categories = Category.objects.bulk_create(
        Category(
            taxonomy=taxonomy,
            source_id=noun,
            name=noun.title(),
            slug=f"bench-{noun}",
            path=f"All > {noun.title()}",
            parent=root,
            depth=1,
        )
        for noun in NOUNS
    )
    attributes = {
        name: Attribute.objects.create(taxonomy=taxonomy, source_id=name, name=name)
        for name in ATTRIBUTES
    }
    CategoryAttribute.objects.bulk_create(
        CategoryAttribute(category=category, attribute=attribute)
        for category in categories
        for attribute in attributes.values()
    )
    return categories, attributes


def a_listing(
    number: int, categories: list[Category], sellers: list[User], rng: random.Random
) -> Listing:
    category = categories[number % len(categories)]
    words = [rng.choice(words) for words in (BRANDS, COLOURS, MATERIALS, STYLES)]
    return Listing(
        seller=rng.choice(sellers),
        category=category,
        title=f"{' '.join(words)} {category.name.lower()} {rng.choice('ABCX')}-{number}",
        description=" ".join(rng.sample(SENTENCES, 3)),
        condition=rng.choice(Condition.values),
        price=rng.randint(100, 50_000) / 100,
        format=rng.choice(Format.values),
        state=State.LIVE,
        published_at=timezone.now() - timedelta(minutes=number),
    )


def attribute_rows(
    listings: Iterable[Listing], attributes: dict[str, Attribute], rng: random.Random
) -> Iterator[ListingAttribute]:
    for listing in listings:
        for name, attribute in attributes.items():
            text = rng.choice(ATTRIBUTES[name])
            yield ListingAttribute(listing=listing, attribute=attribute, text=text)


def add_photos(listings: list[Listing], rng: random.Random) -> None:
    """Rows alone: pages link to photos, and files are served by their own address."""
    photos = [
        Photo(listing=listing, image_id=rng.randbytes(32).hex(), position=n, file_name="photo.jpg")
        for listing in listings
        for n in range(rng.randint(1, 4))
    ]
    StoredImage.objects.bulk_create(
        StoredImage(
            sha256=photo.image_id,
            width=1200,
            height=900,
            byte_size=90_000,
            perceptual_hash=photo.image_id[:16],
        )
        for photo in photos
    )
    Photo.objects.bulk_create(photos)


def add_vectors(listings: list[Listing], release: str, *, seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(len(listings), DIM)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ItemEmbedding.objects.bulk_create(
        ItemEmbedding(
            listing=listing,
            release=release,
            content_hash="",
            vector=pack(row),
            is_live=True,
            revision=listing.pk,
        )
        for listing, row in zip(listings, rows, strict=True)
    )
