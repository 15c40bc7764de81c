"""What was bought together, counted: what the network learns from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

# A person with more purchases is a trader or a machine, and makes pairs by the square of them.
LARGEST_BASKET = 60

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """n_ab of items by their row: `seeds[i]` and `recs[i]` came together `counts[i]` times.

    `item_counts` (items,) is n_a: in how many baskets each item is.
    """

    seeds: Ints
    recs: Ints
    counts: Ints
    item_counts: Ints

    def __len__(self) -> int:
        return len(self.seeds)

    def where(self, kept: NDArray[np.bool_]) -> Pairs:
        """These pairs alone; the counts of items stay."""
        return Pairs(self.seeds[kept], self.recs[kept], self.counts[kept], self.item_counts)

    def log_ochiai(self) -> NDArray[np.float64]:
        """log(n_ab / √(n_a n_b)) of every pair."""
        counts = np.maximum(self.item_counts, 1)
        lengths = np.log(counts[self.seeds]) + np.log(counts[self.recs])
        logs: NDArray[np.float64] = np.log(self.counts) - lengths / 2
        return logs


def pairs_of_baskets(baskets: Iterable[Sequence[int]], items: int) -> Pairs:
    """Both directions of every two items of a basket; items are rows 0 … items - 1."""
    together: Counter[tuple[int, int]] = Counter()
    alone: Counter[int] = Counter()
    for basket in baskets:
        distinct = sorted(set(basket))
        if len(distinct) <= LARGEST_BASKET:
            alone.update(distinct)
            together.update(permutations(distinct, 2))
    return _counted(together, np.array([alone[item] for item in range(items)], dtype=np.int64))


def pairs_of_links(links: Mapping[tuple[int, int], int], items: int) -> Pairs:
    """Directed links with their counts; an item counts as often as it has a link."""
    alone = np.zeros(items, np.int64)
    for (seed, rec), count in links.items():
        alone[[seed, rec]] += count
    return _counted(links, alone)


def _counted(together: Mapping[tuple[int, int], int], alone: Ints) -> Pairs:
    ordered = sorted(together)
    ends = np.array(ordered, dtype=np.int64).reshape(-1, 2)
    counts = np.array([together[pair] for pair in ordered], dtype=np.int64)
    return Pairs(ends[:, 0], ends[:, 1], counts, alone)
