"""What choosing examples of style costs: queries and milliseconds a draft.

    python benchmarks/examples.py [--quick] [--json OUT]

Listings with a vector among synthetic live ones, in a scratch database. Baseline, same run: the
newest of the category, unrated.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from listing_assistant.listings.models import Listing

CHOSEN = 5


@dataclass(frozen=True)
class Cost:
    """Of one way to choose."""

    way: str
    examples: float  # a draft
    queries: int
    p50_ms: float
    p95_ms: float


def main() -> None:
    from _scratch import scratch_site

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="2,000 listings instead of 20,000")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    arguments = parser.parse_args()
    count = 2_000 if arguments.quick else 20_000
    drafts = 40 if arguments.quick else 200
    with scratch_site():
        from _marketplace import fill

        from listing_assistant.assistant.examples import examples_for
        from listing_assistant.listings.models import Listing, State

        fill(count)
        asked = list(Listing.objects.filter(state=State.LIVE).order_by("?")[:drafts])
        ways: dict[str, Callable[[Listing], int]] = {
            "newest of the category": newest,
            "rated, likest, different": lambda listing: len(examples_for(listing)),
        }
        costs = [cost(name, choose, asked) for name, choose in ways.items()]
    print(f"{count:,} live listings, {drafts} drafts; {platform.machine()}, {os.cpu_count()} cores")
    print(f"{'':<28}{'examples':>9}{'queries':>9}{'p50 ms':>9}{'p95 ms':>9}")
    for one in costs:
        print(
            f"{one.way:<28}{one.examples:>9.1f}{one.queries:>9}{one.p50_ms:>9.1f}{one.p95_ms:>9.1f}"
        )
    if arguments.json:
        figures = {"listings": count, "costs": [asdict(one) for one in costs]}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def newest(listing: Listing) -> int:
    from listing_assistant.listings.models import Listing, State

    beside = Listing.objects.filter(category=listing.category, state=State.LIVE)
    return len(beside.exclude(pk=listing.pk).order_by("-published_at")[:CHOSEN])


def cost(name: str, choose: Callable[[Listing], int], listings: list[Listing]) -> Cost:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    choose(listings[0])  # opens the index
    most, found, times = 0, 0, []
    for listing in listings:
        start = time.perf_counter()
        found += choose(listing)
        times.append(1000 * (time.perf_counter() - start))
    for listing in listings[:10]:
        with CaptureQueriesContext(connection) as captured:
            choose(listing)
        most = max(most, len(captured))
    p50, p95 = np.percentile(times, [50, 95])
    return Cost(name, found / len(listings), most, float(p50), float(p95))


if __name__ == "__main__":
    main()
