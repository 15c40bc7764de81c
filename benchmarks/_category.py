"""Category suggestion on held-out listings: the trained retrieval beside what it replaced.

Leaves of the catalogue with ten products or more; titles and photos of flipkart, magento and myntra
in the test split. Baselines in the same run: the most frequent leaf, the nearest sentence, the
nearest title of train, and the untrained retrieval (frozen sentences, words, photos). Then
taxonomies that training never saw: two by the table of right places in `_category_table`, where a
listing may have several, and titles of private sellers in the leaves that those chose.
"""

from __future__ import annotations

import csv
import gzip
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from _category_table import PLACES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.category.corpus import Example
    from ml.category.evaluate import Listings
    from ml.category.predict import CategoryModel, CategoryRetriever
    from ml.category.taxonomy import CategorySpec
    from ml.encoders.base import TextEncoder
    from ml.photo_space import PhotoSpace

ROOT = Path(__file__).resolve().parent.parent
STARTER = ROOT / "listing_assistant" / "catalogue" / "starter"
MERCARI = Path("text") / "mercari_300.csv.gz"
SHOPIFY = Path("text") / "taxonomy" / "shopify_categories.txt.gz"
QUICK = 120  # listings
TIMED = 100  # listings
SIMILARITIES = frozenset({"nearest sentence", "nearest title of train"})
BEFORE, RELEASED = "untrained retrieval", "released"


class EncodedTitles:
    """A text encoder with some rows at hand, so that what is timed is everything but encoding."""

    def __init__(self, encoder: TextEncoder, rows: Mapping[str, NDArray[np.float32]]) -> None:
        self._encoder, self._rows = encoder, rows
        self.release, self.dim = encoder.release, encoder.dim

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if all(text in self._rows for text in texts):
            return np.stack([self._rows[text] for text in texts])
        return self._encoder.encode(texts)


@dataclass(frozen=True)
class Bench:
    """What every table is measured with."""

    texts: EncodedTitles
    space: PhotoSpace
    model: CategoryModel | None
    train: list[Example]
    listings: Listings

    def retriever(self, categories: Sequence[CategorySpec]) -> CategoryRetriever:
        from ml.category.predict import CategoryRetriever

        made = CategoryRetriever(self.texts, self.space, self.model)
        made.index(categories)
        return made


@dataclass(frozen=True)
class Asked:
    """Listings and which places of a taxonomy are right for them, (listings, specs)."""

    name: str
    specs: Sequence[CategorySpec]
    listings: Listings
    right: NDArray[np.bool_]


def measure(quick: bool, data: Path) -> dict[str, Any]:
    """Figures for `show`; an artefact that cannot be read is named and left out."""
    from ml.category.corpus import examples_of, leaves_of
    from ml.category.taxonomy import CategorySpec
    from ml.records import read_catalogue

    examples = examples_of(list(read_catalogue(data)))
    bench, release = open_bench(examples, quick)
    leaves = [CategorySpec(place, path) for place, path in enumerate(leaves_of(examples))]
    own = bench.retriever(leaves)
    figures: dict[str, Any] = {
        "release": release,
        "leaves": len(leaves),
        "baselines": baselines(bench, own, leaves, nearest_title=not quick),
        "released": released(bench, own, leaves) if bench.model else {},
        "foreign": {},
    }
    asked = [by_table(bench, "starter", starter_leaves())]
    if not quick:
        asked.append(by_table(bench, "shopify", shopify_leaves(data / SHOPIFY)))
        asked.append(private_titles(bench, data / MERCARI))
    for each in asked:
        retriever = bench.retriever(each.specs)
        figures["foreign"][each.name] = {
            "leaves": len(each.specs),
            "ms": milliseconds(bench, retriever),
            "accuracy": foreign(each, retriever),
        }
    return figures


