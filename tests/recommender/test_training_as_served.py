"""What a ranker is trained on is what it was served, to the bit: both paths, from end to end."""

from __future__ import annotations

from datetime import UTC, timedelta

import numpy as np
import pytest
from django.utils import timezone

from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.listings.models import Listing, ListingAttribute, Photo, StoredImage
from recommender import services
from recommender.events import sessions
from recommender.features import NAMES
from recommender.items.building import build_table
from recommender.models import BehaviourEvent, Impression, PhotoEmbedding
from recommender.ranking.dataset import read_log
from recommender.similar import engine
from recommender.similar.served import read_served
from recommender.similar.strip import similar_strip
from recommender.vectors import pack
from tests.recommender.conftest import on_circle

pytestmark = pytest.mark.django_db
POSITION = NAMES.index("position")


@pytest.fixture
def market(make_item, category, release, bob, charlie):
    """Forty things in two categories, with photos, details and a past."""
    rng = np.random.default_rng(1)
    other = Category.objects.create(
        taxonomy=category.taxonomy, source_id="cups", name="Cups", slug="cups", path="Home > Cups"
    )
    brand, model, colour = (
        Attribute.objects.create(taxonomy=category.taxonomy, source_id=name, name=name)
        for name in ("Brand", "Model", "Colour")
    )
    items = []
    for number in range(40):
        item = make_item(
            9.0 * number,
            category=[category, other][number % 2],
            price=round(float(rng.gamma(2, 20)) + 1, 2),
            condition=["", "new", "good", "parts"][number % 4],
            format=["buy_now", "auction", "best_offer"][number % 3],
            published_at=timezone.now() - timedelta(days=float(rng.exponential(30)) + 1),
        )
        said = {
            brand: f"Maker {number % 5}",
            model: f"Model {number % 2}",
            colour: f"Colour {number % 7}",
        }
        for attribute, text in said.items():
            ListingAttribute.objects.create(listing=item, attribute=attribute, text=text)
        if number % 3:
            picture(item, release, number)
        items.append(item)
    past(items, [bob, charlie], rng)
    return items


def picture(item, release, number):
    image = StoredImage.objects.create(
        sha256=f"{number:064}", width=1, height=1, byte_size=1, perceptual_hash="0" * 16
    )
    Photo.objects.create(listing=item, image=image, position=0, file_name="a.jpg")
    PhotoEmbedding.objects.create(
        image=image, release=release, vector=pack(on_circle(7.0 * number))
    )


def past(items, people, rng):
    """Half a thousand acts and a hundred strips of the last fifty days."""
    now = timezone.now()
    kinds = ["click", "click", "click", "watch", "cart", "offer", "buy_now", "purchase", "refund"]
    BehaviourEvent.objects.bulk_create(
        BehaviourEvent(
            kind=kinds[rng.integers(len(kinds))],
            listing=items[rng.integers(len(items))],
            user=people[rng.integers(len(people))],
            happened_at=now - timedelta(days=float(rng.uniform(1, 50))),
        )
        for _ in range(500)
    )
    Impression.objects.bulk_create(
        Impression(
            strip="search",
            listings=[item.pk for item in rng.choice(items, 12, replace=False)],
            shown_at=now - timedelta(days=float(rng.uniform(1, 50))),
        )
        for _ in range(100)
    )


@pytest.fixture
def served(monkeypatch):
    """The matrices that the ranker was served, by listing id, strip by strip."""
    seen = []
    make = engine.feature_matrix

    def noted(items, **told):
        matrix = make(items, **told)
        seen.append(dict(zip(items.ids.tolist(), matrix, strict=True)))
        return matrix

    monkeypatch.setattr(engine, "feature_matrix", noted)
    return seen


def look(seed, user):
    """The strip of a listing as a person sees it, its impression, and a click in it."""
    strip = similar_strip(seed, viewer_id=user.pk, session_key=user.email, device="phone")
    now = timezone.now()
    Impression.objects.create(
        strip="similar",
        seed=seed,
        listings=[slot.listing_id for slot in strip.slots],
        places=[{"position": slot.position} for slot in strip.slots],
        served=read_served(strip.served),
        user=user,
        session_key=user.email,
        shown_at=now,
    )
    clicked = Listing.objects.get(pk=strip.slots[0].listing_id)
    at = now + timedelta(milliseconds=1)
    told = {"kind": "click", "listing": clicked, "user": user, "session_key": user.email}
    services.record_event(**told, data={"strip": "similar"}, happened_at=at)
    sessions.remember([services.event_of(**told, happened_at=at)])
    return [slot.listing_id for slot in strip.slots]


def bits(matrix):
    """So that NaN is like NaN, and 0 not like -0."""
    return matrix.view(np.int32)


@pytest.mark.usefixtures("own_stream")
def test_the_columns_of_stored_strips_are_those_that_were_served(market, served, bob, charlie):
    late, sold = market[-1], market[5]
    # Held when the table is built: serving then reads it from the database.
    Listing.objects.filter(pk=late.pk).update(state="held")
    build_table()
    Listing.objects.filter(pk=late.pk).update(state="live")
    shown = [look(seed, user) for seed in [*market[:3], late] for user in (bob, charlie)]
    Listing.objects.filter(pk=sold.pk).update(state="sold")
    today = timezone.now().astimezone(UTC).date()
    trained = read_log(today, today).strips
    assert len(trained) == len(shown) == len(served) == 8
    for ids, strip, rows in zip(shown, trained, served, strict=True):
        expected = np.stack([rows[pk] for pk in ids])
        assert strip.matrix[:, POSITION].tolist() == list(range(1, len(ids) + 1))
        expected[:, POSITION] = strip.matrix[:, POSITION]
        different = (bits(strip.matrix) != bits(expected)).any(axis=0)
        assert not different.any(), [NAMES[place] for place in np.flatnonzero(different)]
    everything = np.concatenate([strip.matrix for strip in trained])
    silent = {NAMES[at] for at in np.flatnonzero(np.isnan(everything).all(axis=0))}
    assert not silent, "these were compared with nothing in them"
