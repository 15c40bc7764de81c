"""Strips of the demo marketplace against what is known to fit: violations, coverage, ladder.

Fit is judged by the facts from which the listings were made (demo/goes_with.py), which the
recommender cannot see: it has the title as its seller wrote it and the attributes that were stated.
The baseline, same run, is the same candidates merged in the same way without the compatibility
filter. Recall sets have as long as they want here: the figures are about what is shown, and
benchmarks/serving.py is about time.
"""

from __future__ import annotations

import json
import math
import random
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from _scratch import scratch_site

if TYPE_CHECKING:
    from listing_assistant.listings.models import Listing

STRIPS, QUICK_STRIPS = 10_000, 400
# Enough listings that hardly a seed comes twice.
SCALE, QUICK_SCALE = 13.0, 1.0
BASELINE_SHARE = 0.2
SEED = 7


@dataclass
class Fits:
    """What strips showed, by what is known: `violated` strips hold something that does not fit."""

    strips: int = 0
    violated: int = 0
    items: int = 0
    fits: int = 0
    clashes: int = 0

    def add(self, answers: Sequence[bool | None]) -> None:
        self.strips += 1
        self.violated += False in answers
        self.items += len(answers)
        self.fits += answers.count(True)
        self.clashes += answers.count(False)

    @property
    def at_most(self) -> float:
        """The upper end of the 95 % interval of violated strips (rule of three at 0)."""
        share = self.violated / self.strips
        if not self.violated:
            return 3 / self.strips
        return share + 1.96 * math.sqrt(share * (1 - share) / self.strips)


@dataclass(frozen=True)
class StripFigures:
    listings: int
    seeds: int
    served: Fits
    unfiltered: Fits
    enough: float
    lowest_step: dict[str, float]


def print_strips(quick: bool) -> dict[str, Any]:
    """Make the marketplace, its month and its tables; show strips; print and give the figures."""
    with scratch_site():
        from django.conf import settings

        from listing_assistant.demo.services import seed_marketplace
        from recommender.offline.run import aggregate

        settings.RECALL_THREADS = 0  # in this thread, so that the same run gives the same strips
        settings.RECALL_BUDGET_MS = 60_000
        scale = QUICK_SCALE if quick else SCALE
        seed_marketplace(scale=scale, processes=0, photos=lambda plan: [])
        aggregate()
        figures = _measure(QUICK_STRIPS if quick else STRIPS)
    _print(figures)
    return asdict(figures)


def _measure(strips: int) -> StripFigures:
    from listing_assistant.listings.models import Listing, State

    live = list(
        Listing.objects.filter(state=State.LIVE, import_key__startswith="demo:").order_by("pk")
    )
    rng = random.Random(SEED)
    rng.shuffle(live)
    served, unfiltered = Fits(), Fits()
    lowest: Counter[str] = Counter()
    enough = 0
    for number, (listing, session) in enumerate(_asked(live, strips)):
        ids, step, is_enough = _strip(listing, session)
        served.add(_known(listing, ids))
        if number < len(live):
            lowest[step] += 1
            enough += is_enough
        if rng.random() < BASELINE_SHARE:
            unfiltered.add(_known(listing, _without_filter(listing)))
    seeds = min(len(live), strips)
    shares = {step: count / seeds for step, count in lowest.most_common()}
    return StripFigures(len(live), seeds, served, unfiltered, enough / seeds, shares)


def _asked(live: Sequence[Listing], strips: int) -> Iterator[tuple[Listing, str]]:
    """Every listing once, then again by visits that have a past, until there are enough."""
    for number in range(strips):
        visit = number // len(live)
        yield live[number % len(live)], f"visit-{visit}" if visit else ""


def _strip(listing: Listing, session: str) -> tuple[list[int], str, bool]:
    from recommender.strips.complementary import complementary_items

    strip = complementary_items(listing, session_key=session)
    ids = [item.listing_id for item in strip.items]
    return ids, str(strip.step) if ids else "nothing", not strip.is_short


def _without_filter(listing: Listing) -> list[int]:
    """What the same sets, merged in the same way, put into the first places."""
    from recommender import policy
    from recommender.merging import merge
    from recommender.recall_sets.registry import recall_sets
    from recommender.seeds import seed_of
    from recommender.strips.recalling import recall

    recalled = recall(seed_of(listing), recall_sets(), limit=policy.CANDIDATES_A_SET)
    merged = merge(recalled.found, limit=policy.STRIP_SIZE)
    return [each.listing_id for each in merged]


def _known(listing: Listing, listing_ids: Iterable[int]) -> list[bool | None]:
    from listing_assistant.demo.knowledge import what_is_known

    known = what_is_known(listing.pk, list(listing_ids))
    return [each.fits for each in known.values()]


def _print(figures: StripFigures) -> None:
    print(f"\nStrips of {figures.seeds:,} of {figures.listings:,} live listings of the demo")
    print(f"{'':<34}{'served':>12}{'no filter':>12}")
    served, unfiltered = _column(figures.served), _column(figures.unfiltered)
    for name, value in served.items():
        print(f"{name:<34}{value:>12}{unfiltered[name]:>12}")
    print(f"{'strips with enough (goal 99 %)':<34}{figures.enough:>12.2%}")
    for step, share in figures.lowest_step.items():
        print(f"{'  filled down to ' + step:<34}{share:>12.2%}")


def _column(fits: Fits) -> dict[str, str]:
    return {
        "strips": f"{fits.strips:,}",
        "items known to fit": f"{fits.fits:,}",
        "items known not to fit": f"{fits.clashes:,}",
        "strips with one of these": f"{fits.violated:,}",
        "  share": f"{fits.violated / max(1, fits.strips):.2%}",
        "  95 % interval, at most": f"{fits.at_most:.3%}",
    }


def main() -> None:
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a marketplace of 772 listings")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    arguments = parser.parse_args()
    figures = print_strips(arguments.quick)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
