"""The order in which changes of vectors become visible: a changed row takes the next revision."""

from __future__ import annotations

from django.db import connection


def wait_for_turn() -> None:
    """Held until the transaction ends, so that revisions become visible in their own order.

    Else a reader could see 11, remember it, and miss 10, which was committed a moment later.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('recommender_revision', 0))")


def next_revisions(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('recommender_revision') FROM generate_series(1, %s)", [count]
        )
        return [revision for (revision,) in cursor.fetchall()]
