"""What becomes of entries: stored, remembered, set aside; in one process, step by step."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command

from recommender import policy
from recommender.events import pacing
from recommender.events.event import encode
from recommender.events.sessions import recent_items, recent_queries, remember
from recommender.events.stream import StreamFullError
from recommender.models import BehaviourEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_stream")]


def set_aside(stream) -> dict[bytes, bytes]:
    return {fields[b"event"]: fields[b"reason"] for _, fields in stream.client.xrange(stream.dead)}


def test_what_is_stored_leaves_the_stream(stream, consume, event_of, make_listing):
    listing = make_listing()
    stream.append([encode(event_of(listing)) for _ in range(5)])
    assert consume() == 5
    assert (BehaviourEvent.objects.count(), stream.length(), set_aside(stream)) == (5, 0, {})


def test_what_cannot_be_read_is_set_aside_and_holds_nobody_up(
    stream, consume, event_of, make_listing
):
    stream.append([b"gibberish", encode(event_of(make_listing())), b"[1]"])
    consume()
    assert BehaviourEvent.objects.count() == 1
    assert set(set_aside(stream)) == {b"gibberish", b"[1]"}


def test_one_event_that_the_database_refuses_costs_no_other(
    stream, consume, event_of, make_listing
):
    listing = make_listing()
    bad = encode(event_of(listing, session_key="k" * 41))
    good = [encode(event_of(listing)) for _ in range(20)]
    stream.append([*good[:7], bad, *good[7:]])
    consume()
    assert BehaviourEvent.objects.count() == 20
    assert list(set_aside(stream)) == [bad]
    assert b"too long" in set_aside(stream)[bad]


def test_a_listing_that_was_deleted_meanwhile_is_looked_up_anew(
    stream, consume, event_of, make_listing
):
    kept, deleted = make_listing(), make_listing()
    stream.append([encode(event_of(kept)), encode(event_of(deleted))])
    consume()  # both are known by now
    lost = encode(event_of(deleted))
    deleted.delete()
    stream.append([encode(event_of(kept)), lost])
    consume()
    assert BehaviourEvent.objects.filter(listing=kept).count() == 2
    assert list(set_aside(stream)) == [lost]


def test_what_was_set_aside_is_tried_again_when_told_to(
    stream, consume, event_of, make_listing, capsys
):
    public_id = uuid.uuid4()
    stream.append([encode(replace(event_of(make_listing()), listing=str(public_id)))])
    consume()
    assert len(set_aside(stream)) == 1
    make_listing(public_id=public_id)
    call_command("consume_events", retry_dead=True)
    assert "1 entries" in capsys.readouterr().out
    consume()
    assert (BehaviourEvent.objects.count(), set_aside(stream)) == (1, {})


def test_a_full_stream_takes_a_batch_whole_or_not_at_all(stream, settings):
    settings.EVENT_QUEUE_MOST = 5
    stream.append([b"x"] * 4)
    with pytest.raises(StreamFullError):
        stream.append([b"x"] * 2)
    assert stream.length() == 4
    stream.append([b"x"])


def search(event_of, query, ago, **fields):
    event = event_of(kind="search", data={"query": query}, **fields)
    return replace(event, happened_at=event.received_at - timedelta(seconds=ago))


def test_a_session_knows_its_last_queries_and_items_newest_first(
    stream, consume, event_of, make_listing
):
    first, second = make_listing(), make_listing()
    late = search(event_of, "Oak  TABLE", 30)
    events = [
        search(event_of, "phone case", 5),
        late,
        search(event_of, "mug", 20),
        search(event_of, "phone case", 60),
        search(event_of, "other", 1, session_key="visit-two"),
        event_of(first, happened_at=late.happened_at),
        event_of(second),
    ]
    stream.append([encode(event) for event in events])
    consume()
    assert recent_queries("visit-one") == ["phone case", "mug", "oak table"]
    assert recent_items("visit-one") == [str(second.public_id), str(first.public_id)]
    remember(reversed(events))  # told again, in another order
    assert recent_queries("visit-one") == ["phone case", "mug", "oak table"]


def test_a_session_is_short_and_ends(stream, event_of, settings):
    remember(search(event_of, f"query {n}", n) for n in range(policy.SESSION_LENGTH + 5))
    assert recent_queries("visit-one") == [f"query {n}" for n in range(policy.SESSION_LENGTH)]
    seconds = stream.client.ttl(f"{settings.EVENT_STREAM}:session:visit-one:queries")
    assert 0 < seconds <= policy.SESSION_KEPT.total_seconds()
    assert recent_queries("") == recent_queries("nobody") == []


def test_without_redis_a_session_has_no_context(settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    assert recent_queries("visit-one") == []


def test_clicks_faster_than_people_are_flagged_from_there_on(event_of, make_listing):
    listing = make_listing()
    at = event_of(listing).received_at.replace(second=30)
    clicks = [event_of(listing, happened_at=at) for _ in range(policy.PACE_A_MINUTE)]
    assert not any(event.flags for event in pacing.flag_pace(clicks))
    shown = event_of(kind="impression", happened_at=at)
    other = event_of(listing, happened_at=at, session_key="visit-two")
    earlier = event_of(listing, happened_at=at - timedelta(minutes=1))
    told = pacing.flag_pace([clicks[0], shown, other, earlier])
    assert [event.flags for event in told] == [("pace",), (), (), ()]
