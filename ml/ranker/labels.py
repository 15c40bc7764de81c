"""What an act says: the scale from nothing to a purchase, as far as a listing's format has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .model import LEVELS, NONE, Labels, RankerConfig, Scheme

# Between a click, which nothing can go without, and the purchase itself.
MIDDLE = LEVELS[2:-1]
_ALL = frozenset({"click", "watch", "purchase"})
# What is not there cannot be missed: an auction without offers is no worse for it. What takes
# offers can be bought at once as well. Bids say too little of a purchase (the seed left them out).
ACTS_OF_FORMAT = {
    "buy_now": _ALL | {"cart", "buy_now"},
    "best_offer": _ALL | {"cart", "buy_now", "offer"},
    "auction": _ALL,
}


def acts_mask(acts: Iterable[str], form: str) -> int:
    """What was done with a listing of this format: bit i for LEVELS[i], without what the format
    does not have."""
    possible = ACTS_OF_FORMAT[form].intersection(acts)
    return sum(1 << LEVELS.index(act) for act in possible)


def strongest(masks: Labels, order: Sequence[str]) -> Labels:
    """The place in LEVELS of the most that each mask holds by the order, (n,)."""
    found = np.full(len(masks), NONE, dtype=np.int64)
    for level in order:
        place = LEVELS.index(level)
        found[_holds(masks, place)] = place
    return found


def conversions(masks: Labels) -> dict[str, tuple[int, int]]:
    """Of each middle act: how often it was done, and how often a purchase followed."""
    bought = _holds(masks, len(LEVELS) - 1)
    done = {act: _holds(masks, LEVELS.index(act)) for act in MIDDLE}
    return {act: (int(rows.sum()), int((rows & bought).sum())) for act, rows in done.items()}


def order_by_conversion(counts: Mapping[str, tuple[int, int]]) -> tuple[str, ...]:
    """LEVELS, the middle ones by the share of each that led to a purchase.

    `counts` as of `conversions`. Equal shares keep the seed's order; an act that nobody did yet has
    the share of all middle ones together. Raises ValueError for more purchases than acts.
    """
    shares = shares_of(counts)
    middle = sorted(MIDDLE, key=lambda act: (shares[act], LEVELS.index(act)))
    return (*LEVELS[:2], *middle, LEVELS[-1])


def shares_of(counts: Mapping[str, tuple[int, int]]) -> dict[str, float]:
    """By middle act; raises ValueError for more purchases than acts."""
    for act, (done, led) in counts.items():
        if not 0 <= led <= done:
            raise ValueError(f"{act}: {led} of {done} led to a purchase")
    told = {act: counts.get(act, (0, 0)) for act in MIDDLE}
    done, led = (sum(each) for each in zip(*told.values(), strict=True))
    common = led / done if done else 0.0
    return {act: led / done if done else common for act, (done, led) in told.items()}


def relevances(labels: Labels, config: RankerConfig) -> Labels:
    """Of each row from 0, as the loss is told: by the order and scheme of the config."""
    return np.array([_relevance(level, config) for level in LEVELS])[labels]


def most_relevance(config: RankerConfig) -> int:
    return _relevance(LEVELS[-1], config)


def _relevance(level: str, config: RankerConfig) -> int:
    if config.scheme == Scheme.MULTI:
        return config.order.index(level)
    is_bought, is_something = level == LEVELS[-1], level != LEVELS[NONE]
    return int(is_bought) + (int(is_something) if config.scheme == Scheme.CLICK else 0)


def _holds(masks: Labels, place: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return (masks >> place & 1).astype(bool)
