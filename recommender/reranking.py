"""Which of the best ranked items a strip shows, and where (papers.md 8.3, Re-rank).

  1  ad rate: utility is the relevance plus what an ad rate is worth, as far as the bound lets it
  2  seller cap and diversity: places are filled one by one by MMR (Carbonell & Goldstein 1998)
  3  exploration: now and then a place shows something from further down, with known probability
  4  the price of every rule: the strip is made again without it

Relevance is the ranker's score, moved and stretched to 0..1 over the candidates, so that a weight
means the same for every ranker. The gain of a strip is the sum of its relevances, discounted by
place as in DCG; losses are shares of the gain of the best candidates in the ranker's own order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender import policy
from recommender.items.columns import Ids, Items
from recommender.similar.recipe import Recipe

Values = NDArray[np.float64]

AD_RATE, SELLER_CAP, DIVERSITY, EXPLORATION = "ad_rate", "seller_cap", "diversity", "exploration"
RULES = (AD_RATE, SELLER_CAP, DIVERSITY, EXPLORATION)
# Halvings of the ad weight's range: what is left of it then moves nothing.
BISECTIONS = 5


@dataclass(frozen=True)
class Move:
    """What a rule did to an item: places from 1, which may lie beyond the strip.

    `cost` is how much less relevant its new place became by it, a share of the strip's gain, below
    0 where the place won. A rule's costs need not add up to what leaving it out would bring.
    """

    rule: str
    before: int
    after: int
    cost: float

    @property
    def words(self) -> str:
        """For staff."""
        return self.rule.replace("_", " ")

    @property
    def percent(self) -> float:
        """Of the strip's gain, won or lost."""
        return 100 * abs(self.cost)


@dataclass(frozen=True)
class Slot:
    """`row` is of the items given; `propensity` the probability that this place shows this row."""

    row: int
    propensity: float = 1.0
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class Reranked:
    """`costs` are by RULES: the gain that leaving the rule out would bring, below 0 where the
    others would then cost more. `ad_weight` is what the bound left of the recipe's."""

    slots: list[Slot]
    costs: dict[str, float]
    ad_weight: float = 0.0


def rerank(
    items: Items,
    scores: NDArray[np.floating],
    *,
    limit: int,
    recipe: Recipe,
    rng: np.random.Generator,
) -> Reranked:
    """At most `limit` of the items, by finite `scores` (n,), best place first.

    Ad rates cost the strip at most `recipe.most_relevance_loss` of its gain beside the same strip
    without them, all other rules in force. No seller has more than `recipe.most_of_seller` places.
    Propensities hold for what is given: give only what may be shown. Raises ValueError where
    `scores` do not match the items.
    """
    if len(scores) != len(items):
        raise ValueError(f"scores: {len(scores)} for {len(items)} items; give one of each")
    best_first = np.argsort(-scores.astype(np.float64), kind="stable")
    pool = _Pool.of(items, scores, best_first, min(limit, len(items)))
    if not pool.limit:
        return Reranked([], dict.fromkeys(RULES, 0.0))
    organic = pool.arrange(replace(recipe, ad_weight=0.0))
    recipe, strip = _bounded(pool, recipe, organic)
    capped = pool.arrange(replace(recipe, relevance_share=1.0))
    explored = _explore(pool, strip, recipe, rng)
    without = {
        AD_RATE: organic,
        SELLER_CAP: pool.arrange(replace(recipe, most_of_seller=pool.size)),
        DIVERSITY: capped,
        EXPLORATION: strip,
    }
    steps = {AD_RATE: pool.by_utility(recipe), SELLER_CAP: capped, DIVERSITY: strip}
    moves = _moves(pool, steps | {EXPLORATION: explored.rows})
    gain = pool.gain(explored.rows)
    return Reranked(
        [
            Slot(int(best_first[row]), propensity, moves[row])
            for row, propensity in zip(explored.rows, explored.propensities, strict=True)
        ],
        {rule: (pool.gain(rows) - gain) / pool.best_gain for rule, rows in without.items()},
        recipe.ad_weight,
    )


@dataclass(frozen=True, eq=False)
class _Pool:
    """The candidates, most relevant first: rows are places in that order, from 0."""

    relevance: Values  # (n,) 0..1
    promotion: Values  # (n,) log(1 + ad rate)
    sellers: Ids  # (n,)
    likeness: Values  # (n, n) cosines, 0..1
    limit: int
    discounts: Values  # (limit,)
    best_gain: float

    @classmethod
    def of(cls, items: Items, scores: NDArray[np.floating], order: Ids, limit: int) -> _Pool:
        relevance = _relevance(scores[order])
        discounts = 1 / np.log2(np.arange(limit) + 2)
        return cls(
            relevance=relevance,
            promotion=np.log1p(np.maximum(items.ad_rates[order], 0).astype(np.float64)),
            sellers=items.sellers[order],
            likeness=_likeness(items.joint[order]),
            limit=limit,
            discounts=discounts,
            best_gain=float(relevance[:limit] @ discounts) or 1.0,
        )

    @property
    def size(self) -> int:
        return len(self.relevance)

    def gain(self, rows: list[int]) -> float:
        return float(self.relevance[rows[: self.limit]] @ self.discounts[: len(rows)])

    def cost(self, place: int, before: int, after: int) -> float:
        """Of one row in the place of another, as a share of the best gain."""
        if place >= self.limit:
            return 0.0
        lost = self.relevance[before] - self.relevance[after]
        return float(lost * self.discounts[place]) / self.best_gain

    def by_utility(self, recipe: Recipe) -> list[int]:
        order: list[int] = np.argsort(-self._utility(recipe), kind="stable")[: self.limit].tolist()
        return order

    def arrange(self, recipe: Recipe) -> list[int]:
        """Rows for the places of a strip, by all rules but exploration."""
        share = recipe.relevance_share
        worth = share * self._utility(recipe)
        repetition = np.zeros(self.size)
        places_of: dict[int, int] = {}
        rows: list[int] = []
        while len(rows) < self.limit:
            row = int((worth - repetition).argmax())
            if worth[row] == -np.inf:  # nobody is left
                break
            rows.append(row)
            worth[row] = -np.inf
            seller = int(self.sellers[row])
            places_of[seller] = places_of.get(seller, 0) + 1
            if places_of[seller] == recipe.most_of_seller:
                worth[self.sellers == seller] = -np.inf
            if share < 1:
                np.maximum(repetition, (1 - share) * self.likeness[row], out=repetition)
        return rows

    def _utility(self, recipe: Recipe) -> Values:
        return self.relevance + recipe.ad_weight * self.promotion


