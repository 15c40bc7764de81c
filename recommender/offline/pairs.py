"""What goes with what: pairs of things that come in the same baskets, by cosine (Ochiai).

A basket is whatever brings things together: a person with purchases, a session with views, an
invoice. Related categories, related products, co-views, related queries and the training pairs of
DeepRecs are all this one expression (papers.md 7.2).
"""

from __future__ import annotations

from datetime import date

import ibis
from ibis import Table, _

SHRINKAGE = 10.0  # papers.md 7.2


def pairs(
    baskets: Table,
    *,
    least_support: int = 1,
    least_ochiai: float = 0.0,
    top: int | None = None,
    by: str = "shrunk",
    largest: int | None = None,
    shrinkage: float = SHRINKAGE,
) -> Table:
    """Both directions of every pair of different things that share baskets.

    `baskets` has the columns `basket` and `thing`, and may have `weight`, above 0: what a thing
    counts in its basket, such as `decay` makes of its day. Rows that come several times count once,
    with their highest weight. A pair weighs in a basket as much as the lesser of its two things, so
    that no cosine and no confidence is above 1; without weights all of it is plain counting.

    The columns, one row for each direction (a → b):
    - a, b: the two things
    - support: in how many baskets they meet; fewer than `least_support` make no pair
    - both, n_a, n_b: the weight of the baskets with both, with a, with b
    - ochiai: both / sqrt(n_a n_b), the cosine of the things' columns; at least `least_ochiai`
    - confidence: both / n_a
    - shrunk: support / (support + shrinkage) · ochiai, which doubts what rests on few baskets

    `top` keeps the best of each a `by` one of these columns; ties go to the more supported, then to
    the lesser b. `largest` keeps that many things of a basket, those of the most weight, which are
    the newest under `decay`: a robot's basket of 10,000 things would make 50 million pairs.
    """
    rows = _rows(baskets, largest)
    counted = rows.group_by("thing").agg(n=_.weight.sum())
    left, right = rows, rows.view()
    met = left.join(right, [left.basket == right.basket, left.thing < right.thing]).select(
        a=left.thing, b=right.thing, weight=ibis.least(left.weight, right.weight)
    )
    once = met.group_by("a", "b").agg(support=_.count(), both=_.weight.sum())
    once = once.filter(_.support >= least_support)
    scored = _scored(once, counted, shrinkage).filter(_.ochiai >= least_ochiai)
    directed = scored.union(_turned(scored))
    directed = directed.mutate(confidence=_.both / _.n_a)
    if top is not None:
        directed = _best(directed, top, by)
    return directed.select(
        "a", "b", "support", "both", "n_a", "n_b", "ochiai", "confidence", "shrunk"
    )


def decay(day: ibis.Column, *, today: date, half_life: float) -> ibis.Column:
    """What a day's behaviour counts today: half as much for every `half_life` days of age."""
    age = ibis.literal(today).delta(day, unit="day").cast("float64")
    return ibis.literal(0.5) ** (ibis.greatest(age, 0.0) / half_life)


def _rows(baskets: Table, largest: int | None) -> Table:
    """Each thing of a basket once, with a weight."""
    if "weight" not in baskets.columns:
        baskets = baskets.mutate(weight=ibis.literal(1.0))
    rows = baskets.filter(_.basket.notnull() & _.thing.notnull())
    rows = rows.group_by("basket", "thing").agg(weight=_.weight.max().cast("float64"))
    if largest is None:
        return rows
    place = ibis.row_number().over(group_by="basket", order_by=[ibis.desc("weight"), "thing"])
    return rows.mutate(place=place).filter(_.place < largest).drop("place")


def _scored(once: Table, counted: Table, shrinkage: float) -> Table:
    of_a = counted.select(a="thing", n_a="n")
    of_b = counted.select(b="thing", n_b="n")
    known = once.inner_join(of_a, "a").inner_join(of_b, "b")
    known = known.mutate(ochiai=_.both / (_.n_a * _.n_b).sqrt())
    known = known.mutate(shrunk=_.support / (_.support + shrinkage) * _.ochiai)
    return known.select("a", "b", "support", "both", "n_a", "n_b", "ochiai", "shrunk")


def _turned(scored: Table) -> Table:
    return scored.select(
        "support", "both", "ochiai", "shrunk", a=_.b, b=_.a, n_a=_.n_b, n_b=_.n_a
    ).select("a", "b", "support", "both", "n_a", "n_b", "ochiai", "shrunk")


def _best(directed: Table, top: int, by: str) -> Table:
    order = [ibis.desc(by), ibis.desc("support"), "b"]
    place = ibis.row_number().over(group_by="a", order_by=order)
    return directed.mutate(place=place).filter(_.place < top).drop("place")