def open_bench(examples: Sequence[Example], quick: bool) -> tuple[Bench, str]:
    """The models and the test listings, and the release, or why there is none."""
    from ml.artefacts import ArtefactError, bundled
    from ml.category.corpus import MARKETPLACE
    from ml.category.evaluate import listings_of
    from ml.category.predict import load_category
    from ml.encoders.registry import load_text_encoder
    from ml.photo_space import load_photo_space

    texts = load_text_encoder("bundled")
    space = load_photo_space(texts)
    model: CategoryModel | None = None
    try:
        model = load_category(bundled("category"), texts, space.release)
        release = model.release
    except ArtefactError as error:
        release = f"none: {error}"
    listings = listings_of(examples, "test", texts, space)
    if quick:
        count = len(listings.examples)
        listings = listings.chosen(range(0, count, max(1, count // QUICK)))
    train = [each for each in examples if each.split == "train" and each.source in MARKETPLACE]
    titles = [example.title for example in listings.examples]
    encoded = EncodedTitles(texts, dict(zip(titles, listings.titles, strict=True)))
    return Bench(encoded, space, model, train, listings), release


def baselines(
    bench: Bench,
    retriever: CategoryRetriever,
    leaves: Sequence[CategorySpec],
    *,
    nearest_title: bool,
) -> dict[str, dict[str, Any]]:
    from ml.category.corpus import text_rows
    from ml.category.evaluate import BOTH, TITLE, accuracy, right_places, signals_in
    from ml.category.model import UNTRAINED

    right = right_places(bench.listings.examples, leaves)
    places = {leaf.path: leaf.id for leaf in leaves}
    known = [example for example in bench.train if example.path in places]
    counts = Counter(places[example.path] for example in known)
    frequent = np.array([counts[leaf.id] for leaf in leaves], np.float32)
    titles = bench.listings.titles
    found = {
        "most frequent leaf": np.tile(frequent / frequent.sum(), (len(titles), 1)),
        "nearest sentence": titles @ bench.texts.encode([leaf.path for leaf in leaves]).T,
    }
    for condition in (TITLE, BOTH):
        signals = signals_in(retriever, bench.listings, condition)
        found[f"{BEFORE}, {condition}"] = UNTRAINED.as_array() @ signals
    if nearest_title:
        rows = text_rows([example.title for example in known], bench.texts)
        leaf_of = np.array([places[example.path] for example in known])
        found["nearest title of train"] = best_by_leaf(titles @ rows.T, leaf_of, len(leaves))
    figures = {name: accuracy(logits, right) for name, logits in found.items()}
    for name in SIMILARITIES & figures.keys():
        del figures[name]["ece"]  # a similarity is no chance
    return figures


def best_by_leaf(
    similar: NDArray[np.float32], leaf_of: NDArray[np.int64], leaves: int
) -> NDArray[np.float32]:
    """(listings, leaves): how similar the most similar training title of each leaf is."""
    best = np.full((len(similar), leaves), -1.0, np.float32)
    for leaf in np.unique(leaf_of):
        best[:, leaf] = similar[:, leaf_of == leaf].max(axis=1)
    return best


def released(
    bench: Bench, retriever: CategoryRetriever, leaves: Sequence[CategorySpec]
) -> dict[str, dict[str, Any]]:
    """By condition, then by source and for titles that train does not have letter by letter."""
    from ml.category.corpus import MARKETPLACE
    from ml.category.evaluate import BOTH, measure

    examples = bench.listings.examples
    seen = {example.title.lower() for example in bench.train}
    parts = {
        source: [row for row, each in enumerate(examples) if each.source == source]
        for source in MARKETPLACE
    }
    new = [row for row, each in enumerate(examples) if each.title.lower() not in seen]
    parts["titles not in train"] = new
    figures = measure(bench.listings, leaves, retriever)
    for name, rows in parts.items():
        if rows:
            part = measure(bench.listings.chosen(rows), leaves, retriever)
            figures[name] = part[BOTH]
    return figures


def by_table(bench: Bench, name: str, specs: Sequence[CategorySpec]) -> Asked:
    """The test listings whose leaf has a place in this taxonomy by `_category_table`."""
    side = ("starter", "shopify").index(name)
    accepted = [
        PLACES.get(example.path.rpartition(" > ")[2], ((), ()))[side]
        for example in bench.listings.examples
    ]
    rows = [row for row, places in enumerate(accepted) if places]
    right = np.array([[spec.path.startswith(accepted[row]) for spec in specs] for row in rows])
    return Asked(name, specs, bench.listings.chosen(rows), right)


def private_titles(bench: Bench, path: Path) -> Asked:
    """Titles as private sellers typed them, without photos, among the leaves they were put in."""
    from ml.category.corpus import Example
    from ml.category.evaluate import Listings, right_places
    from ml.category.taxonomy import SEPARATOR, CategorySpec

    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = [
            (row["name"], [row[f"itemCategoryNameLevel{level}"] for level in range(3)])
            for row in csv.DictReader(lines)
        ]
    examples = [
        Example(title, SEPARATOR.join(filter(None, names)), 0, "mercari", "test")
        for title, names in rows
        if title and any(names)
    ]
    paths = sorted({example.path for example in examples})
    specs = [CategorySpec(place, each) for place, each in enumerate(paths)]
    titles = bench.texts.encode([example.title for example in examples])
    none = np.zeros((len(examples), bench.space.dim), np.float32)
    listings = Listings(examples, titles, titles, none)
    return Asked("mercari", specs, listings, right_places(examples, specs))


def foreign(asked: Asked, retriever: CategoryRetriever) -> dict[str, dict[str, Any]]:
    """Accuracy in a taxonomy that no listing of train was sorted by, before and now."""
    from ml.category.evaluate import BOTH, TITLE, accuracy, signals_in
    from ml.category.model import UNTRAINED

    figures = {}
    for condition in (TITLE, BOTH) if asked.listings.photos.any() else (TITLE,):
        signals = signals_in(retriever, asked.listings, condition)
        for method, weights in ((BEFORE, UNTRAINED), (RELEASED, retriever.weights)):
            logits = weights.as_array() @ signals
            figures[f"{method}, {condition}"] = accuracy(logits, asked.right)
    return figures


def milliseconds(bench: Bench, retriever: CategoryRetriever) -> float:
    """Median processor time of a listing's answer, title and photo, beyond encoding them."""
    listings = bench.listings.chosen(range(min(TIMED, len(bench.listings.examples))))
    took = []
    for example, photo in zip(listings.examples, listings.photos, strict=True):
        start = time.thread_time()
        retriever.suggest(example.title, photo[None])
        took.append(time.thread_time() - start)
    return 1000 * float(np.median(took))


def starter_leaves() -> list[CategorySpec]:
    """The leaves of the taxonomy that ships with the project."""
    from ml.category.taxonomy import SEPARATOR, CategorySpec

    found: list[tuple[str, tuple[str, ...]]] = []
    for path in sorted(STARTER.glob("*.yaml")):
        tree = yaml.safe_load(path.read_text()).get("categories") or {}
        found += [(SEPARATOR.join(names), also) for names, also in _leaves(tree, ())]
    return [CategorySpec(place, path, also) for place, (path, also) in enumerate(found)]


def _leaves(
    tree: Mapping[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    for node in tree.values():
        names = (*above, node["name"])
        if node.get("children"):
            yield from _leaves(node["children"], names)
        else:
            yield names, tuple(node.get("also", ()))


def shopify_leaves(path: Path) -> list[CategorySpec]:
    from ml.category.taxonomy import SEPARATOR, CategorySpec

    with gzip.open(path, "rt", encoding="utf-8") as lines:
        paths = [line.split(" : ", 1)[1].strip() for line in lines if line.startswith("gid:")]
    above = {each.rpartition(SEPARATOR)[0] for each in paths}
    leaves = [each for each in paths if each not in above]
    return [CategorySpec(place, each) for place, each in enumerate(leaves)]


def show(figures: Mapping[str, Any]) -> None:
    from ml.category.evaluate import show as show_rows

    print(f"category among {figures['leaves']} leaves, release {figures['release']}")
    show_rows(figures["baselines"] | figures["released"])
    for name, row in figures["foreign"].items():
        print(f"{name} taxonomy, {row['leaves']} leaves, {row['ms']:.1f} ms of a core a listing")
        show_rows(row["accuracy"])


if __name__ == "__main__":
    import sys

    quick = "--quick" in sys.argv
    show(measure(quick, ROOT.parent / "shared" / "data"))
