"""Which detail of a category's things do buyers hold on to? The sub-model behind "popular with an
aspect" (eBay, Popular).

Of two things that one person bought, or one visit opened, in related categories, some details agree
far more often than chance: the phone model of a phone and its case, the brand of two pieces of
clothing. For a category and an attribute let s be the share of such pairs, among those that state
it on both sides, whose values agree, and e the share that would agree if each side drew its value
by itself from the values seen there. The attribute's score is

    coverage · (s ln(s / e) + (1 - s) ln((1 - s) / (1 - e)))        where s > e

in nats a pair. By the data-processing inequality the bracket is at most the mutual information of
the two values, and unlike that it does not grow with the number of rare values. Coverage is the
share of all pairs that state the attribute on both sides. s is drawn to e by SMOOTHING pairs, and
what chance might well show is left out (policy.LEAST_ASPECT_EVIDENCE).
"""

from __future__ import annotations

import ibis
from ibis import Table, _

from recommender import policy

SMOOTHING = 10.0
LEAST_CHANCE = 1e-6


def important_aspects(baskets: Table, *, item_attributes: Table, related: Table) -> Table:
    """key (category), id (attribute), score and support (the pairs that state it).

    `baskets` has basket, listing_id and category_id, `related` key and id: related categories.
    """
    met = _met(baskets, related)
    agreed = _agreed(met, item_attributes)
    sums = agreed.group_by("category", "other", "attribute_id").agg(
        stated=_.n.sum(), shared=_.n.sum(where=_.agrees)
    )
    sums = sums.mutate(shared=ibis.coalesce(_.shared, 0))
    known = sums.left_join(_chance(met, item_attributes), ["category", "other", "attribute_id"])
    known = known.select(
        "category",
        "attribute_id",
        "stated",
        "shared",
        expected=ibis.coalesce(_.matching / (_.stated * _.stated), 0.0) * _.stated,
    )
    pooled = known.group_by("category", "attribute_id").agg(
        stated=_.stated.sum(), shared=_.shared.sum(), expected=_.expected.sum()
    )
    pairs_of = met.group_by("category").agg(pairs=_.n.sum())
    return _scored(pooled.inner_join(pairs_of, "category"))


def _met(baskets: Table, related: Table) -> Table:
    """category, other, left, right and n: pairs of listings in related categories."""
    known = baskets.filter(_.category_id.notnull()).distinct()
    place = ibis.row_number().over(group_by="basket", order_by=ibis.desc("listing_id"))
    rows = known.mutate(place=place).filter(_.place < policy.LARGEST_ASPECT_BASKET)
    left = rows.select("basket", left="listing_id", category=_.category_id.cast("string"))
    right = rows.select("basket", right="listing_id", other=_.category_id.cast("string")).view()
    together = left.inner_join(right, [left.basket == right.basket, left.left != right.right])
    together = together.select("category", "other", "left", "right")
    allowed = related.select(category="key", other="id").distinct()
    together = together.semi_join(allowed, ["category", "other"])
    return together.group_by("category", "other", "left", "right").agg(n=_.count())


def _agreed(met: Table, item_attributes: Table) -> Table:
    """Each pair once for each attribute that both state, and whether any of their values agree."""
    left = item_attributes.select("attribute_id", left="listing_id", text="text")
    right = item_attributes.select("attribute_id", right="listing_id", other_text="text").view()
    both = met.inner_join(left, "left").inner_join(right, ["right", "attribute_id"])
    return both.group_by("category", "other", "left", "right", "attribute_id").agg(
        n=_.n.max(), agrees=(_.text == _.other_text).max()
    )


def _chance(met: Table, item_attributes: Table) -> Table:
    """The sum over values of how often each side has it: e times the square of what is stated."""
    stated = item_attributes.distinct()
    left = stated.select("attribute_id", left="listing_id", text="text")
    right = stated.select("attribute_id", right="listing_id", other_text="text").view()
    both = met.inner_join(left, "left").inner_join(right, ["right", "attribute_id"])
    cell = ["category", "other", "attribute_id"]
    one = both.select(*cell, "left", "right", "n", "text").distinct()
    two = both.select(*cell, "left", "right", "n", text="other_text").distinct()
    lefts = one.group_by(*cell, "text").agg(lefts=_.n.sum())
    rights = two.group_by(*cell, "text").agg(rights=_.n.sum())
    same = lefts.inner_join(rights, [*cell, "text"])
    return same.group_by(*cell).agg(matching=(_.lefts.cast("float64") * _.rights).sum())


def _scored(pooled: Table) -> Table:
    enough = pooled.filter(_.stated >= policy.LEAST_ASPECT_PAIRS)
    chance = ibis.greatest(
        LEAST_CHANCE, ibis.least(1 - LEAST_CHANCE, enough.expected / enough.stated)
    )
    known = enough.mutate(e=chance)
    known = known.mutate(s=(_.shared + SMOOTHING * _.e) / (_.stated + SMOOTHING))
    told = _.s * (_.s / _.e).ln() + (1 - _.s) * ((1 - _.s) / (1 - _.e)).ln()
    known = known.filter(_.s > _.e).mutate(told=told)
    # Twice the pairs times the divergence: the statistic of the likelihood-ratio test.
    known = known.filter(2 * _.stated * _.told >= policy.LEAST_ASPECT_EVIDENCE)
    known = known.mutate(score=_.told * _.stated / _.pairs)
    return known.select(
        key="category",
        id=_.attribute_id.cast("string"),
        score="score",
        support=_.stated.cast("int64"),
    )
