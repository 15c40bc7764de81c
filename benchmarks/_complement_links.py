"""Complements of things nobody has bought: furniture in one room, a shop's links.

    python benchmarks/_complement_links.py [--quick] [--json OUT] [--data FOLDER] [--work CACHE]

A part of complementary.py. The seeds are held out by a hash of the item, with all their links, both
ways: what a model knows of them is their words and photo. Every ranking is of all items in the
categories that the training links relate to the seed's. Models are trained in this run, on the
training links alone, and kept nowhere; what they are made of was chosen on the items between
training and test. Baselines: popularity by training links, likeness of title (MiniLM, TF-IDF) and
of title and photo together, and what goes with the training item of the likest title.

The shop linked two pants and two tees to a hoodie, drawn by lot it seems: the row "links dealt
anew" trains on links whose ends were shuffled within their category. What it reaches is all that
the category says; where a model is not above it, there was no more to learn. The bundled twin tower
was trained on four fifths of the shop's links: there the rows "joint" and "visual" have seen the
answers, and count for nothing.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.deeprecs.evaluate import Truth
    from ml.deeprecs.fit import Fitted
    from ml.deeprecs.pairs import Ints, Pairs
    from ml.deeprecs.pairs_file import ItemsAndPairs
    from ml.item_space import SeenItems

    Scores = NDArray[Any]
    Hits = dict[str, NDArray[np.float64]]

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
OURS, MERGED = "DeepRecs", "DeepRecs and the likest's links"
POPULARITY, DEALT = "popularity in related categories", "links dealt anew"
MINILM, TFIDF, JOINT = "likeness of title, MiniLM", "likeness of title, TF-IDF", "likeness, joint"
BORROWED, VISUAL = "links of the likest title", "visual"
TEXTS = (MINILM, TFIDF)
# Chosen on the validation part: a category is related from its first link on, and networks from
# several starts agree better than any one of them.
RELATED = 200
STARTS = 2
EPOCHS, LEARNING_RATE = 12, 3e-3
FOLDS = 5  # of the shop, whose tenth would be eleven products
NEIGHBOURS, SHARPNESS = 20, 3.0


@dataclass(frozen=True)
class Fold:
    """Which items are seeds of the test and of the choice; the others' pairs are trained on."""

    test: NDArray[np.bool_]
    valid: NDArray[np.bool_]

    def train(self, pairs: Pairs) -> Pairs:
        held = self.test | self.valid
        return pairs.where(~held[pairs.seeds] & ~held[pairs.recs])


@dataclass(frozen=True)
class LinkSet:
    """Items with their pairs, how they are seen, and the product that each is a variant of."""

    name: str
    data: ItemsAndPairs
    seen: SeenItems
    products: Ints
    folds: list[Fold]
    tower_saw_links: bool = False


def print_links(quick: bool, data: Path = DATA, work: Path | None = None) -> dict[str, Any]:
    """The table of both sets, printed; the figures by set and row. Empty without the data."""
    import torch

    torch.set_num_threads(1)
    if not (data / "catalogue.jsonl.gz").exists():
        print(f"No catalogue.jsonl.gz in {data}: complements of links are not measured.")
        return {}
    figures = {}
    for links in link_sets(data, work):
        figures[links.name] = measure(links, quick)
        show(links.name, figures[links.name])
    return figures


def link_sets(data: Path, work: Path | None) -> list[LinkSet]:
    from ml.deeprecs.corpus import products_of, room_pairs, shop_links
    from ml.item_space import see_items
    from ml.records import read_catalogue

    records = list(read_catalogue(data))
    rooms, shop = room_pairs(data, records), shop_links(data, records)
    return [
        LinkSet(
            "ikea rooms",
            rooms,
            see_items(rooms.records, work),
            products_of(rooms.records),
            [_tenths(rooms)],
        ),
        LinkSet(
            "magento links",
            shop,
            see_items(shop.records, work),
            products_of(shop.records),
            _folds(products_of(shop.records)),
            tower_saw_links=True,
        ),
    ]


def _tenths(data: ItemsAndPairs) -> Fold:
    from ml.records import split_of

    splits = np.array([split_of(record.id) for record in data.records])
    return Fold(splits == "test", splits == "valid")


