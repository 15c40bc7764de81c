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
class Window:
    """What many tables are counted from, so that it is made once.

    purchases: person, listing_id, times, weight, product_key, category_id.
    views: basket (a visit), listing_id, weight, product_key, category_id.
    related: the rows of `related_categories`.
    """

    facts: Facts
    purchases: Table
    views: Table
    related: Table


Keep = Callable[[str, Table], Table]


def window_of(facts: Facts, keep: Keep) -> Window:
    """`keep` stores a table under a name and gives it back as it then reads."""
    purchases = keep("purchases", _known(kept_purchases(facts), facts))
    views = keep("views", _known(_views(facts), facts))
    related = keep("related", related_categories(purchases))
    return Window(facts, purchases, views, related)


@dataclass(frozen=True)
class Aggregation:
    """A table to be made: its kind, and how many entries a key keeps."""

    kind: str
    rows: Callable[[Window], Table]
    entries: int


# --- What goes with what ------------------------------------------------------------------------


def related_categories(purchases: Table) -> Table:
    """Categories by the cosine of their buyers; a category itself where its buyers come back.

    The score of the category itself is the share of its purchases by people who had bought in it
    before, 1 - 1 / d.
    """
    found = pairs(
        _in_categories(purchases).select(basket="person", thing="category_id"),
        least_support=policy.LEAST_CATEGORY_BUYERS,
        least_ochiai=policy.LEAST_CATEGORY_OCHIAI,
        top=policy.RELATED_CATEGORIES,
        by="ochiai",
        largest=policy.LARGEST_BASKET,
    )
    others = _rows(found, key=_.a, id=_.b, score=_.ochiai)
    again = buying_again(purchases).filter(
        (_.score >= policy.SELF_CATEGORY_PURCHASES) & (_.support >= policy.LEAST_CATEGORY_BUYERS)
    )
    return others.union(again.mutate(score=1 - 1 / _.score).select(*COLUMNS))


def buying_again(purchases: Table) -> Table:
    """d, the mean number of purchases of those who bought in a category, and how many they are."""
    counted = (
        _in_categories(purchases)
        .group_by("category_id")
        .agg(bought=_.times.sum().cast("float64"), support=_.person.nunique())
    )
    return _rows(counted, key=_.category_id, id=_.category_id, score=_.bought / _.support)


def related_products(window: Window) -> Table:
    bought = window.purchases.select("product_key", "weight", basket="person")
    return _related(
        bought,
        thing="product_key",
        least_support=policy.LEAST_PRODUCT_BUYERS,
        least_ochiai=policy.LEAST_PRODUCT_OCHIAI,
        top=policy.RELATED_PRODUCTS,
    )


def co_viewed_products(window: Window) -> Table:
    return _co_viewed(window, thing="product_key")


def co_viewed_items(window: Window) -> Table:
    return _co_viewed(window, thing="listing_id")


def related_queries(window: Window) -> Table:
    facts = window.facts
    asked = _within(facts.searches, policy.SEARCH_DAYS, facts)
    return _related(
        asked.select(
            "query",
            basket=_visit_of(asked),
            weight=decay(asked.day, today=facts.today, half_life=policy.SEARCH_HALF_LIFE),
        ),
        thing="query",
        least_support=policy.LEAST_VISITS,
        top=policy.RELATED_QUERIES,
    )


def training_pairs(window: Window) -> Table:
    """What DeepRecs learns from: left_listing, right_listing, count, left_count, right_count.

    Counted by product, or by listing where there is none, and shown by the newest listing of each.
    Both directions of every pair; a count is of people, without decay.
    """
    name = ibis.coalesce(_.product_key.nullif(""), "l" + _.listing_id.cast("string"))
    bought = window.purchases.select(basket="person", thing=name)
    found = pairs(bought, largest=policy.LARGEST_BASKET)
    shown = window.facts.items.mutate(thing=name).group_by("thing").agg(pk=_.listing_id.max())
    left = shown.select(a="thing", left_listing="pk")
    right = shown.select(b="thing", right_listing="pk")
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


def product_items(window: Window) -> Table:
    """A product's listings for sale, most viewed first; one that nobody saw yet comes last."""
    live = window.facts.items.filter(_.is_live & (_.product_key != ""))
    seen = window.views.group_by("listing_id").agg(score=_.weight.sum(), support=_.count())
    shown = live.left_join(seen, "listing_id")
    return shown.select(
        key="product_key",
        id=live.listing_id.cast("string"),
        score=ibis.coalesce(seen.score, 0.0),
        support=ibis.coalesce(seen.support, 0).cast("int64"),
    )


