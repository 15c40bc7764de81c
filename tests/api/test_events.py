"""What apps and pages tell of people, over the wire."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from recommender import policy
from recommender.events.consumer import Consumer
from recommender.events.stream import event_stream
from recommender.models import BehaviourEvent, Impression

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_stream")]


def click(listing, **fields):
    return {"id": str(uuid.uuid4()), "kind": "click", "listing": str(listing.public_id)} | fields


def batch(*events, **fields):
    return {"session": "visit-of-an-app", "events": list(events)} | fields


def stored() -> None:
    consumer = Consumer(event_stream(), "test")
    consumer.step(wait_ms=1)
    while event_stream().length():
        consumer.step(wait_ms=1)


def test_an_anonymous_app_tells_of_a_click(stranger, live_listing):
    answer = stranger.post("/events", batch(click(live_listing, strip="similar", position=3)))
    assert answer.status_code == 202
    assert answer.json() == {"taken": 1, "repeated": 0, "refused": []}
    stored()
    event = BehaviourEvent.objects.get()
    assert (event.listing, event.user, event.session_key, event.source) == (
        *(live_listing, None, "visit-of-an-app", "app"),
    )
    assert event.data == {"strip": "similar", "position": 3}


def test_a_token_says_whose_event_it_is(bobs_phone, live_listing, bob):
    bobs_phone.post("/events", {"events": [click(live_listing)]})
    stored()
    assert BehaviourEvent.objects.get().user == bob


def test_the_sites_own_visit_needs_no_session_in_the_body(client, live_listing):
    client.get(live_listing.get_absolute_url())
    body = {"id": str(uuid.uuid4()), "kind": "impression", "strip": "similar", "items": []}
    answer = client.post("/api/v1/events", {"events": [body]}, content_type="application/json")
    assert answer.status_code == 202
    stored()
    shown, visited = Impression.objects.get(), BehaviourEvent.objects.get()
    assert shown.source == "page"
    assert shown.session_key == visited.session_key != ""


def test_who_is_nobody_is_told_what_to_send(stranger, live_listing):
    answer = stranger.post("/events", {"events": [click(live_listing)]})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "no_session" and "session" in answer.json()["detail"]


def test_a_wrong_token_is_refused_and_not_taken_for_nobody(stranger, live_listing):
    stranger.headers = {"X-Session-Token": "wrong"}
    assert stranger.post("/events", batch(click(live_listing))).status_code == 401


def test_a_bad_event_is_named_and_costs_no_other(stranger, live_listing):
    answer = stranger.post(
        "/events", batch(click(live_listing), {"kind": "stare"}, click(live_listing, at="today"))
    )
    assert answer.status_code == 202
    report = answer.json()
    assert report["taken"] == 1
    assert [(each["index"], each["pointer"]) for each in report["refused"]] == [
        (1, "/events/1/id"),
        (2, "/events/2/at"),
    ]


def test_five_hundred_are_taken_and_one_more_is_not(stranger, live_listing):
    full = [click(live_listing) for _ in range(policy.EVENTS_A_BATCH)]
    assert stranger.post("/events", batch(*full)).json()["taken"] == 500
    answer = stranger.post("/events", batch(*full, click(live_listing)))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/events"


def test_who_sends_too_much_is_told_when_to_go_on(stranger, live_listing, monkeypatch):
    monkeypatch.setattr(policy, "EVENTS_A_MINUTE", 3)
    assert stranger.post("/events", batch(*[click(live_listing)] * 1)).status_code == 202
    answer = stranger.post("/events", batch(*[click(live_listing) for _ in range(3)]))
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert event_stream().length() == 1


def test_a_stream_that_is_full_takes_no_more(stranger, live_listing, settings):
    settings.EVENT_QUEUE_MOST = 1
    assert stranger.post("/events", batch(click(live_listing))).status_code == 202
    answer = stranger.post("/events", batch(click(live_listing)))
    assert answer.status_code == 503 and answer["Retry-After"]


def test_without_redis_the_sender_is_asked_to_send_again(
    stranger, live_listing, settings, tmp_path
):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    answer = stranger.post("/events", batch(click(live_listing)))
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"


def test_a_wrong_clock_is_put_right_by_the_time_of_sending(stranger, live_listing):
    off = timezone.now() + timedelta(days=30)
    happened = click(live_listing, at=(off - timedelta(minutes=2)).isoformat())
    assert stranger.post("/events", batch(happened)).json()["refused"][0]["code"] == "in_future"
    stranger.post("/events", batch(happened, sent_at=off.isoformat()))
    stored()
    ago = timezone.now() - BehaviourEvent.objects.get().happened_at
    assert timedelta(minutes=1, seconds=50) < ago < timedelta(minutes=2, seconds=30)