def _folds(products: Ints) -> list[Fold]:
    """Products by turns; the fold after the test's is the one to choose by."""
    turn = np.random.default_rng(0).permutation(int(products.max()) + 1)[products] % FOLDS
    return [Fold(turn == number, turn == (number + 1) % FOLDS) for number in range(FOLDS)]


def measure(links: LinkSet, quick: bool) -> dict[str, Any]:
    """Filtered hits@10 of every row, and how many times popularity and text likeness ours is."""
    from ml.deeprecs.evaluate import figure, filtered_hits, truth_of

    hits: dict[str, list[NDArray[np.float64]]] = {}
    units: list[Ints] = []
    pairs = links.data.pairs
    for number, fold in enumerate(links.folds[:1] if quick else links.folds):
        train = fold.train(pairs)
        test, valid = (
            truth_of(
                pairs,
                np.flatnonzero(held),
                links.data.records,
                train,
                top=RELATED,
                units=links.products,
            )
            for held in (fold.test, fold.valid)
        )
        rows = baselines(links, train, test) | ours(links, train, valid, test, quick)
        rows[MERGED] = merged(rows[OURS], rows[BORROWED], test)
        for name, scores in rows.items():
            hits.setdefault(name, []).append(filtered_hits(scores, test))
        units.append(test.units)
        print(f"{links.name}: fold {number + 1} of {len(links.folds)} is measured", flush=True)
    together = np.concatenate(units)
    joined = {name: np.concatenate(values) for name, values in hits.items()}
    return {
        "items": len(links.data.records),
        "pairs": len(pairs),
        "hits_at_10": {name: figure(values, together) for name, values in joined.items()},
        "times": {
            f"{mine} / {theirs}": times_better(joined[mine], joined[theirs], together)
            for mine in (OURS, MERGED)
            for theirs in (POPULARITY, *TEXTS)
        },
    }


def times_better(
    values: NDArray[np.float64], baseline: NDArray[np.float64], units: Ints
) -> dict[str, Any]:
    """The ratio of two means over products, resampled product by product."""
    from ml.metrics import bootstrap_interval

    _, places = np.unique(units, return_inverse=True)
    ours, theirs = (np.bincount(places, weights=each) for each in (values, baseline))

    def ratio(rows: NDArray[np.int64]) -> float:
        return float(ours[rows].sum() / max(theirs[rows].sum(), 1e-9))

    low, high = bootstrap_interval(ratio, len(ours))
    return {"value": ratio(np.arange(len(ours))), "interval": [low, high], "n": len(ours)}


# --- Rows of the table --------------------------------------------------------------------------


def baselines(links: LinkSet, train: Pairs, test: Truth) -> dict[str, Scores]:
    from ml.deeprecs.fit import bought

    titles, joint = links.seen.titles, links.seen.joint
    words = tfidf(links)
    # Of equally popular ones, and most are, none may win by its place in the file.
    popularity = bought(train) + np.random.default_rng(0).random(len(titles)) * 1e-3
    return {
        POPULARITY: np.tile(popularity, (len(test.seeds), 1)),
        MINILM: titles[test.seeds] @ titles.T,
        TFIDF: words[test.seeds],
        JOINT: joint[test.seeds] @ joint.T,
        BORROWED: borrowed(words, train)[test.seeds],
    }


