"""Days are those of UTC, in the logs' partitions, in the export and in reports."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


def midnight(day: date) -> datetime:
    """When the day begins."""
    return datetime.combine(day, time(), tzinfo=UTC)
