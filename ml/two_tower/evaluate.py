"""How well vectors find what is alike and what goes together; every ranking is of all items.

`python benchmarks/two_tower.py` prints the whole comparison.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ml.encoders.base import Vectors
from ml.encoders.words import Vocabulary
from ml.metrics import bootstrap_interval
from ml.records import ItemRecord
from ml.two_tower.items import TWO_WORDS, UNNAMED, ItemRows
from ml.two_tower.model import ItemTower, item_input
from ml.two_tower.pairs import likeness_of, look_of
from ml.two_tower.transh import GOES_WITH

K = 10
ROOMS = Path("text") / "ikea_item_to_room.json.gz"


@dataclass(frozen=True)
class Truth:
    """Which items are right answers: `right` (queries, items) for the items at `queries`.

    Queries that share a `unit` are one product and are resampled together.
    """

    queries: NDArray[np.int64]
    right: NDArray[np.bool_]
    units: NDArray[np.int64]


def alike_truth(records: Sequence[ItemRecord]) -> Truth:
    """Same product type and colour in one source, for the items that have such a fellow."""
    likeness = likeness_of(records)
    everyone = np.arange(len(records))
    right = likeness.alike(everyone, everyone)
    np.fill_diagonal(right, False)
    queries = np.flatnonzero(right.any(axis=1))
    return Truth(queries, right[queries], np.arange(len(queries)))


def with_looks(items: ItemRows) -> ItemRows:
    """The items of those sources that state types and colours at all."""
    sources = {record.source for record in items.records if look_of(record)}
    return items.chosen(np.flatnonzero([record.source in sources for record in items.records]))


def linked_truth(records: Sequence[ItemRecord], links: Sequence[tuple[str, str]]) -> Truth:
    """What the links say goes with a head; heads with the same tails are variants of a product."""
    place = {record.id: row for row, record in enumerate(records)}
    tails: dict[int, set[int]] = defaultdict(set)
    for head, tail in links:
        if head in place and tail in place:
            tails[place[head]].add(place[tail])
    queries = sorted(tails)
    right = np.zeros((len(queries), len(records)), dtype=bool)
    for number, query in enumerate(queries):
        right[number, list(tails[query])] = True
    _, units = np.unique(right, axis=0, return_inverse=True)
    return Truth(np.array(queries, dtype=np.int64), right, units.reshape(-1))


def room_links(data: Path, records: Sequence[ItemRecord]) -> list[tuple[str, str]]:
    """Pairs of furniture that stand in one room; empty where the folder has no rooms."""
    path = data / ROOMS
    if not path.exists():
        return []
    known = {record.id for record in records}
    rooms: dict[str, list[str]] = defaultdict(list)
    for image, scenes in json.loads(gzip.decompress(path.read_bytes())).items():
        item = f"ikea:{Path(image).stem}"
        for scene in scenes if item in known else ():
            rooms[scene].append(item)
    return sorted(
        {(one, other) for items in rooms.values() for one in items for other in items}
        - {(item, item) for item in known}
    )


def recalls(scores: NDArray[np.float32], truth: Truth, k: int = K) -> NDArray[np.float64]:
    """Recall@k (queries,) of scores (queries, items); a query is no answer to itself."""
    scores = scores.copy()
    scores[np.arange(len(scores)), truth.queries] = -np.inf
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    found = np.take_along_axis(truth.right, best, axis=1).sum(axis=1)
    recall: NDArray[np.float64] = found / truth.right.sum(axis=1)
    return recall


def filtered_hits(scores: NDArray[np.float32], truth: Truth, k: int = K) -> NDArray[np.float64]:
    """Hits@k (queries,): how many of a query's right answers rank in the first k.

    Filtered as for knowledge graphs (Bordes et al. 2013): other right answers, and the query
    itself, do not count as better.
    """
    hits = np.empty(len(scores))
    for number, query in enumerate(truth.queries):
        right = truth.right[number]
        wrong = ~right
        wrong[query] = False
        others = np.sort(scores[number, wrong])[::-1]
        bar = others[k - 1] if len(others) >= k else -np.inf
        hits[number] = (scores[number, right] > bar).mean()
    return hits


def figure(values: NDArray[np.float64], units: NDArray[np.int64]) -> dict[str, Any]:
    """Mean over products with its 95% bootstrap interval."""
    counts = np.bincount(units)
    means = np.bincount(units, weights=values) / np.maximum(counts, 1)
    low, high = bootstrap_interval(lambda rows: float(means[rows].mean()), len(means))
    return {"value": float(means.mean()), "interval": [low, high], "n": len(means)}


def embed(
    tower: ItemTower,
    vocabulary: Vocabulary,
    items: ItemRows,
    *,
    photos: bool = True,
    titles: bool = True,
) -> Vectors:
    """Unit rows (items, dim) of the first view and wording; without photos or titles on demand."""
    texts = items.texts[0]
    given = item_input(items.photos[0], items.has_photo, items.titles[0], texts, vocabulary)
    if not photos:
        given = replace(given, has_photo=torch.zeros_like(given.has_photo))
    if not titles:
        given = replace(given, has_title=torch.zeros_like(given.has_title))
    with torch.inference_mode():
        rows: Vectors = tower(given).numpy()
    return rows


def translated(tower: ItemTower, rows: Vectors, relation: str) -> Vectors:
    """Where the tails of these items (n, dim) should lie, to be compared by inner product."""
    with torch.inference_mode():
        moved: Vectors = tower.relations.translate(torch.from_numpy(rows), relation).numpy()
    return moved


def relative_gain(values: NDArray[np.float64], baseline: NDArray[np.float64]) -> dict[str, Any]:
    """By what share the mean of `values` is above that of `baseline`, query beside query."""

    def gain(rows: NDArray[np.int64]) -> float:
        return float(values[rows].mean() / baseline[rows].mean() - 1)

    low, high = bootstrap_interval(gain, len(values))
    return {"value": gain(np.arange(len(values))), "interval": [low, high], "n": len(values)}


def raw_spaces(items: ItemRows) -> dict[str, Vectors]:
    """The encoders' own rows: what a tower must beat."""
    title, photo = items.titles[0], items.photos[0]
    return {
        "text, encoder": title,
        "image, encoder": photo,
        "concatenated encoders": np.concatenate([title, photo], axis=1),
    }


