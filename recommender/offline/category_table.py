"""What the staff's table says of each category."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from listing_assistant.catalogue.models import Category
from recommender.aggregates import StoredAggregates
from recommender.models import AggregateKind, CategoryOverride
from recommender.recall_sets.base import RelatedCategory
from recommender.related_categories import bought_together, decisions, related_to

NAMED = 4


@dataclass(frozen=True)
class Summary:
    """A category, d (None: nobody bought), its buyers, and the first of what goes with it."""

    category: Category
    purchases_each: float | None
    buyers: int
    related: int
    names: tuple[str, ...]
    decided: int


@dataclass(frozen=True)
class RelatedRow:
    """A category that goes with another, and what says so."""

    category: Category
    score: float
    support: int
    source: str
    is_itself: bool


def summaries(categories: Sequence[Category]) -> list[Summary]:
    """In the order of the categories; four queries, whatever their number."""
    ids = [category.pk for category in categories]
    bought, decided = bought_together(ids), decisions(ids)
    again = StoredAggregates().rows(AggregateKind.CATEGORY_BUYING, [str(pk) for pk in ids])
    shown = {each.category_id for related in bought.values() for each in related[:NAMED]}
    names = Category.objects.in_bulk(shown)
    made = []
    for category in categories:
        related = bought.get(category.pk, ())
        _, mean, buyers = next(iter(again.get(str(category.pk), ())), ("", None, 0))
        told = tuple(names[each.category_id].name for each in _known(related[:NAMED], names))
        decisions_of = len(decided.get(category.pk, ()))
        made.append(Summary(category, mean, buyers, len(related), told, decisions_of))
    return made


def related_rows(category: Category) -> list[RelatedRow]:
    """What a strip takes, in its order."""
    found = related_to(category.pk)
    bought = {each.category_id for each in bought_together([category.pk]).get(category.pk, ())}
    decided = decisions([category.pk]).get(category.pk, {})
    categories = Category.objects.in_bulk([each.category_id for each in found])
    return [
        RelatedRow(
            categories[each.category_id],
            each.score,
            each.support,
            _source(each.category_id, decided, bought),
            each.category_id == category.pk,
        )
        for each in _known(found, categories)
    ]


def decided_rows(category: Category) -> list[CategoryOverride]:
    rows = CategoryOverride.objects.filter(category=category)
    return list(rows.select_related("related", "made_by").order_by("-made_at"))


def _known(
    found: Sequence[RelatedCategory], categories: dict[int, Category]
) -> list[RelatedCategory]:
    """Without what is gone from the taxonomy since the last run."""
    return [each for each in found if each.category_id in categories]


def _source(category_id: int, decided: dict[int, str], bought: set[int]) -> str:
    if category_id in decided:
        return "staff"
    return "bought together" if category_id in bought else "likely: nobody bought yet"
