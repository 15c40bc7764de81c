"""What ad rates bring and cost: revenue against relevance over ad weights, and each rule's price.

The ranker is the arm with the seed's weights; its best candidates go through
recommender/reranking.py as they do when served. Revenue and relevance are expectations by the
market's truth: a place is seen by its examination, what is seen is bought by demo/wanting.py, and
who sold pays the ad rate. "by the ranker" is the loss as the re-ranking itself counts it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from _ranking_arms import Row
from _ranking_compared import EXAMINED, Lists, Study, last_study, whole_lists

from listing_assistant.demo.catalogue import CURRENCIES
from listing_assistant.demo.similar import PLACES
from ml.metrics import bootstrap_interval
from ml.ranker.fit import fit
from ml.ranker.weighting import ARMS
from recommender import policy
from recommender.items.columns import Items
from recommender.reports.measures import Estimate
from recommender.reports.plots import Point, line
from recommender.reranking import RULES, rerank
from recommender.similar.recipe import Recipe

LISTS, QUICK_LISTS = 1000, 120
WEIGHTS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.2)
DEFAULT = Recipe()
# Chance would only blur the curve; its own price is measured apart.
CALM = replace(DEFAULT, exploration_share=0.0)
UNBOUNDED = 1.0
# What switches each rule off.
WITHOUT = {
    "ad_rate": replace(DEFAULT, ad_weight=0.0),
    "seller_cap": replace(DEFAULT, most_of_seller=policy.RERANKED),
    "diversity": replace(DEFAULT, relevance_share=1.0),
    "exploration": CALM,
}
STYLE = (
    "<style>text{font:12px sans-serif;fill:#555}.curve{fill:none;stroke:#2563eb;stroke-width:2}"
    ".dot{fill:#2563eb}.axis,.whisker{stroke:#888}</style>"
)


@dataclass(frozen=True, eq=False)
class Candidates:
    """Of one strip the best by the ranker, most relevant first; `purchase` and `fee` are the truth:
    that who sees it buys it, and what the shop then earns by its ad rate, in dollars."""

    items: Items
    scores: Row
    purchase: Row
    fee: Row
    ideal: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """Of each strip (g,), expected by the truth, but for `lost`: the ranker's own relevance lost
    beside its order alone, a share."""

    revenue: Row
    purchases: Row
    ndcg: Row
    lost: Row


def print_frontier(quick: bool, plot: Path | None) -> dict[str, Any]:
    own = last_study(quick)
    lists = whole_lists(own, QUICK_LISTS if quick else LISTS)
    candidates = _candidates(own, lists)
    plain = outcome(candidates, replace(CALM, ad_weight=0.0))
    rows = []
    print(
        f"\nAd weights: {len(candidates):,} strips of {policy.RERANKED} candidates, no exploration"
    )
    print(f"{'':>10}{'revenue a 1,000':>18}{'gain':>26}{'purchases':>12}"
          f"{'ndcg by truth':>26}{'by the ranker':>15}")  # fmt: skip
    for bound in (CALM.most_relevance_loss, UNBOUNDED):
        print(f"loss bounded at {bound:.0%}" if bound < 1 else "not bounded")
        for weight in WEIGHTS:
            recipe = replace(CALM, ad_weight=weight, most_relevance_loss=bound)
            rows.append(_point(outcome(candidates, recipe), plain, recipe))
            _print_point(rows[-1])
    prices = _prices(candidates)
    if plot:
        plot.write_text(_plot([row for row in rows if row["bound"] == UNBOUNDED]))
        print(f"plot of the unbounded curve: {plot}")
    return {"frontier": rows, "prices": prices, "default": DEFAULT.ad_weight}


def _candidates(own: Study, lists: Lists) -> list[Candidates]:
    """Ranked by the arm with the seed's weights."""
    periods = own.periods
    ranker, _ = fit(periods.train, ARMS[-1].of(own.config), periods.validation, quiet=True)
    scores = ranker.scores(lists.matrix)
    rates = np.array([CURRENCIES[ware.currency][0] for ware in own.market.wares])
    prices = np.exp(own.market.items.log_prices) / rates
    fees = prices * own.market.items.ad_rates / 100
    found = []
    for part in np.split(np.arange(len(scores)), np.cumsum(lists.groups)[:-1]):
        best = part[np.argsort(-scores[part], kind="stable")[: policy.RERANKED]]
        rows, purchase = lists.rows[best], lists.purchase[part]
        found.append(
            Candidates(
                own.market.items.take(rows),
                scores[best],
                lists.purchase[best],
                fees[rows],
                _dcg(np.sort(purchase)[::-1]),
            )
        )
    return found


