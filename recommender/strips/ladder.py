"""Where items come from when the recall sets found too little, each step plainer than the last.

related     popular and new in the related categories
siblings    popular and new in the other leaves below the same parent
department  the newest of the whole department, the nearest leaves first
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest

from listing_assistant.catalogue.models import PATH_SEPARATOR, Category
from recommender import policy
from recommender.aggregates import StoredAggregates
from recommender.models import AggregateKind
from recommender.recall_sets.base import Seed
from recommender.recall_sets.catalogue import LiveCatalogue
from recommender.strips.proposals import Step

Found = tuple[int, str]  # listing id, reason


def steps(seed: Seed) -> Iterator[tuple[Step, list[Found]]]:
    """Step by step, each asked for only when the caller goes on."""
    if seed.category_id is None:
        return
    yield Step.RELATED, _popular_and_new([each.category_id for each in seed.related])
    own = Category.objects.get(pk=seed.category_id)
    apart = seed.apart | ({own.pk} - seed.related_ids)
    beside = Category.objects.filter(parent_id=own.parent_id, is_leaf=True, is_active=True)
    siblings = [pk for pk in beside.values_list("pk", flat=True) if pk not in apart]
    if own.parent_id is not None:
        yield Step.SIBLINGS, _popular_and_new(siblings[: policy.LEAVES_AT_ONCE])
    leaves = [pk for pk in _leaves_of_department(own) if pk not in apart]
    most = policy.LEAVES_AT_ONCE
    for start in range(0, min(len(leaves), policy.MOST_LEAVES), most):
        yield Step.DEPARTMENT, _newest(leaves[start : start + most])


def _popular_and_new(category_ids: Sequence[int]) -> list[Found]:
    """Popular ones of all categories in turn, then the newest of all in turn."""
    keys = [str(pk) for pk in category_ids]
    rows = StoredAggregates().rows(AggregateKind.POPULAR, keys)
    popular = [
        [(int(thing), "popular in a category nearby") for thing, _, _ in rows.get(key, ())]
        for key in keys
    ]
    return _in_turn(popular)[: policy.LOOKED_AT_ONCE] + _newest(category_ids)


def _newest(category_ids: Collection[int]) -> list[Found]:
    found = LiveCatalogue().newest(category_ids, each=policy.NEWEST_EACH) if category_ids else {}
    by_category: dict[int, list[Found]] = {}
    for pk, listed in sorted(found.items(), key=lambda each: -each[0]):
        reason = f"new in {listed.category}"
        by_category.setdefault(listed.category_id, []).append((pk, reason))
    return _in_turn(list(by_category.values()))[: policy.LOOKED_AT_ONCE]


def _in_turn(lists: Sequence[Sequence[Found]]) -> list[Found]:
    return [found for row in zip_longest(*lists) for found in row if found is not None]


def _leaves_of_department(own: Category) -> list[int]:
    """All leaves below the root of this one's path, those that share most of the path first."""
    root = own.names[0] + PATH_SEPARATOR
    below = Category.objects.filter(
        taxonomy_id=own.taxonomy_id, path__startswith=root, is_leaf=True, is_active=True
    )
    paths = below.values_list("path", "pk")
    return [pk for _, pk in sorted(paths, key=lambda each: (-_shared(own.path, each[0]), each[0]))]


def _shared(path: str, other: str) -> int:
    pairs = zip(path.split(PATH_SEPARATOR), other.split(PATH_SEPARATOR), strict=False)
    return next((depth for depth, (a, b) in enumerate(pairs) if a != b), len(path))
