"""How many looked at a listing within the hour, and how many watch it: exact, at any moment.

Viewers are people and not clicks, one row each with the time of their last look; so an event told
twice cannot count twice. Watchers are those of the marketplace's own list, whatever apps report.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from listing_assistant.listings.models import Watch
from recommender import policy
from recommender.models import EventKind, RecentViewer


@dataclass(frozen=True)
class Attention:
    viewers: int = 0
    watchers: int = 0


def is_view(kind: str) -> bool:
    return kind == EventKind.CLICK


def note_viewers(views: Iterable[tuple[int, str, datetime]]) -> None:
    """Views as listing, person, time. Part of the transaction that stores the events."""
    oldest = timezone.now() - policy.VIEWED_WITHIN
    latest: dict[tuple[int, str], datetime] = {}
    for listing_id, person, at in views:
        if at > oldest:
            key = listing_id, person
            latest[key] = max(at, latest.get(key, at))
    if not latest:
        return
    # In order: two who note the same viewers wait for each other and never in a circle.
    rows = sorted((listing_id, person, at) for (listing_id, person), at in latest.items())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO recommender_recentviewer AS known (listing_id, person, seen_at)"
            " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[])"
            " ON CONFLICT (listing_id, person) DO UPDATE SET seen_at = excluded.seen_at"
            " WHERE known.seen_at < excluded.seen_at",
            [list(column) for column in zip(*rows, strict=True)],
        )


def attention_to(listing_ids: Collection[int]) -> dict[int, Attention]:
    """Of each listing: viewers within policy.VIEWED_WITHIN, and watchers."""
    since = timezone.now() - policy.VIEWED_WITHIN
    recent = RecentViewer.objects.filter(listing_id__in=listing_ids, seen_at__gt=since)
    viewers = dict(recent.values_list("listing_id").annotate(Count("person")))
    watching = Watch.objects.filter(listing_id__in=listing_ids)
    watchers = dict(watching.values_list("listing_id").annotate(Count("pk")))
    return {pk: Attention(viewers.get(pk, 0), watchers.get(pk, 0)) for pk in listing_ids}


def forget_past_viewers() -> int:
    """Remove those whose hour is over; returns how many."""
    since = timezone.now() - policy.VIEWED_WITHIN
    return RecentViewer.objects.filter(seen_at__lt=since).delete()[0]
