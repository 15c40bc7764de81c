"""What may be shown beside a listing, plain enough to be kept in Redis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from recommender.strips.recalling import Outcome, SetRun


class Step(StrEnum):
    """How far down the ladder a strip had to go for an item."""

    SETS = "sets"
    RELATED = "related"
    SIBLINGS = "siblings"
    DEPARTMENT = "department"


class Source(NamedTuple):
    """One recall set's word for an item. On the lower steps of the ladder, the step's own."""

    recall_set: str
    reason: str
    support: int


class Proposal(NamedTuple):
    """`fits` is true where both sides name the same thing to fit; `seed_id` is the listing that it
    goes with, of the several in a cart."""

    listing_id: int
    seed_id: int
    step: str
    seller_id: int
    product: str
    version: int
    fits: bool
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Proposals:
    """Best first. `runs` are the recall sets' times and outcomes."""

    items: Sequence[Proposal]
    runs: Sequence[SetRun]

    @property
    def is_complete(self) -> bool:
        """Every recall set had its say. What is not complete is worth making again soon."""
        return all(run.outcome in (Outcome.DONE, Outcome.EMPTY) for run in self.runs)

    @property
    def is_hasty(self) -> bool:
        """Half of the recall sets or more were late: the machine was slow, not a set."""
        late = sum(run.outcome == Outcome.LATE for run in self.runs)
        return late * 2 >= len(self.runs) > 0

    def as_json(self) -> list[Any]:
        runs = [[r.name, r.outcome, round(r.milliseconds, 2), r.count, r.error] for r in self.runs]
        return [self.items, runs]

    @classmethod
    def of_json(cls, value: Sequence[Any]) -> Proposals:
        items, runs = value
        return cls(
            [
                Proposal._make([*plain, tuple(Source(*each) for each in said)])
                for *plain, said in items
            ],
            [SetRun(name, Outcome(outcome), *rest) for name, outcome, *rest in runs],
        )
