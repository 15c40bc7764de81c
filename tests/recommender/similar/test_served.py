"""How a strip was made: out to the page, back with the impression, into the log."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.core import signing

from listing_assistant.listings.models import Listing
from recommender import policy
from recommender.events.event import decode, encode
from recommender.events.reading import Batch, Sender, read_batch
from recommender.events.storing import store_events
from recommender.models import Impression
from recommender.similar.served import LONGEST, SALT, Served, read_served

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LISTINGS = [str(uuid.UUID(int=n << 96 | 7)) for n in (1, 2, 3)]
SERVED = Served(
    table="2026-05-01",
    ranker="abc123",
    country="DE",
    device="phone",
    recent=(4, 9),
    propensities=(1.0, 0.95, 0.0125),
    arms={"bolder ads": "more"},
    shown=("00000001", "00000002", "00000003"),
    at=1_770_000_000.25,
)
PLAIN = {
    "table": "2026-05-01",
    "ranker": "abc123",
    "country": "DE",
    "device": "phone",
    "recent": [4, 9],
    "propensities": [1.0, 0.95, 0.0125],
    "arms": {"bolder ads": "more"},
    "shown": ["00000001", "00000002", "00000003"],
    "at": 1_770_000_000.25,
}


def shown(*listings: str, **fields: object) -> dict[str, object]:
    items = [{"listing": pk, "position": place} for place, pk in enumerate(listings, start=1)]
    event = {"id": str(uuid.uuid4()), "kind": "impression", "strip": "similar", "items": items}
    return event | fields


def read(raw: dict[str, object]) -> Batch:
    return read_batch([raw], sender=Sender("page", session_key="visit"), received_at=NOW)


def test_what_is_signed_is_read_back_as_plain_json():
    assert read_served(SERVED.sign()) == PLAIN


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no token",
        SERVED.sign()[:-1],
        "x" + SERVED.sign(),
        signing.dumps({"ranker": "mine"}, salt="another"),
        signing.dumps({"ranker": "mine"}, key="guessed", salt=SALT),
        signing.dumps(["no", "mapping"], salt=SALT),
    ],
)
def test_what_was_not_signed_by_us_says_nothing(token):
    assert read_served(token) == {}


def test_the_longest_strip_fits_into_what_is_taken():
    recent = tuple(10**12 + n * 7919 for n in range(policy.RECENT_LOOKED_AT))
    propensities = tuple(round(1 / (n + 3.7), 6) for n in range(50))
    arms = {f"experiment number {n} of a long name {n * 7919}": "a long arm" for n in range(8)}
    told = replace(SERVED, recent=recent, propensities=propensities, arms=arms)
    assert len(told.sign()) <= LONGEST


def test_an_impression_brings_it_and_each_place_its_propensity():
    (event,) = read(shown(*LISTINGS, served=SERVED.sign())).events
    assert event.served == PLAIN
    assert [place["propensity"] for place in event.places] == [1.0, 0.95, 0.0125]


def test_places_that_were_scrolled_to_later_have_their_own_propensity():
    raw = shown(served=SERVED.sign())
    raw["items"] = [{"listing": LISTINGS[2], "position": 3}]
    (event,) = read(raw).events
    assert event.places[0]["propensity"] == 0.0125


@pytest.mark.parametrize(
    "items",
    [
        [{"listing": str(uuid.UUID(int=9)), "position": 1}],
        [{"listing": LISTINGS[0], "position": 2}],
        [{"listing": LISTINGS[0], "position": 1}, {"listing": LISTINGS[1], "position": 9}],
    ],
    ids=["another thing", "another place", "a place too many"],
)
def test_it_says_nothing_of_what_its_strip_did_not_show(items):
    (event,) = read(shown(served=SERVED.sign()) | {"items": items}).events
    assert event.served == {}
    assert not any("propensity" in place for place in event.places)


@pytest.mark.parametrize("token", ["forged", SERVED.sign()[:-1], "nul \x00"])
def test_a_token_that_does_not_hold_is_no_error_and_says_nothing(token):
    batch = read(shown(str(uuid.uuid4()), served=token))
    assert not batch.refusals
    assert batch.events[0].served == {}
    assert "propensity" not in batch.events[0].places[0]


def test_what_is_too_long_is_refused_by_its_name():
    (refusal,) = read(shown(str(uuid.uuid4()), served="x" * (LONGEST + 1))).refusals
    assert refusal.field == "served"


def test_a_click_has_nothing_to_say_of_it():
    raw = {"id": str(uuid.uuid4()), "kind": "click", "listing": str(uuid.uuid4())}
    (refusal,) = read(raw | {"served": SERVED.sign()}).refusals
    assert (refusal.field, refusal.code) == ("served", "not_served")


def test_it_passes_through_the_stream_unchanged():
    (event,) = read(shown(*LISTINGS, served=SERVED.sign())).events
    assert event.served and decode(encode(event)) == event


def test_what_the_release_before_put_on_the_stream_is_still_read():
    (event,) = read(shown(str(uuid.uuid4()))).events
    before = encode(event).removesuffix(b",{}]") + b"]"
    assert before != encode(event)
    assert decode(before) == event


@pytest.mark.django_db
def test_it_is_stored_with_the_impression(alice):
    seed, first, second = (Listing.objects.create(seller=alice, title=n) for n in "abc")
    listings = [str(each.public_id) for each in (first, second)]
    told = replace(SERVED, shown=tuple(each[:8] for each in listings))
    raw = shown(*listings, served=told.sign())
    store_events(read(raw | {"seed": str(seed.public_id)}).events)
    row = Impression.objects.get()
    assert row.served == PLAIN | {"shown": list(told.shown)}
    assert [place["propensity"] for place in row.places] == [1.0, 0.95]


@pytest.mark.django_db
def test_an_impression_without_it_is_stored_without(alice):
    first = Listing.objects.create(seller=alice, title="a")
    store_events(read(shown(str(first.public_id))).events)
    row = Impression.objects.get()
    assert row.served == {}
    assert row.places == [{"position": 1, "recall_set": "", "arm": ""}]
