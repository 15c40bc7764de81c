"""A small marketplace whose right answers are known: items on a circle, likeness is the angle."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

from listing_assistant.catalogue.models import Category, Taxonomy
from listing_assistant.listings.models import Listing, State
from ml.artefacts import save_artefact
from recommender import inference, services
from recommender.selectors import content_hash_of

DIM = 8


def on_circle(degrees: float) -> np.ndarray:
    """The cosine between two of these is the cosine of the angle between them."""
    vector = np.zeros(DIM, dtype=np.float32)
    vector[:2] = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return vector


def encoded(listing: Listing, vector: np.ndarray, release: str) -> inference.EncodedListing:
    return inference.EncodedListing(
        photo_ids=(),
        photo_vectors=np.zeros((0, len(vector)), dtype=np.float32),
        title_vector=vector,
        item_vector=vector,
        release=release,
        content_hash=content_hash_of(listing),
    )


def eventually(holds: Callable[[], bool], *, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def no_ranker(tmp_path) -> None:
    """In the artefacts of `release_models`: likeness orders strips, not the bundled ranker."""
    (tmp_path / "artefacts" / "ranker").mkdir(parents=True)


@pytest.fixture
def release_models(settings, tmp_path) -> Callable[[str], str]:
    """Put artefacts of a given content in service; returns their release."""
    settings.ARTEFACTS_DIR = tmp_path / "artefacts"
    settings.INDEX_DIR = tmp_path / "index"

    def release(content: str) -> str:
        for kind in ("mismatch", "image_tower"):
            save_artefact(
                Path(settings.ARTEFACTS_DIR) / kind,
                kind=kind,
                format_version=1,
                # The test's own folder makes its releases, and so its index, its own.
                config={"content": content, "made_for": str(tmp_path)},
                tensors={},
                metrics={},
                card="made by a test",
            )
        return inference.current_release()

    return release


@pytest.fixture
def release(release_models) -> str:
    return release_models("first")


@pytest.fixture
def category(db) -> Category:
    taxonomy = Taxonomy.objects.create(name="small", source_version="1", checksum="0" * 64)
    return Category.objects.create(
        taxonomy=taxonomy, source_id="mugs", name="Mugs", slug="mugs", path="Home > Mugs"
    )


@pytest.fixture
def make_listing(category, alice) -> Callable[..., Listing]:
    def make(title: str = "Mug", **fields) -> Listing:
        defaults = {
            "seller": alice,
            "category": category,
            "price": 5,
            "state": State.LIVE,
            "published_at": timezone.now(),
        }
        return Listing.objects.create(title=title, **(defaults | fields))

    return make


@pytest.fixture
def make_item(make_listing, release) -> Callable[..., Listing]:
    """A listing with its vector under the release in service."""

    def make(degrees: float, **fields) -> Listing:
        listing = make_listing(f"Mug at {degrees}°", **fields)
        stored = encoded(listing, on_circle(degrees), release)
        assert services.store_embedding(encoded={listing.pk: stored}) == 1
        return listing

    return make