def tower_spaces(tower: ItemTower, vocabulary: Vocabulary, items: ItemRows) -> dict[str, Vectors]:
    """A tower's vectors of the same items from all there is, and from less.

    The items must have all wordings of `wordings_of`.
    """
    short, unnamed = items.worded(TWO_WORDS), items.worded(UNNAMED)
    return {
        "photo and title": embed(tower, vocabulary, items),
        "title, no photo": embed(tower, vocabulary, items, photos=False),
        "photo, no title": embed(tower, vocabulary, items, titles=False),
        "photo and two words": embed(tower, vocabulary, short),
        "two words, no photo": embed(tower, vocabulary, short, photos=False),
        "photo and title without type and colour": embed(tower, vocabulary, unnamed),
    }


def similar_recalls(vectors: Vectors, truth: Truth) -> NDArray[np.float64]:
    """Recall@10 (queries,) by the cosine of unit rows."""
    return recalls(vectors[truth.queries] @ vectors.T, truth)


def similar_figures(spaces: Mapping[str, Vectors], truth: Truth) -> dict[str, Any]:
    """Recall@10 of each space, with intervals."""
    return {
        name: figure(similar_recalls(vectors, truth), truth.units)
        for name, vectors in spaces.items()
    }


def goes_with_figures(
    tower: ItemTower, vocabulary: Vocabulary, items: ItemRows, truth: Truth
) -> dict[str, Any]:
    """Filtered hits@10 of complements: by the relation, and by mere likeness."""
    vectors = embed(tower, vocabulary, items)
    queries = vectors[truth.queries]
    title = items.titles[0]
    scores = {
        "goes-with": translated(tower, queries, GOES_WITH) @ vectors.T,
        "likeness": queries @ vectors.T,
        "text, encoder": title[truth.queries] @ title.T,
    }
    return {name: figure(filtered_hits(row, truth), truth.units) for name, row in scores.items()}


def measure(
    tower: ItemTower,
    vocabulary: Vocabulary,
    test: ItemRows,
    complements: Mapping[str, tuple[ItemRows, Truth]],
) -> dict[str, Any]:
    """The whole report: similar items of `test`, and complements by the name of their set."""
    truth = alike_truth(test.records)
    spaces = raw_spaces(test) | tower_spaces(tower, vocabulary, test)
    return {
        "items": len(test.records),
        "similar_recall_at_10": similar_figures(spaces, truth),
        "goes_with_hits_at_10": {
            name: goes_with_figures(tower, vocabulary, items, right)
            for name, (items, right) in complements.items()
            if len(right.queries)
        },
    }
