"""What is taken from outside, what is refused, and what of a wrong clock."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from recommender import policy
from recommender.events.event import decode, encode
from recommender.events.reading import Sender, read_batch

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
APP = Sender("app", session_key="visit-one")
LISTING = str(uuid.uuid4())


def told(**fields):
    return {"id": str(uuid.uuid4()), "kind": "click", "listing": LISTING} | fields


def read(*raw, sender=APP, sent_at=None):
    return read_batch(raw, sender=sender, received_at=NOW, sent_at=sent_at)


def refusal_of(raw) -> tuple[str, str]:
    batch = read(raw)
    assert not batch.events
    return batch.refusals[0].field, batch.refusals[0].code


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (told(kind="stare"), "kind"),
        (told(kind=""), "kind"),
        (told(id="1"), "id"),
        (told(listing=None), "listing"),
        (told(listing="mug"), "listing"),
        (told(kind="watch", listing=None), "listing"),
        (told(kind="search", listing=None), "query"),
        (told(kind="impression", listing=None, items=[]), "strip"),
        (told(kind="impression", listing=None, strip="similar"), "items"),
        (told(position=0), "position"),
        (told(query="nul \x00"), "query"),
        (told(colour="red"), "colour"),
        (told(amount="12.345"), "amount"),
        (told(at="2026-05-01T12:00:00"), "at"),
        (told(kind="impression", strip="s", items=[{"listing": LISTING}]), "items/0/position"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(raw, field):
    assert refusal_of(raw)[0] == field


@pytest.mark.parametrize("raw", [None, 3, "click", [], ["click"]])
def test_what_is_no_event_at_all_is_refused(raw):
    assert read(raw).refusals[0].index == 0


def test_good_events_pass_beside_bad_ones():
    batch = read(told(), told(kind="stare"), told())
    assert len(batch.events) == 2
    assert [refusal.index for refusal in batch.refusals] == [1]
    assert "click" in batch.refusals[0].reason  # the kinds there are


def test_an_id_that_comes_twice_in_a_batch_is_one_event():
    event = told()
    batch = read(event, event, told(id=event["id"].upper()))
    assert (len(batch.events), batch.repeated) == (1, 2)


def test_an_event_without_a_time_happened_on_arrival():
    assert read(told()).events[0].happened_at == NOW


def at(moment: datetime) -> dict:
    return told(at=moment.isoformat())


def test_a_clock_an_hour_ahead_is_put_right():
    hour = timedelta(hours=1)
    batch = read(at(NOW + hour - timedelta(seconds=90)), sent_at=NOW + hour)
    assert batch.events[0].happened_at == NOW - timedelta(seconds=90)


def test_a_clock_a_year_behind_is_put_right():
    year = timedelta(days=365)
    batch = read(at(NOW - year - timedelta(seconds=90)), sent_at=NOW - year)
    assert batch.events[0].happened_at == NOW - timedelta(seconds=90)


def test_what_is_a_little_ahead_happened_now():
    assert read(at(NOW + policy.EVENT_AHEAD)).events[0].happened_at == NOW


def test_the_bounds_of_time_are_exact():
    moment = timedelta(microseconds=1)
    assert read(at(NOW - policy.EVENT_OLDEST)).events
    assert refusal_of(at(NOW - policy.EVENT_OLDEST - moment)) == ("at", "too_old")
    assert refusal_of(at(NOW + policy.EVENT_AHEAD + moment)) == ("at", "in_future")
    assert refusal_of(told(at="9999-12-31T23:59:59Z"))[1] == "in_future"


def test_a_time_that_correction_takes_out_of_the_calendar_is_refused():
    batch = read(told(at="9999-12-31T23:59:59Z"), sent_at=NOW - timedelta(days=30))
    assert batch.refusals[0].field == "at"


def test_an_id_is_remembered_for_longer_than_its_event_could_be_sent_again():
    assert policy.EVENT_OLDEST + policy.EVENT_AHEAD + timedelta(days=1) < policy.STORED_IDS_KEPT


@pytest.mark.parametrize(
    "agent", ["Googlebot/2.1", "Mozilla/5.0 HeadlessChrome/120", "curl/8.0", "python-requests/2"]
)
def test_a_robot_that_says_so_is_flagged(agent):
    sender = Sender("page", session_key="s", user_agent=agent)
    assert read(told(), sender=sender).events[0].flags == ("bot",)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari",
        "MarketApp/3.1 okhttp/4.9",
        "",
    ],
)
def test_people_are_no_robots(agent):
    sender = Sender("page", session_key="s", user_agent=agent)
    assert read(told(), sender=sender).events[0].flags == ()


@pytest.mark.parametrize("kind", ["offer", "bid", "buy_now", "purchase", "refund"])
def test_a_sale_that_only_an_app_tells_of_is_unverified(kind):
    assert read(told(kind=kind)).events[0].flags == ("unverified",)


def test_what_goes_onto_the_stream_comes_off_it_the_same():
    card = {"listing": LISTING, "position": 1, "recall_set": "co_views", "arm": "b"}
    shown = told(kind="impression", listing=None, strip="similar", seed=LISTING, items=[card])
    search = told(kind="search", listing=None, query="  ünï  mug ", results=[LISTING])
    for event in read(shown, search, told()).events:
        assert decode(encode(event)) == event


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[1,2,3]", b"\xff", b"null"])
def test_what_is_no_entry_of_ours_cannot_be_read(body):
    with pytest.raises(ValueError):
        decode(body)
