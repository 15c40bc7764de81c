"""Category suggestion on held-out listings: the trained retrieval beside what it replaced.

Leaves of the catalogue with ten products or more; titles and photos of flipkart, magento and myntra
in the test split. Baselines in the same run: the most frequent leaf, the nearest sentence, the
nearest title of train, and the untrained retrieval (frozen sentences, words, photos). Then two
taxonomies that training never saw, by the table of right places in `_category_table`.
"""

from __future__ import annotations

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
    from ml.category.predict import CategoryModel
    from ml.category.taxonomy import CategorySpec
    from ml.encoders.base import TextEncoder
    from ml.photo_space import PhotoSpace

ROOT = Path(__file__).resolve().parent.parent
STARTER = ROOT / "listing_assistant" / "catalogue" / "starter"
SHOPIFY = Path("text") / "taxonomy" / "shopify_categories.txt.gz"
QUICK = 120  # listings
TIMED = 100  # listings
BEFORE, RELEASED = "untrained retrieval", "released"


@dataclass(frozen=True)
class Bench:
    """What every table is measured with."""

    texts: TextEncoder
    space: PhotoSpace
    model: CategoryModel | None
    train: list[Example]
    listings: Listings
    leaves: list[CategorySpec]


def measure(quick: bool, data: Path) -> dict[str, Any]:
    """Figures for `show`; an artefact that cannot be read is named and left out."""
    from ml.artefacts import ArtefactError, bundled
    from ml.category.corpus import MARKETPLACE, examples_of, leaves_of
    from ml.category.evaluate import listings_of
    from ml.category.predict import load_category
    from ml.category.taxonomy import CategorySpec
    from ml.encoders.registry import load_text_encoder
    from ml.photo_space import load_photo_space
    from ml.records import read_catalogue

    texts = load_text_encoder("bundled")
    space = load_photo_space(texts)
    try:
        model, release = load_category(bundled("category"), texts, space.release), ""
        release = model.release
    except ArtefactError as error:
        model, release = None, f"none: {error}"
    examples = examples_of(list(read_catalogue(data)))
    train = [each for each in examples if each.split == "train" and each.source in MARKETPLACE]
    listings = listings_of(examples, "test", texts, space)
    if quick:
        listings = listings.chosen(
            range(0, len(listings.examples), len(listings.examples) // QUICK)
        )
    leaves = [CategorySpec(place, path) for place, path in enumerate(leaves_of(examples))]
    bench = Bench(texts, space, model, train, listings, leaves)
    taxonomies = {"starter": starter_leaves()}
    if not quick:
        taxonomies["shopify"] = shopify_leaves(data / SHOPIFY)
    return {
        "release": release,
        "leaves": len(leaves),
        "baselines": baselines(bench, nearest_title=not quick),
        "released": released(bench),
        "foreign": {name: foreign(bench, name, specs) for name, specs in taxonomies.items()},
        "ms_per_listing": {
            name: {"leaves": len(specs), "ms": milliseconds(bench, specs)}
            for name, specs in taxonomies.items()
        },
    }


def baselines(bench: Bench, *, nearest_title: bool) -> dict[str, dict[str, Any]]:
    from ml.category.corpus import text_rows
    from ml.category.evaluate import BOTH, TITLE, accuracy, keys_of, right_places, signals_of
    from ml.category.model import UNTRAINED

    right = right_places(bench.listings.examples, bench.leaves)
    places = {leaf.path: leaf.id for leaf in bench.leaves}
    known = [example for example in bench.train if example.path in places]
    counts = Counter(places[example.path] for example in known)
    frequent = np.array([counts[leaf.id] for leaf in bench.leaves], np.float32)
    paths = bench.texts.encode([leaf.path for leaf in bench.leaves])
    titles = bench.listings.titles
    keys = keys_of(bench.leaves, bench.texts, bench.space)
    weights = UNTRAINED.as_array()
    found = {
        "most frequent leaf": np.tile(frequent / frequent.sum(), (len(titles), 1)),
        "nearest sentence": titles @ paths.T,
        f"{BEFORE}, title": weights @ signals_of(keys, bench.listings.said(TITLE)),
        f"{BEFORE}, title and photo": weights @ signals_of(keys, bench.listings.said(BOTH)),
    }
    if nearest_title:
        rows = text_rows([example.title for example in known], bench.texts)
        found["nearest title of train"] = best_by_leaf(
            titles @ rows.T, np.array([places[example.path] for example in known]), len(paths)
        )
    return {name: accuracy(logits, right) for name, logits in found.items()}


def best_by_leaf(
    similar: NDArray[np.float32], leaf_of: NDArray[np.int64], leaves: int
) -> NDArray[np.float32]:
    """(listings, leaves): how similar the most similar training title of each leaf is."""
    best = np.full((len(similar), leaves), -1.0, np.float32)
    for leaf in range(leaves):
        if (leaf_of == leaf).any():
            best[:, leaf] = similar[:, leaf_of == leaf].max(axis=1)
    return best


def released(bench: Bench) -> dict[str, dict[str, Any]]:
    """By condition, by source, and for titles that training did not have letter by letter."""
    from ml.category.corpus import MARKETPLACE
    from ml.category.evaluate import BOTH, measure

    if bench.model is None:
        return {}
    examples = bench.listings.examples
    seen = {example.title.lower() for example in bench.train}
    parts = {
        source: [row for row, each in enumerate(examples) if each.source == source]
        for source in MARKETPLACE
    }
    parts["new titles"] = [
        row for row, each in enumerate(examples) if each.title.lower() not in seen
    ]
    figures = measure(bench.listings, bench.leaves, bench.texts, bench.space, bench.model)
    for name, rows in parts.items():
        if rows:
            part = bench.listings.chosen(rows)
            found = measure(part, bench.leaves, bench.texts, bench.space, bench.model)
            figures[f"{name}, {BOTH}"] = found[BOTH]
    return figures


def foreign(bench: Bench, name: str, specs: Sequence[CategorySpec]) -> dict[str, dict[str, Any]]:
    """Accuracy in a taxonomy that no listing of train was sorted by, before and now."""
    from ml.category.evaluate import BOTH, TITLE, accuracy, keys_of, signals_of
    from ml.category.model import UNTRAINED

    side = ("starter", "shopify").index(name)
    places = [
        PLACES.get(each.path.split(" > ")[-1], ((), ()))[side] for each in bench.listings.examples
    ]
    rows = [row for row, accepted in enumerate(places) if accepted]
    listings = bench.listings.chosen(rows)
    right = np.array([[spec.path.startswith(places[row]) for spec in specs] for row in rows])
    methods: dict[str, CategoryModel | None] = {BEFORE: None}
    if bench.model:
        methods[RELEASED] = bench.model
    figures = {}
    for method, model in methods.items():
        pair = (model.tower, model.config) if model else None
        weights = (model.weights_for(specs) if model else UNTRAINED).as_array()
        keys = keys_of(specs, bench.texts, bench.space, pair)
        for condition in (TITLE, BOTH):
            logits = weights @ signals_of(keys, listings.said(condition), pair)
            figures[f"{method}, {condition}"] = accuracy(logits, right)
    return figures


class _Encoded:
    """Rows that are at hand already, so that what is timed is everything but encoding."""

    def __init__(self, encoder: TextEncoder, rows: Mapping[str, NDArray[np.float32]]) -> None:
        self._encoder, self._rows = encoder, rows
        self.release, self.dim = encoder.release, encoder.dim

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if all(text in self._rows for text in texts):
            return np.stack([self._rows[text] for text in texts])
        return self._encoder.encode(texts)


def milliseconds(bench: Bench, specs: Sequence[CategorySpec]) -> float:
    """Median of a listing's answer, title and photo, beyond encoding them; one thread."""
    from ml.category.predict import CategoryRetriever

    listings = bench.listings.chosen(range(min(TIMED, len(bench.listings.examples))))
    titles = [example.title for example in listings.examples]
    encoder = _Encoded(bench.texts, dict(zip(titles, listings.titles, strict=True)))
    retriever = CategoryRetriever(encoder, bench.space, bench.model)
    retriever.index(specs)
    took = []
    for title, photo in zip(titles, listings.photos, strict=True):
        start = time.perf_counter()
        retriever.suggest(title, photo[None])
        took.append(time.perf_counter() - start)
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
    for name, rows in figures["foreign"].items():
        speed = figures["ms_per_listing"][name]
        print(f"{name} taxonomy, {speed['leaves']} leaves, {speed['ms']:.1f} ms beyond encoding")
        show_rows(rows)


if __name__ == "__main__":
    import sys

    quick = "--quick" in sys.argv
    show(measure(quick, ROOT.parent / "shared" / "data"))
