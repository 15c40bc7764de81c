"""Facts of many days become the tables that strips read: one function a table.

Each gives rows of `key`, `id`, `score` and `support`, in any order. Purchases that were refunded
are taken out, old behaviour counts less (policy.py), and every pair is `pairs.pairs`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
from ibis import Table, _

from recommender import policy
from recommender.offline.aspects import important_aspects
from recommender.offline.pairs import decay, pairs

COLUMNS = ("key", "id", "score", "support")


@dataclass(frozen=True)
class Facts:
    """The daily facts (daily.py), and what is for sale.

    items: listing_id, product_key ("" for none), category_id (null for none), seller_id, is_live.
    item_attributes: listing_id, attribute_id, text, spelt by `spelling_key`.
    Nothing after `today` is looked at, and what is old is old on that day.
    """

    acts: Table
    searches: Table
    choices: Table
    items: Table
    item_attributes: Table
    today: date


@dataclass(frozen=True)
class Aggregation:
    """A table to be made: its kind, and how many entries a key keeps."""

    kind: str
    rows: Callable[[Facts], Table]
    entries: int


# --- What goes with what ------------------------------------------------------------------------


def related_categories(facts: Facts) -> Table:
    """Categories by the cosine of their buyers; a category itself where its buyers come back.

    The score of the category itself is the share of its purchases by people who had bought in it
    before, 1 - 1 / d.
    """
    found = pairs(
        category_purchases(facts).select(basket="person", thing="category_id"),
        least_support=policy.LEAST_CATEGORY_BUYERS,
        least_ochiai=policy.LEAST_CATEGORY_OCHIAI,
        top=policy.RELATED_CATEGORIES,
        by="ochiai",
        largest=policy.LARGEST_BASKET,
    )
    others = _rows(found, key=_.a, id=_.b, score=_.ochiai)
    again = buying_again(facts).filter(
        (_.score >= policy.SELF_CATEGORY_PURCHASES) & (_.support >= policy.LEAST_CATEGORY_BUYERS)
    )
    return others.union(again.mutate(score=1 - 1 / _.score).select(*COLUMNS))


def buying_again(facts: Facts) -> Table:
    """d, the mean number of purchases of those who bought in a category, and how many they are."""
    bought = category_purchases(facts).group_by("category_id")
    counted = bought.agg(
        score=_.times.sum().cast("float64") / _.person.nunique(), support=_.person.nunique()
    )
    return _rows(counted, key=_.category_id, id=_.category_id, score=_.score)


def related_products(facts: Facts) -> Table:
    found = pairs(
        _by_product(_weighed_purchases(facts), facts),
        least_support=policy.LEAST_PRODUCT_BUYERS,
        least_ochiai=policy.LEAST_PRODUCT_OCHIAI,
        top=policy.RELATED_PRODUCTS,
        largest=policy.LARGEST_BASKET,
    )
    return _rows(found, key=_.a, id=_.b, score=_.shrunk)


def co_viewed_products(facts: Facts) -> Table:
    found = pairs(
        _by_product(_weighed_views(facts), facts),
        least_support=policy.LEAST_VISITS,
        least_ochiai=policy.LEAST_VIEW_OCHIAI,
        top=policy.CO_VIEWED,
        largest=policy.LARGEST_BASKET,
    )
    return _rows(found, key=_.a, id=_.b, score=_.shrunk)


def co_viewed_items(facts: Facts) -> Table:
    found = pairs(
        _weighed_views(facts).select("basket", "weight", thing="listing_id"),
        least_support=policy.LEAST_VISITS,
        least_ochiai=policy.LEAST_VIEW_OCHIAI,
        top=policy.CO_VIEWED,
        largest=policy.LARGEST_BASKET,
    )
    return _rows(found, key=_.a, id=_.b, score=_.shrunk)


def related_queries(facts: Facts) -> Table:
    asked = _within(facts.searches, policy.SEARCH_DAYS, facts)
    found = pairs(
        asked.select(
            basket=_visit_of(asked),
            thing="query",
            weight=decay(asked.day, today=facts.today, half_life=policy.SEARCH_HALF_LIFE),
        ),
        least_support=policy.LEAST_VISITS,
        top=policy.RELATED_QUERIES,
        largest=policy.LARGEST_BASKET,
    )
    return _rows(found, key=_.a, id=_.b, score=_.shrunk)


def training_pairs(facts: Facts) -> Table:
    """What DeepRecs learns from: left_listing, right_listing, count, left_count, right_count.

    Counted by product, or by listing where there is none, and shown by the newest listing of each.
    Both directions of every pair; a count is of people, without decay.
    """
    things = facts.items.mutate(
        thing=ibis.coalesce(_.product_key.nullif(""), "l" + _.listing_id.cast("string"))
    )
    bought = kept_purchases(facts).inner_join(things, "listing_id")
    found = pairs(bought.select(basket="person", thing="thing"), largest=policy.LARGEST_BASKET)
    shown = things.group_by("thing").agg(listing_id=_.listing_id.max())
    left = shown.select(a="thing", left_listing="listing_id")
    right = shown.select(b="thing", right_listing="listing_id")
    return (
        found.inner_join(left, "a")
        .inner_join(right, "b")
        .select(
            "left_listing",
            "right_listing",
            count="support",
            left_count=_.n_a.cast("int64"),
            right_count=_.n_b.cast("int64"),
        )
    )


# --- What is looked at --------------------------------------------------------------------------


def product_items(facts: Facts) -> Table:
    """A product's listings for sale, most viewed first; one that nobody saw yet comes last."""
    live = facts.items.filter(_.is_live & (_.product_key != ""))
    views = _weighed_views(facts).group_by("listing_id")
    viewed = views.agg(score=_.weight.sum(), support=_.count())
    shown = live.left_join(viewed, "listing_id")
    return shown.select(
        key="product_key",
        id=live.listing_id.cast("string"),
        score=ibis.coalesce(viewed.score, 0.0),
        support=ibis.coalesce(viewed.support, 0).cast("int64"),
    )


