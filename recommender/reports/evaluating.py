"""A whole report: what the recall sets would have shown, held against what was bought.

1  the cut: the last `days` with events are held out
2  the offline tables as of the evening before, in memory (replay.py)
3  what people bought after the cut, with what they had looked at before (occasions.py)
4  every recall set is asked about those seeds and about a sample of all that was for sale
5  the figures (figures.py), the curves over thresholds, and how today's strips get filled
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min

from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import Listing
from recommender import policy
from recommender.events.days import midnight
from recommender.models import BehaviourEvent, EventKind
from recommender.recall_sets.registry import recall_sets
from recommender.reports import figures, truth
from recommender.reports.asking import MERGED, Answer, Asker, Thing, things_of
from recommender.reports.curves import CurvePoint, curves
from recommender.reports.figures import Gain, Judged, Material, Segment, SetFigures
from recommender.reports.ladders import Ladder, ladder_now
from recommender.reports.occasions import Occasion, acts_between, occasions
from recommender.reports.replay import PastCatalogue, aggregates_until

BASELINE = "popular"
SAMPLE = "recommendations report"
# Called with the share that is done and what is being done.
Progress = Callable[[float, str], None]


class ReportError(Exception):
    """No report can be made of this marketplace; the message says why and what to do."""


@dataclass(frozen=True)
class Report:
    """Held out are `first_day` to `last_day`. `known` says whether the truth is known."""

    first_day: date
    last_day: date
    occasions: int
    occasions_asked: int
    people: int
    for_sale: int
    asked: int
    k: int
    baseline: str
    known: bool
    seconds: float
    sets: list[SetFigures]
    names: list[str]
    overlap: list[list[float]]
    adding: list[Gain]
    removing: list[Gain]
    curves: dict[str, list[CurvePoint]]
    by_department: list[Segment]
    by_warmth: list[Segment]
    by_act: list[Segment]
    ladder: Ladder


def silent(share: float, doing: str) -> None:
    """Report no progress."""


def evaluate(
    *, days: int = policy.HELD_OUT_DAYS, quick: bool = False, progress: Progress = silent
) -> Report:
    """Nothing that strips read is written. `progress` is told how far it is.

    Raises ReportError, NothingHappenedError and EngineError.
    """
    started = time.monotonic()
    # 1
    first_day, last_day = held_out_days(days)
    cut = midnight(first_day)
    # 2
    progress(0.0, "counting what was known")
    tables = aggregates_until(
        first_day - timedelta(days=1),
        progress=lambda share: progress(0.3 * share, "counting what was known"),
    )
    # 3
    progress(0.3, "looking for occasions")
    found = occasions(acts_between(cut, midnight(last_day + timedelta(days=1))))
    if not found:
        raise ReportError(
            f"From {first_day} to {last_day} nobody bought anything after looking at something "
            "else: hold out more days, or wait for more purchases."
        )
    # 4
    catalogue = PastCatalogue(cut)
    asker = Asker(recall_sets(tables, catalogue), tables)
    material = _ask(asker, catalogue, found, quick=quick, progress=progress)
    # 5
    measured = _measured(material, cut, progress)
    progress(0.9, "drawing curves")
    drawn = curves(material, tables, catalogue)
    progress(0.95, "filling strips")
    ladder = ladder_now(SAMPLE, most=policy.QUICK_ASKED if quick else policy.LISTINGS_ASKED)
    return Report(
        first_day=first_day,
        last_day=last_day,
        occasions=len(found),
        curves=drawn,
        ladder=ladder,
        seconds=time.monotonic() - started,
        **measured,
    )


def _measured(material: Material, cut: datetime, progress: Progress) -> dict[str, Any]:
    """What a Report says of the material alone."""
    progress(0.8, "measuring")
    sets = [figures.figures_of(name, material) for name in (MERGED, *material.names)]
    progress(0.85, "comparing")
    warm, departments = _warm_products(cut), _departments()

    def segments(segment_of: Callable[[Judged], str]) -> list[Segment]:
        return figures.segments(material, BASELINE, segment_of)

    return {
        "occasions_asked": len(material.judged),
        "people": len(set(material.people)),
        "for_sale": len(material.views),
        "asked": len(material.asked),
        "k": figures.K,
        "baseline": BASELINE,
        "known": any(material.known.values()),
        "sets": sets,
        "names": list(material.names),
        "overlap": figures.overlaps(material),
        "adding": figures.gains_added(material),
        "removing": figures.gains_removed(material),
        "by_department": segments(
            lambda each: departments.get(each.answer.seed.category_id or 0, "–")
        ),
        "by_warmth": segments(lambda each: "warm" if _key(each) in warm else "cold"),
        "by_act": segments(
            lambda each: "bought" if each.occasion.act == EventKind.PURCHASE else "looked at"
        ),
    }


def held_out_days(days: int) -> tuple[date, date]:
    """The first and the last of the last days. Raises ReportError where none is left before."""
    seen = BehaviourEvent.objects.counted().aggregate(Min("happened_at"), Max("happened_at"))
    first, last = seen["happened_at__min"], seen["happened_at__max"]
    if last is None:
        raise ReportError("Nobody has done anything yet: there is nothing to measure.")
    last_day = last.astimezone(UTC).date()
    first_day = last_day - timedelta(days=days - 1)
    if midnight(first_day) <= first:
        known = (last_day - first.astimezone(UTC).date()).days
        raise ReportError(
            f"days: {days} held out would leave nothing to count before them; events go back "
            f"{known} days, so hold out fewer."
        )
    return first_day, last_day


def _ask(
    asker: Asker,
    catalogue: PastCatalogue,
    found: Sequence[Occasion],
    *,
    quick: bool,
    progress: Progress,
) -> Material:
    rng = random.Random(SAMPLE)
    most = policy.QUICK_ASKED if quick else policy.OCCASIONS_ASKED
    chosen = rng.sample(found, min(most, len(found)))
    views = _views(catalogue)
    some = policy.QUICK_ASKED if quick else policy.LISTINGS_ASKED
    listings = rng.sample(sorted(views), min(some, len(views)))
    total = len(chosen) + len(listings)
    answers: dict[tuple[int, tuple[str, ...]], Answer | None] = {}

    def ask(listing_id: int, queries: tuple[str, ...]) -> Answer | None:
        key = (listing_id, queries)
        if key not in answers:
            progress(0.35 + 0.45 * min(1.0, len(answers) / total), "asking the recall sets")
            answers[key] = asker.ask(listing_id, queries)
        return answers[key]

    targets = things_of({pk for each in chosen for pk in each.targets})
    judged = [
        Judged(each, answer, _products(each.targets, targets))
        for each in chosen
        if (answer := ask(each.seed_id, each.queries))
    ]
    asked = [answer for pk in listings if (answer := ask(pk, ()))]
    known = {answer.seed.listing_id: _known(answer) for answer in asked}
    return Material(asker.names, judged, asked, known, views)


def _products(listing_ids: Iterable[int], things: dict[int, Thing]) -> frozenset[str]:
    return frozenset(things[pk].product for pk in listing_ids if pk in things)


def _known(answer: Answer) -> dict[int, truth.Known]:
    return truth.known_of(answer.seed.listing_id, list(answer.things))


def _views(catalogue: PastCatalogue) -> dict[int, float]:
    """Of everything that was for sale, how often it was looked at before."""
    for_sale = Listing.objects.filter(catalogue.for_sale(), category__isnull=False)
    counts = _counts(EventKind.CLICK, catalogue.at)
    return {pk: float(counts.get(pk, 0)) for pk in for_sale.values_list("pk", flat=True)}


def _counts(kind: EventKind, before: datetime) -> dict[int, int]:
    done = BehaviourEvent.objects.counted().filter(
        kind=kind, happened_at__lt=before, listing__isnull=False
    )
    return dict(done.values_list("listing_id").annotate(times=Count("id")).order_by())


def _warm_products(cut: datetime) -> set[str]:
    """Products, or single listings, that were bought often before the cut."""
    bought = _counts(EventKind.PURCHASE, cut)
    things = things_of(bought.keys())
    counts: Counter[str] = Counter()
    for pk, times in bought.items():
        if pk in things:
            counts[things[pk].product] += times
    return {product for product, times in counts.items() if times >= policy.WARM_PURCHASES}


def _key(judged: Judged) -> str:
    seed = judged.answer.seed
    return seed.product_key or str(seed.listing_id)


def _departments() -> dict[int, str]:
    return {category.pk: category.names[0] for category in Category.objects.all()}