def _relevance(scores: NDArray[np.floating]) -> Values:
    """0..1 over the candidates; all 1 where the ranker holds them for equally good."""
    wide: Values = scores.astype(np.float64)
    spread = np.ptp(wide) if len(wide) else 0.0
    if spread <= 0:
        return np.ones(len(wide))
    relevance: Values = (wide - wide.min()) / spread
    return relevance


def _likeness(vectors: NDArray[np.float16]) -> Values:
    """Cosines of unit rows (n, dim), none below 0. What has no vector is as like the others as
    they are on average: not knowing a thing makes it neither special nor the same."""
    wide = vectors.astype(np.float32)
    cosines: Values = np.maximum(wide @ wide.T, 0).astype(np.float64)  # (n, n)
    unknown = ~wide.any(axis=1)
    if unknown.any():
        known = cosines[~unknown][:, ~unknown]
        usual = (known.sum() - np.trace(known)) / max(known.size - len(known), 1)
        cosines[unknown] = cosines[:, unknown] = usual
    return cosines


def _bounded(pool: _Pool, recipe: Recipe, organic: list[int]) -> tuple[Recipe, list[int]]:
    """The recipe with the largest ad weight that is found to keep the bound, and its strip.

    Without cap and diversity the gain falls with the weight and bisection finds the largest there
    is; with them it may rise again, and what is found still keeps the bound.
    """
    kept = replace(recipe, ad_weight=0.0), organic
    if recipe.ad_weight <= 0 or not pool.promotion.any():
        return kept
    least = (1 - recipe.most_relevance_loss) * pool.gain(organic)
    low, weight, high = 0.0, recipe.ad_weight, recipe.ad_weight
    for _ in range(1 + BISECTIONS):
        tried = replace(recipe, ad_weight=weight)
        strip = pool.arrange(tried)
        if pool.gain(strip) < least:
            high = weight
        else:
            kept, low = (tried, strip), weight
            if low == high:
                break
        weight = (low + high) / 2
    return kept


@dataclass(frozen=True)
class _Explored:
    rows: list[int]
    propensities: list[float]


def _explore(pool: _Pool, strip: list[int], recipe: Recipe, rng: np.random.Generator) -> _Explored:
    """Of all places but the first, policy.EXPLORED_PLACES are drawn; each of them shows, with
    probability `recipe.exploration_share`, one of what is left over, drawn alike.

    A place that keeps its item and one that shows another thus have a probability that depends on
    neither the draw nor the other places.
    """
    spare = _spare(pool, strip, recipe)
    places = min(policy.EXPLORED_PLACES, len(strip) - 1, len(spare))
    if places <= 0 or recipe.exploration_share <= 0:
        return _Explored(strip, [1.0] * len(strip))
    drawn = 1 + rng.choice(len(strip) - 1, size=places, replace=False)
    shown = rng.choice(len(spare), size=places, replace=False)
    explores = rng.random(places) < recipe.exploration_share
    share = recipe.exploration_share * places / (len(strip) - 1)
    rows, propensities = list(strip), [1.0] + [1 - share] * (len(strip) - 1)
    for place, chosen in zip(drawn[explores].tolist(), shown[explores].tolist(), strict=True):
        rows[place], propensities[place] = spare[chosen], share / len(spare)
    return _Explored(rows, propensities)


def _spare(pool: _Pool, strip: list[int], recipe: Recipe) -> list[int]:
    """What may take any place of the strip, all of it at once, and leave the seller cap whole."""
    taken = set(strip)
    sellers = pool.sellers.tolist()
    places_of = Counter(sellers[row] for row in strip)
    spare: list[int] = []
    for row, seller in enumerate(sellers):
        if row not in taken and places_of[seller] < recipe.most_of_seller:
            places_of[seller] += 1
            spare.append(row)
    return spare


def _moves(pool: _Pool, steps: dict[str, list[int]]) -> dict[int, tuple[Move, ...]]:
    """Of the last step's rows, what each step in turn did to them."""
    shown = next(reversed(steps.values()))
    moves: dict[int, tuple[Move, ...]] = dict.fromkeys(shown, ())
    before = list(range(pool.size))
    for rule, strip in steps.items():
        here = set(strip)
        after = strip + [row for row in before if row not in here]
        was, now = _places(before), _places(after)
        for row in shown:
            if was[row] != now[row]:
                cost = pool.cost(now[row], before[now[row]], row)
                moves[row] += (Move(rule, was[row] + 1, now[row] + 1, cost),)
        before = after
    return moves


def _places(rows: list[int]) -> dict[int, int]:
    return {row: place for place, row in enumerate(rows)}
