"""From which step of the ladder strips of what is for sale now are filled, as they are served.

Sets that this machine answers too late for a strip are late here, too.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from listing_assistant.listings.models import Listing, State
from recommender import policy
from recommender.seeds import seed_of
from recommender.strips import filtering
from recommender.strips.proposals import Step
from recommender.strips.proposing import propose
from recommender.strips.recalling import Outcome

NOTHING = "nothing"


@dataclass(frozen=True)
class Ladder:
    """Shares of strips by the lowest step that they needed, and of items by their step. `short`
    are below policy.LEAST_SHOWN in spite of all steps. `late` is the share of the sets' turns."""

    strips: int
    lowest_step: dict[str, float]
    items: dict[str, float]
    short: float
    late: float


def ladder_now(sample: str, *, most: int) -> Ladder:
    """Of a random sample of what is for sale, the same for the same name."""
    ids = sorted(Listing.objects.filter(state=State.LIVE).values_list("pk", flat=True))
    chosen = random.Random(sample).sample(ids, min(most, len(ids)))
    lowest: Counter[str] = Counter()
    items: Counter[str] = Counter()
    turns: Counter[Outcome] = Counter()
    short = 0
    order = list(Step)
    for listing in Listing.objects.filter(pk__in=chosen):
        proposals = propose(seed_of(listing))
        turns.update(run.outcome for run in proposals.runs)
        shown = filtering.pick(proposals.items, limit=policy.STRIP_SIZE)
        steps = [Step(each.step) for each in shown]
        lowest[max(steps, key=order.index) if steps else NOTHING] += 1
        items.update(steps)
        short += len(shown) < policy.LEAST_SHOWN
    return Ladder(
        strips=lowest.total(),
        lowest_step={
            str(step): lowest[step] / lowest.total() for step in (*order, NOTHING) if lowest[step]
        },
        items={str(step): items[step] / items.total() for step in order if items[step]},
        short=short / lowest.total() if lowest else 0.0,
        late=turns[Outcome.LATE] / turns.total() if turns else 0.0,
    )