def query_items(facts: Facts) -> Table:
    """Listings for sale by what was done to them after a query."""
    chosen = _worth(_within(facts.choices, policy.SEARCH_DAYS, facts), facts)
    chosen = chosen.mutate(visit=_visit_of(chosen))
    live = facts.items.filter(_.is_live)
    counted = chosen.semi_join(live, "listing_id").group_by("query", "listing_id")
    found = counted.agg(score=_.worth.sum(), support=_.visit.nunique())
    # One visitor's words are nobody's business.
    asked = chosen.group_by("query").agg(visits=_.visit.nunique())
    common = asked.filter(_.visits >= policy.LEAST_VISITS)
    found = found.semi_join(common, "query").filter(_.score > 0)
    return _rows(found, key=_.query, id=_.listing_id, score=_.score)


def popular(facts: Facts) -> Table:
    """Listings for sale by what was done to them: in each category, and there with each detail."""
    live = facts.items.filter(_.is_live & _.category_id.notnull())
    done = _worth(_within(facts.acts, policy.VIEW_DAYS, facts), facts)
    counted = done.group_by("listing_id")
    heat = counted.agg(score=_.worth.sum(), support=_.person.nunique()).filter(_.score > 0)
    found = live.inner_join(heat, "listing_id")
    by_category = _rows(found, key=_.category_id, id=_.listing_id, score=_.score)
    stated = found.inner_join(facts.item_attributes.distinct(), "listing_id")
    detail = _.category_id.cast("string") + "|" + _.attribute_id.cast("string") + "|" + _.text
    return by_category.union(_rows(stated, key=detail, id=_.listing_id, score=_.score))


def aspects(facts: Facts) -> Table:
    """The details that buyers hold on to (aspects.py), by what was bought or viewed together."""
    bought = kept_purchases(facts).select("listing_id", basket="person")
    viewed = _weighed_views(facts).select("listing_id", "basket")
    return important_aspects(
        bought.union(viewed),
        items=facts.items,
        item_attributes=facts.item_attributes,
        related=related_categories(facts),
    )