def tfidf(links: LinkSet) -> Scores:
    """Cosines (items, items) of titles by the pieces of their words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 5)).fit_transform(
        [record.title for record in links.data.records]
    )
    cosines: Scores = (rows @ rows.T).toarray().astype(np.float32)
    return cosines


def borrowed(cosines: Scores, train: Pairs) -> Scores:
    """(items, items): shares of the training links of each item's nearest training titles."""
    items = len(cosines)
    counts = np.zeros((items, items), np.float32)
    counts[train.seeds, train.recs] = train.counts
    linked = np.asarray(counts.any(axis=1))
    weights = np.where(linked[None, :], np.maximum(cosines, 0) ** SHARPNESS, 0)
    bars = -np.partition(-weights, NEIGHBOURS, axis=1)[:, NEIGHBOURS]
    weights = np.where(weights > bars[:, None], weights, 0)
    shares = weights @ (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    found: Scores = shares / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return found


def ours(links: LinkSet, train: Pairs, valid: Truth, test: Truth, quick: bool) -> dict[str, Scores]:
    """DeepRecs of words, and of words with the joint vector: the mean of several starts of both.

    Of words alone where the tower behind that vector was trained on the links that are asked for;
    there it also learns from links that were dealt anew. Beside it the visual model.
    """
    from ml.deeprecs.features import CATEGORY, FIELDS

    seen = replace(links.data, dense=links.seen.joint)
    starts = range(1 if quick else STARTS)

    def mean(data: ItemsAndPairs, fields: tuple[str, ...], pairs: Pairs) -> Scores:
        fits = (fitted(data, fields, pairs, valid, start, quick) for start in starts)
        total: Scores = np.mean([one.scores(data, test.seeds, pairs) for one in fits], axis=0)
        return total

    words = mean(links.data, FIELDS, train)
    rows: dict[str, Scores] = {VISUAL: mean(seen, (CATEGORY,), train)}
    if links.tower_saw_links:
        rows[OURS] = words
        rows[DEALT] = mean(links.data, FIELDS, dealt_anew(links.data, train))
    else:
        rows[OURS] = (words + mean(seen, FIELDS, train)) / 2
        rows["DeepRecs, words alone"] = words
    return rows


def merged(scores: Scores, shares: Scores, test: Truth) -> Scores:
    """The network's own shares of what may be ranked, and the borrowed ones, added."""
    told = np.where(test.allowed, scores, -np.inf)
    told = np.exp(told - told.max(axis=1, keepdims=True))
    there = np.where(test.allowed, shares, 0)
    both: Scores = told / told.sum(axis=1, keepdims=True) + there / np.maximum(
        there.sum(axis=1, keepdims=True), 1e-9
    )
    return both


def fitted(
    data: ItemsAndPairs,
    fields: tuple[str, ...],
    train: Pairs,
    valid: Truth,
    start: int,
    quick: bool,
) -> Fitted:
    from ml.deeprecs.fit import fit_towers
    from ml.deeprecs.model import DeepRecsConfig
    from ml.deeprecs.training import DeepRecsFitConfig

    how = DeepRecsFitConfig()
    epochs = 3 if quick else EPOCHS
    fit = replace(how.fit, seed=start, epochs=epochs, learning_rate=LEARNING_RATE)
    how = replace(how, fit=fit)
    return fit_towers(data, train, valid, DeepRecsConfig(fields=fields), how)


def dealt_anew(data: ItemsAndPairs, train: Pairs) -> Pairs:
    """The same links between the same categories, to items drawn by lot."""
    from ml.deeprecs.pairs import Pairs

    generator = np.random.default_rng(0)
    numbers: dict[tuple[str, ...], int] = {}
    kinds = np.array([numbers.setdefault(record.category, len(numbers)) for record in data.records])
    recs = train.recs.copy()
    for kind in numbers.values():
        here = np.flatnonzero(kinds[recs] == kind)
        recs[here] = generator.permutation(recs[here])
    return Pairs(train.seeds, recs, train.counts, train.item_counts)


# --- Printing -----------------------------------------------------------------------------------


def show(name: str, figures: Mapping[str, Any]) -> None:
    rows = figures["hits_at_10"]
    count = next(iter(rows.values()))["n"]
    print(f"\n{name}: {figures['items']} items, {figures['pairs']} pairs, {count} cold products")
    print(f"{'filtered hits@10, 95% interval':<40}")
    for label, row in rows.items():
        low, high = row["interval"]
        print(f"  {label:<38}{row['value']:.3f}  [{low:.3f}, {high:.3f}]")
    for label, row in figures["times"].items():
        low, high = row["interval"]
        print(f"  {label:<68}{row['value']:.2f}×  [{low:.2f}, {high:.2f}]")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one start, three epochs, one fold")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the catalogue")
    parser.add_argument("--work", type=Path, help="keeps what is slow to encode for next time")
    options = parser.parse_args()
    figures = print_links(options.quick, options.data, options.work)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
