"""Fill an empty marketplace with the demo."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from listing_assistant.catalogue.services import load_starter_taxonomy
from listing_assistant.demo import history
from listing_assistant.demo.catalogue import DemoListing, plan_listings
from listing_assistant.demo.people import PEOPLE, SELLERS, create_log_ins, create_people
from listing_assistant.demo.seeding import DrawnPhoto, seed_listings
from listing_assistant.demo.stage import set_stage
from recommender.items.building import build_table

# Called with a step's name and how many are done, of how many.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SeedReport:
    """What this call added: all zero where the demo was there already."""

    listings: int
    events: int
    log_ins: bool
    seconds: float


def silent(step: str, done: int, total: int) -> None:
    """Report no progress."""


def seed_marketplace(
    progress: Progress = silent,
    *,
    scale: float = 1.0,
    processes: int | None = None,
    photos: Callable[[DemoListing], list[DrawnPhoto]] | None = None,
) -> SeedReport:
    """Bring the whole demo into the database; what is there already is left alone.

    1. The starter taxonomy and the people.
    2. The listings with their photos, batch by batch.
    3. The month of behaviour, in one transaction.
    4. The log-ins and what is theirs, in one transaction; only while DEBUG is on.
    5. The item table, so that the first strips are ranked by the month.

    Killed at any point, the next call goes on from there. Vectors come from the worker's sweep.
    `photos` as of `seed_listings`.
    """
    started = time.monotonic()
    # 1
    load_starter_taxonomy()
    people = create_people(max(12, round(PEOPLE * min(1.0, scale))))
    # 2
    plans = plan_listings(scale)
    added = seed_listings(
        plans,
        sellers=people[: min(SELLERS, len(people) // 3)],
        processes=_cores() if processes is None else processes,
        progress=lambda done, total: progress("listings", done, total),
        photos=photos,
    )
    # 3
    events = 0
    if not history.month_exists():
        progress("behaviour", 0, 1)
        events = len(history.write_month(plans=plans, people=people).events)
        progress("behaviour", 1, 1)
    # 4
    log_ins = settings.DEBUG and set_stage(create_log_ins())
    # 5
    if added or events:
        build_table()
    return SeedReport(added, events, log_ins, time.monotonic() - started)


def _cores() -> int:
    return min(8, len(os.sched_getaffinity(0)))
