"""Stage 2 of similar items, ranking: candidates of any kind in, the most wanted first.

  1  know them: the item table's columns, and the database's for what is newer (items/facts.py)
  2  what the ranker sees of them (features.py)
  3  the ranker's scores, within its time; else likeness, and why is counted and told

The strips of a listing's page and the personal ones differ in where candidates come from and in
nothing after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from recommender.features import NAMES, Matrix, feature_matrix
from recommender.items.columns import Items
from recommender.items.facts import items_of
from recommender.items.table import ItemTable
from recommender.ranking.inference import RankerUnavailableError, rank
from recommender.similar import metrics
from recommender.similar.context import Setting
from recommender.similar.finding import Sources
from recommender.similar.recipe import BY_SIMILARITY, Recipe

LIKENESS = ("joint_similarity", "text_similarity", "vector_taste", "recent_similarity", "age")
JOINT, TEXT, TASTE, RECENT, AGE = map(NAMES.index, LIKENESS)
ASKED = "asked"  # for likeness, by the recipe
# How far apart, in cosines, the tiers of `likeness` are: far enough to stand behind each other and
# near enough that what moves places still tells likenesses apart.
TIER = 0.05

Scores = NDArray[np.float64]


class Stage(StrEnum):
    """Of a strip, in the order in which its time goes."""

    FIND = "find"
    SETTING = "setting"
    RANK = "rank"
    CARDS = "cards"
    RERANK = "rerank"


@dataclass(frozen=True, eq=False)
class Ranked:
    """Rows of `items`, `scores` and `matrix` are the candidates, the best first.

    `ranker` is a release or BY_SIMILARITY; `fallback` says why it is the latter: missing, corrupt,
    slow, failed or asked.
    """

    items: Items
    scores: Scores
    matrix: Matrix
    sources: Mapping[int, Sources]
    ranker: str
    fallback: str = ""


def rank_candidates(
    sources: Mapping[int, Sources],
    *,
    setting: Setting,
    table: ItemTable | None,
    recipe: Recipe,
    seed_id: int | None = None,
    strip: str,
) -> Ranked:
    """All candidates that exist. Never raises because of a ranker."""
    seed, items = _known(list(sources), seed_id, table)
    matrix = feature_matrix(items, seed=seed, context=setting.context, viewer=setting.viewer)
    scores, ranker, fallback = _scores(matrix, recipe)
    order = np.argsort(-scores, kind="stable")
    _count(strip, ranker, fallback)
    return Ranked(
        items=items.take(order),
        scores=scores[order],
        matrix=matrix[order],
        sources=sources,
        ranker=ranker,
        fallback=fallback,
    )


def _known(
    listing_ids: list[int], seed_id: int | None, table: ItemTable | None
) -> tuple[Items | None, Items]:
    """The seed and the others. A seed that the table does not know is read with those others that
    it does not know either, by the same queries."""
    if seed_id is None:
        return None, items_of(listing_ids, table)
    if table is not None and table.rows_of([seed_id])[0] >= 0:
        return items_of([seed_id], table), items_of(listing_ids, table)
    items = items_of([seed_id, *listing_ids], table)
    is_there = len(items) > 0 and items.ids[0] == seed_id
    rows = np.arange(len(items))
    return (items.take(rows[:1]) if is_there else None), items.take(rows[int(is_there) :])


def _scores(matrix: Matrix, recipe: Recipe) -> tuple[Scores, str, str]:
    """And who made them, and why not the ranker. Nothing to rank takes no ranker."""
    if not len(matrix):
        return likeness(matrix), BY_SIMILARITY, ""
    if recipe.ranker == BY_SIMILARITY:
        return likeness(matrix), BY_SIMILARITY, ASKED
    try:
        answer = rank(matrix, release=recipe.ranker)
    except RankerUnavailableError as error:
        return likeness(matrix), BY_SIMILARITY, error.reason.value
    return answer.scores, answer.release, ""


def likeness(matrix: Matrix) -> Scores:
    """Scores (n,) without a ranker: by photos and title; behind those, by the title alone, or by
    what the viewer likes where a strip stands beside nothing; behind them, the newest first."""
    joint, text, taste, recent, age = (
        matrix[:, place].astype(np.float64) for place in (JOINT, TEXT, TASTE, RECENT, AGE)
    )
    second = np.where(np.isnan(text), np.fmax(taste, recent), text)
    newest = 1 / (1 + np.nan_to_num(age, nan=np.inf))  # 0..1
    scores = joint
    for behind in (second, newest):
        last = np.append(scores[~np.isnan(scores)], 1.0).min()
        scores = np.where(np.isnan(scores), last - TIER * (2 - behind), scores)
    return scores


def _count(strip: str, ranker: str, fallback: str) -> None:
    metrics.RANKED.labels(strip, ranker).inc()
    if fallback:
        metrics.FALLBACKS.labels(strip, fallback).inc()
