"""What to look at first, in plain words, worst news first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from recommender import policy
from recommender.reports.evaluating import Report
from recommender.reports.figures import SetFigures
from recommender.reports.measures import Estimate


@dataclass(frozen=True)
class Finding:
    """`weight` is "bad", "look" or "good"."""

    weight: str
    text: str


def findings(report: Report) -> list[Finding]:
    order = ("bad", "look", "good")
    found = [*_caution(report), *_quality(report), *_sets(report), *_reach(report), *_truth(report)]
    return sorted(found, key=lambda each: order.index(each.weight))


def percent(share: float) -> str:
    """NaN is a dash."""
    if math.isnan(share):
        return "–"
    return f"{share:.0%}" if share >= 0.1 or share == 0 else f"{share:.1%}"


def interval(estimate: Estimate) -> str:
    return f"{percent(estimate.low)} to {percent(estimate.high)}"


def _caution(report: Report) -> Iterator[Finding]:
    if report.occasions_asked < policy.FEW_OCCASIONS:
        yield Finding(
            "look",
            f"Only {report.occasions_asked} occasions were judged: the intervals are wide. Hold "
            "out more days, or leave out --quick.",
        )
    if report.known:
        yield Finding(
            "look",
            "Listings of the demo are among these: their behaviour is simulated, and says how well "
            "the method finds what was put in, not what real people want.",
        )


def _quality(report: Report) -> Iterator[Finding]:
    merged, plain = report.sets[0].by_product.recall, _named(report, report.baseline)
    if plain is None:
        return
    ahead = merged.low > plain.by_product.recall.mean
    text = (
        f"The first {report.k} places of a strip hold {percent(merged.mean)} "
        f"({interval(merged)}) of the products that people went on to buy; popular things "
        f"of related categories alone hold {percent(plain.by_product.recall.mean)}."
    )
    yield Finding(
        "good" if ahead else "bad" if merged.mean <= plain.by_product.recall.mean else "look", text
    )


def _sets(report: Report) -> Iterator[Finding]:
    best = max(report.removing, key=lambda gain: gain.gain.mean, default=None)
    if best is not None and best.gain.low > 0:
        yield Finding(
            "good",
            f"{best.name} is missed most: without it the strip finds {percent(best.gain.mean)} "
            "fewer of the products bought.",
        )
    harmful = [gain.name for gain in report.removing if gain.gain.high < 0]
    if harmful:
        yield Finding(
            "bad",
            f"The strip is better without {', '.join(harmful)}: train the merge anew (manage.py "
            "train_merging), or trust it less in policy.SET_WORTH.",
        )
    silent = [
        each.name for each in report.sets if each.coverage == 0 and each.by_item.recall.mean == 0
    ]
    if silent:
        yield Finding("look", f"Nothing came from {', '.join(silent)}.")
    slow = [each for each in report.sets if each.p99_ms > settings.RECALL_BUDGET_MS]
    if slow:
        told = ", ".join(f"{each.name} ({each.p99_ms:.0f} ms)" for each in slow)
        yield Finding(
            "look",
            f"In one of a hundred strips these take longer than the {settings.RECALL_BUDGET_MS} "
            f"ms that a strip waits: {told}.",
        )
    failed = [f"{each.name} ({each.failures})" for each in report.sets if each.failures]
    if failed:
        yield Finding("bad", f"These sets could not answer: {', '.join(failed)}.")


def _reach(report: Report) -> Iterator[Finding]:
    ladder = report.ladder
    enough = 1 - ladder.short
    yield Finding(
        "good" if enough >= policy.GOOD_COVERAGE else "bad",
        f"Of {ladder.strips} strips made now, {percent(enough)} have enough to show; "
        f"{percent(ladder.lowest_step.get('sets', 0.0))} by the recall sets alone.",
    )
    if ladder.late > 0:
        yield Finding(
            "look",
            f"{percent(ladder.late)} of the sets' answers came too late for these strips on this "
            "machine.",
        )
    merged = report.sets[0]
    yield Finding(
        "look" if merged.head > policy.MUCH_TO_HEAD else "good",
        f"{percent(merged.head)} of all places go to the most looked-at tenth of listings; "
        f"{percent(merged.catalogue)} of what was for sale is shown beside something.",
    )
    for segment in report.by_warmth:
        if segment.name == "cold":
            yield Finding(
                "look" if segment.merged.mean < merged.by_product.recall.mean else "good",
                f"Beside products that were hardly bought before, the strip finds "
                f"{percent(segment.merged.mean)} of what is bought next; popular things find "
                f"{percent(segment.baseline.mean)}.",
            )


def _truth(report: Report) -> Iterator[Finding]:
    merged = report.sets[0]
    if not math.isnan(merged.misfit_shown):
        yield Finding(
            "bad" if merged.misfit_shown else "good",
            f"{percent(merged.misfit)} of what the sets propose is known not to fit; after the "
            f"compatibility filter it is {percent(merged.misfit_shown)}.",
        )


def _named(report: Report, name: str) -> SetFigures | None:
    return next((each for each in report.sets if each.name == name), None)