AGGREGATIONS = (
    Aggregation("related_category", related_categories, policy.RELATED_CATEGORIES + 1),
    Aggregation("category_buying", buying_again, 1),
    Aggregation("related_product", related_products, policy.RELATED_PRODUCTS),
    Aggregation("co_view_product", co_viewed_products, policy.CO_VIEWED),
    Aggregation("co_view_item", co_viewed_items, policy.CO_VIEWED),
    Aggregation("product_items", product_items, policy.ITEMS_KEPT_A_PRODUCT),
    Aggregation("related_query", related_queries, policy.RELATED_QUERIES),
    Aggregation("query_items", query_items, policy.POPULAR_ITEMS),
    Aggregation("popular", popular, policy.POPULAR_ITEMS),
    Aggregation("important_aspect", aspects, policy.IMPORTANT_ASPECTS),
)


def ordered(rows: Table, entries: int) -> Table:
    """A key's rows together, best first and no more than `entries`."""
    place = ibis.row_number().over(
        group_by="key", order_by=[ibis.desc("score"), ibis.desc("support"), "id"]
    )
    kept = rows.mutate(place=place).filter(_.place < entries)
    return kept.order_by("key", "place").select(*COLUMNS)


# --- What all of them count ---------------------------------------------------------------------


def kept_purchases(facts: Facts) -> Table:
    """person, listing_id, times, day of the last: what was bought more often than sent back."""
    done = _within(facts.acts, policy.PURCHASE_DAYS, facts)
    done = done.filter(_.kind.isin(["purchase", "refund"]))
    counted = done.group_by("person", "listing_id").agg(
        bought=_.times.sum(where=_.kind == "purchase"),
        refunded=_.times.sum(where=_.kind == "refund"),
        day=_.day.max(where=_.kind == "purchase"),
    )
    counted = counted.mutate(times=_.bought - ibis.coalesce(_.refunded, 0))
    return counted.filter(_.times > 0).select("person", "listing_id", "times", "day")


def category_purchases(facts: Facts) -> Table:
    known = kept_purchases(facts).inner_join(facts.items, "listing_id")
    return known.filter(_.category_id.notnull()).select("person", "category_id", "times")


def _weighed_purchases(facts: Facts) -> Table:
    kept = kept_purchases(facts)
    weight = decay(kept.day, today=facts.today, half_life=policy.PURCHASE_HALF_LIFE)
    return kept.select("listing_id", basket="person", weight=weight)


def _weighed_views(facts: Facts) -> Table:
    """Which listings a visit opened; a visit is no longer than its day."""
    seen = _within(facts.acts, policy.VIEW_DAYS, facts).filter(_.kind == "click")
    weight = decay(seen.day, today=facts.today, half_life=policy.VIEW_HALF_LIFE)
    return seen.select("listing_id", basket=_visit_of(seen), weight=weight).distinct()


def _by_product(things: Table, facts: Facts) -> Table:
    known = things.inner_join(facts.items, "listing_id").filter(_.product_key != "")
    return known.select("basket", "weight", thing="product_key")


def _worth(done: Table, facts: Facts) -> Table:
    """Each act at what it is worth today; a refund takes away what its purchase gave."""
    worth = done.kind.cases(*policy.ACT_WORTH.items(), else_=0.0)
    age = decay(done.day, today=facts.today, half_life=policy.VIEW_HALF_LIFE)
    return done.mutate(worth=worth * age)


def _visit_of(facts: Table) -> ibis.Column:
    return facts.visit + "@" + facts.day.cast("string")


def _within(facts: Table, days: int, window: Facts) -> Table:
    first = window.today - timedelta(days=days)
    return facts.filter((_.day > ibis.literal(first)) & (_.day <= ibis.literal(window.today)))


def _rows(found: Table, *, key: ibis.Deferred, id: ibis.Deferred, score: ibis.Deferred) -> Table:
    return found.select(
        key=key.cast("string"), id=id.cast("string"), score=score, support=_.support.cast("int64")
    )
