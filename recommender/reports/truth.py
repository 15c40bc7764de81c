"""Where what goes together is known, as on a simulated marketplace, and not merely bought together.

The layer that knows it says so by `know`; a marketplace of real people has no such layer, and its
report goes without.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

Judge = Callable[[int, Collection[int]], Mapping[int, "Known"]]


@dataclass(frozen=True)
class Known:
    """`relevance` 0..1: how well the one completes the other; `fits` is None where fit is no
    question between them."""

    relevance: float
    fits: bool | None


_judges: list[Judge] = []


def know(judge: Judge) -> None:
    """Let a judge speak: a seed's listing id and others to what is known of each it knows."""
    if judge not in _judges:
        _judges.append(judge)


def known_of(seed_id: int, listing_ids: Collection[int]) -> dict[int, Known]:
    """What is known of these beside the seed; empty for listings nobody knows the truth of."""
    return {pk: said for judge in _judges for pk, said in judge(seed_id, listing_ids).items()}