def query_items(window: Window) -> Table:
    """Listings for sale by what was done to them after a query that several visits made."""
    facts = window.facts
    chosen = _worth(_within(facts.choices, policy.SEARCH_DAYS, facts), facts)
    chosen = chosen.mutate(visit=_visit_of(chosen))
    asked = chosen.group_by("query").agg(visits=_.visit.nunique())
    common = asked.filter(_.visits >= policy.LEAST_VISITS)
    live = facts.items.filter(_.is_live)
    counted = chosen.semi_join(common, "query").semi_join(live, "listing_id")
    found = counted.group_by("query", "listing_id").agg(
        score=_.worth.sum(), support=_.visit.nunique()
    )
    return _rows(found.filter(_.score > 0), key=_.query, id=_.listing_id, score=_.score)


def popular(window: Window) -> Table:
    """Listings for sale by what was done to them: in each category, and there with each detail."""
    facts = window.facts
    done = _worth(_within(facts.acts, policy.VIEW_DAYS, facts), facts)
    heat = done.group_by("listing_id").agg(score=_.worth.sum(), support=_.person.nunique())
    live = facts.items.filter(_.is_live & _.category_id.notnull())
    found = live.inner_join(heat.filter(_.score > 0), "listing_id")
    stated = found.inner_join(facts.item_attributes.distinct(), "listing_id")
    detail = _.category_id.cast("string") + "|" + _.attribute_id.cast("string") + "|" + _.text
    return _rows(found, key=_.category_id, id=_.listing_id, score=_.score).union(
        _rows(stated, key=detail, id=_.listing_id, score=_.score)
    )


def aspects(window: Window) -> Table:
    """The details that buyers hold on to (aspects.py), by what was bought or viewed together."""
    columns = ("basket", "listing_id", "category_id")
    bought = window.purchases.mutate(basket=_.person).select(*columns)
    return important_aspects(
        bought.union(window.views.select(*columns)),
        item_attributes=window.facts.item_attributes,
        related=window.related,
    )


AGGREGATIONS = (
    Aggregation("related_category", lambda window: window.related, policy.RELATED_CATEGORIES + 1),
    Aggregation("category_buying", lambda window: buying_again(window.purchases), 1),
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
    # DuckDB adds up decimals exactly, as decimals, where a weight is a literal.
    kept = kept.mutate(score=_.score.cast("float64"))
    return kept.order_by("key", "place").select(*COLUMNS)


# --- What all of them count ---------------------------------------------------------------------


def kept_purchases(facts: Facts) -> Table:
    """person, listing_id, times, weight: what was bought more often than it was sent back."""
    done = _within(facts.acts, policy.PURCHASE_DAYS, facts)
    done = done.filter(_.kind.isin(["purchase", "refund"]))
    counted = done.group_by("person", "listing_id").agg(
        bought=_.times.sum(where=_.kind == "purchase"),
        refunded=_.times.sum(where=_.kind == "refund"),
        day=_.day.max(where=_.kind == "purchase"),
    )
    counted = counted.mutate(times=_.bought - ibis.coalesce(_.refunded, 0))
    weight = decay(counted.day, today=facts.today, half_life=policy.PURCHASE_HALF_LIFE)
    kept = counted.mutate(weight=weight).filter(_.times > 0)
    return kept.select("person", "listing_id", "times", "weight")


def _views(facts: Facts) -> Table:
    """Which listings a visit opened, by day; a visit is no longer than its day."""
    seen = _within(facts.acts, policy.VIEW_DAYS, facts).filter(_.kind == "click")
    weight = decay(seen.day, today=facts.today, half_life=policy.VIEW_HALF_LIFE)
    return seen.select("listing_id", basket=_visit_of(seen), weight=weight).distinct()


def _known(done: Table, facts: Facts) -> Table:
    """With the product and category of each listing; "" and null where it has none."""
    items = facts.items.select("listing_id", "product_key", "category_id")
    return done.inner_join(items, "listing_id")


def _in_categories(purchases: Table) -> Table:
    return purchases.filter(_.category_id.notnull())


def _co_viewed(window: Window, *, thing: str) -> Table:
    return _related(
        window.views.select("basket", "weight", thing),
        thing=thing,
        least_support=policy.LEAST_VISITS,
        least_ochiai=policy.LEAST_VIEW_OCHIAI,
        top=policy.CO_VIEWED,
    )


def _related(
    baskets: Table, *, thing: str, least_support: int, top: int, least_ochiai: float = 0.0
) -> Table:
    """Scored by the cosine that doubts what few baskets say."""
    named = baskets.rename(thing=thing)
    if thing == "product_key":
        named = named.filter(_.thing != "")
    found = pairs(
        named,
        least_support=least_support,
        least_ochiai=least_ochiai,
        top=top,
        largest=policy.LARGEST_BASKET,
    )
    return _rows(found, key=_.a, id=_.b, score=_.shrunk)


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