def outcome(candidates: list[Candidates], recipe: Recipe) -> Outcome:
    rng = np.random.default_rng(0)
    values = [_outcome(each, recipe, rng) for each in candidates]
    return Outcome(*np.array(values).T)


def _outcome(
    strip: Candidates, recipe: Recipe, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    made = rerank(strip.items, strip.scores, limit=PLACES, recipe=recipe, rng=rng)
    rows = np.array([slot.row for slot in made.slots])
    bought = EXAMINED[: len(rows)] * strip.purchase[rows]
    relevance = (strip.scores - strip.scores.min()) / max(float(np.ptp(strip.scores)), 1e-12)
    return (
        float(bought @ strip.fee[rows]),
        float(bought.sum()),
        _dcg(strip.purchase[rows]) / strip.ideal,
        1 - _dcg(relevance[rows]) / _dcg(relevance),
    )


def _dcg(gains: Row) -> float:
    top = gains[:PLACES]
    return float(top @ (1 / np.log2(np.arange(len(top)) + 2)))


def _point(found: Outcome, plain: Outcome, recipe: Recipe) -> dict[str, Any]:
    return {
        "ad_weight": recipe.ad_weight,
        "bound": recipe.most_relevance_loss,
        "strips": len(found.revenue),
        "revenue": 1000 * float(found.revenue.mean()),
        "revenue_gain": _relative(found.revenue, plain.revenue),
        "purchases": _relative(found.purchases, plain.purchases),
        "ndcg": _relative(found.ndcg, plain.ndcg),
        "lost_by_ranker": float((found.lost - plain.lost).mean()),
    }


def _relative(ours: Row, theirs: Row) -> tuple[float, float, float]:
    """The mean beside theirs, with the paired 95 % interval over strips."""

    def relative(drawn: Any) -> float:
        return float(ours[drawn].mean() / theirs[drawn].mean() - 1)

    low, high = bootstrap_interval(relative, len(ours))
    return relative(np.arange(len(ours))), low, high


def _print_point(row: dict[str, Any]) -> None:
    named = "  <- the default" if _is_default(row) else ""
    print(
        f"{row['ad_weight']:>10.2f}{'$' + format(row['revenue'], ',.2f'):>18}"
        f"{_cell(row['revenue_gain']):>26}{row['purchases'][0]:>+12.1%}"
        f"{_cell(row['ndcg']):>26}{-row['lost_by_ranker']:>+15.1%}{named}"
    )


def _is_default(row: dict[str, Any]) -> bool:
    return (row["ad_weight"], row["bound"]) == (DEFAULT.ad_weight, DEFAULT.most_relevance_loss)


def _cell(told: tuple[float, float, float]) -> str:
    return f"{told[0]:+.1%} [{told[1]:+.1%}, {told[2]:+.1%}]"


def _prices(candidates: list[Candidates]) -> dict[str, Any]:
    """What each rule costs beside the default strip without it: by the ranker, and by the truth."""
    rng = np.random.default_rng(0)
    made = [
        rerank(each.items, each.scores, limit=PLACES, recipe=DEFAULT, rng=rng)
        for each in candidates
    ]
    whole = outcome(candidates, DEFAULT)
    prices = {}
    print(f"\n{'price of each rule':<22}{'relevance, ranker':>20}{'purchases, truth':>28}")
    for rule in RULES:
        cost = float(np.mean([each.costs[rule] for each in made]))
        purchases = _relative(whole.purchases, outcome(candidates, WITHOUT[rule]).purchases)
        prices[rule] = {"relevance": cost, "purchases": purchases}
        print(f"{rule:<22}{-cost:>+20.2%}{_cell(purchases):>28}")
    return prices


def _plot(rows: list[dict[str, Any]]) -> str:
    """Revenue gained against relevance lost by the truth, per cent, as a picture of its own."""
    points = []
    for row in rows:
        gain, low, high = (100 * each for each in row["revenue_gain"])
        points.append(Point(-100 * row["ndcg"][0], Estimate(gain, low, high, row["strips"])))
    drawn = line(
        sorted(points, key=lambda point: point.x),
        title="Ad revenue against relevance",
        x_title="ndcg lost by the truth, %",
        y_title="ad revenue gained, %",
    )
    head, _, body = drawn.partition(">")
    return f'{head} xmlns="http://www.w3.org/2000/svg">{STYLE}{body}\n'
