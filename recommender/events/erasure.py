"""One person's behaviour, erased everywhere it is, and kept from coming back.

rows                 deleted, with those of the person's visits before signing in
experiments          the person's exposures and counts deleted; readings hold no person
on the stream        dropped by the consumer: what happened until now is marked as erased
sent again later     dropped in the same way, until the events are too old to be taken at all
set aside            removed from the entries that could not be stored
session context      deleted
hidden items         deleted
tastes               deleted; made anew, they are of what is left
Parquet              every exported day is written without the rows

What the aggregation made of these days (facts by day, which name people) is made anew by its next
run, because their files have changed. Its tables hold no person, and then count without the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from recommender.events import export, sessions
from recommender.events.event import decode, person_of
from recommender.events.storing import ERASURE_LOCK
from recommender.events.stream import event_stream
from recommender.models import (
    BehaviourEvent,
    Erasure,
    Exposure,
    HiddenItem,
    Impression,
    RecentViewer,
    UnitDay,
    ViewerProfile,
)


@dataclass(frozen=True)
class Erased:
    events: int
    impressions: int
    set_aside: int
    exported: int


def erase_behaviour(*, user_id: int) -> Erased:
    """May be called again, and must be where it raises StreamError: Redis was away."""
    with transaction.atomic():
        keys, events, impressions = _erase_rows(user_id)
    people = _names(user_id, keys)
    sessions.forget(keys)
    set_aside = event_stream().drop_dead(lambda body: _is_of(body, people))
    exported = export.erase(settings.EVENTS_DIR, people=people)
    return Erased(events, impressions, set_aside, exported)


def _erase_rows(user_id: int) -> tuple[set[str], int, int]:
    """The person's session keys, and how many rows of each log went.

    Those who store events wait, and find the erasure noted when they go on.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({ERASURE_LOCK})")
    keys = _session_keys(user_id)
    Erasure.objects.create(user_id=user_id, session_keys=sorted(keys), erased_at=timezone.now())
    theirs = Q(user_id=user_id) | Q(user=None, session_key__in=keys)
    events = BehaviourEvent.objects.filter(theirs).delete()[0]
    impressions = Impression.objects.filter(theirs).delete()[0]
    HiddenItem.objects.filter(theirs).delete()
    people = _names(user_id, keys)
    RecentViewer.objects.filter(person__in=people).delete()
    UnitDay.objects.filter(unit__in=people).delete()
    Exposure.objects.filter(unit__in=people).delete()
    ViewerProfile.objects.filter(user_id=user_id).delete()
    return keys, events, impressions


def _session_keys(user_id: int) -> set[str]:
    """Of an erasure before this one too, whose rows are gone."""
    keys = {key for each in Erasure.objects.filter(user_id=user_id) for key in each.session_keys}
    for log in (BehaviourEvent, Impression):
        keys |= set(
            log._default_manager.filter(user_id=user_id)
            .exclude(session_key="")
            .values_list("session_key", flat=True)
            .distinct()
        )
    return keys


def _names(user_id: int, keys: set[str]) -> set[str]:
    """The person, signed in and before."""
    return {person_of(user_id, ""), *(person_of(None, key) for key in keys)}


def _is_of(body: bytes, people: set[str]) -> bool:
    """What cannot be read cannot be told apart, and goes with any erasure."""
    try:
        return decode(body).person in people
    except ValueError:
        return True
