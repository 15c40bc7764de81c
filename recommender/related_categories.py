"""Which categories go with one: what people bought, what staff decided, and a prior for the cold.

The tables say it where enough people bought (offline/windows.py). Where nobody did, two things are
known all the same: which categories' things fit each other by the vocabulary (phones and their
cases), and what the categories beside it are related to (what goes with dresses goes with skirts).
Fitting comes first, for it needs nobody's habits. Staff's word is the last: always, or never.

It takes two short queries, five for a cold category, and nothing is kept: an edit counts at once,
and strips are cached whole.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Category, CategoryAttribute
from listing_assistant.catalogue.selectors import breadcrumbs, compatibility_pairs
from recommender import policy
from recommender.aggregates import StoredAggregates
from recommender.models import AggregateKind, CategoryOverride
from recommender.recall_sets.base import RelatedCategory

Decision = CategoryOverride.Decision

_DECISIONS = f"""
SELECT category_id, related_id, decision FROM {CategoryOverride._meta.db_table}
WHERE category_id = ANY(%s) ORDER BY id
"""


def related_to(category_id: int) -> tuple[RelatedCategory, ...]:
    """Best first, staff's own choices before all. The category itself is among them where its
    buyers come back, or where staff say so."""
    return related_and_apart(category_id)[0]


def related_and_apart(category_id: int) -> tuple[tuple[RelatedCategory, ...], frozenset[int]]:
    """And the categories that staff keep apart from it."""
    found = bought_together([category_id]).get(category_id, ())
    if not any(each.category_id != category_id for each in found):
        found = (*found, *prior(category_id))
    decided = decisions([category_id]).get(category_id, {})
    chosen = [RelatedCategory(pk, 1.0) for pk, says in decided.items() if says == Decision.ALWAYS]
    apart = frozenset(pk for pk, says in decided.items() if says == Decision.NEVER)
    return (*chosen, *(each for each in found if each.category_id not in decided)), apart


def bought_together(category_ids: Iterable[int]) -> dict[int, tuple[RelatedCategory, ...]]:
    """What the offline table says of each, best first."""
    rows = StoredAggregates().rows(AggregateKind.RELATED_CATEGORY, [str(pk) for pk in category_ids])
    return {
        int(key): tuple(RelatedCategory(int(pk), score, support) for pk, score, support in entries)
        for key, entries in rows.items()
    }


def decisions(category_ids: Iterable[int]) -> dict[int, dict[int, str]]:
    """What staff decided of each, in the order of the decisions."""
    found: dict[int, dict[int, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_DECISIONS, [list(category_ids)])
        for category_id, related_id, says in cursor:
            found.setdefault(category_id, {})[related_id] = says
    return found


def prior(category_id: int) -> tuple[RelatedCategory, ...]:
    """What is likely where nobody bought yet, best first: at most policy.RELATED_CATEGORIES."""
    category = Category.objects.select_related("parent", "taxonomy").filter(pk=category_id).first()
    if category is None:
        return ()
    scores = dict.fromkeys(fitting(category), policy.FITTING_PRIOR)
    for pk, score in _of_siblings(category).items():
        scores.setdefault(pk, score)
    scores.pop(category_id, None)
    best = sorted(scores, key=lambda pk: (-scores[pk], pk))[: policy.RELATED_CATEGORIES]
    return tuple(RelatedCategory(pk, scores[pk]) for pk in best)


def fitting(category: Category) -> set[int]:
    """Leaves whose things fit this category's, or the other way round, by the vocabulary."""
    stated = CategoryAttribute.objects.filter(category__in=breadcrumbs(category))
    own = set(stated.values_list("attribute_id", flat=True))
    wanted: set[int] = set()
    for pair in compatibility_pairs():
        if pair.property_id in own:
            wanted.add(pair.fits_id)
        if pair.fits_id in own:
            wanted.add(pair.property_id)
    found = CategoryAttribute.objects.filter(
        attribute_id__in=wanted, category__is_leaf=True, category__is_active=True
    )
    return set(found.values_list("category_id", flat=True)) - {category.pk}


def _of_siblings(category: Category) -> dict[int, float]:
    """The mean of what the categories beside it are related to, at less than their own word."""
    siblings = Category.objects.filter(parent=category.parent, taxonomy=category.taxonomy)
    siblings = siblings.filter(is_active=True).exclude(pk=category.pk)
    told = bought_together(siblings.values_list("pk", flat=True))
    sums: dict[int, float] = {}
    for related in told.values():
        for each in related:
            sums[each.category_id] = sums.get(each.category_id, 0.0) + each.score
    return {pk: policy.SIBLING_PRIOR * total / len(told) for pk, total in sums.items()}


# --- What staff do ------------------------------------------------------------------------------


def decide(
    *, category: Category, related: Category, decision: str, user: User, reason: str = ""
) -> None:
    """Put staff's word in the place of whatever people buy, or of an earlier word."""
    CategoryOverride.objects.update_or_create(
        category=category,
        related=related,
        defaults={"decision": Decision(decision), "reason": reason, "made_by": user},
    )


def undo(*, category: Category, related: Category) -> bool:
    """Let what people buy decide again; False where staff had decided nothing."""
    count, _ = CategoryOverride.objects.filter(category=category, related=related).delete()
    return count > 0
