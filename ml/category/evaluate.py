"""How often the right category stands first, and among the first five.

    python -m ml.category.evaluate --data FOLDER [--artefact FOLDER] [--json OUT]

Test split of the catalogue's marketplace sources, among their leaves of ten products or more.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.artefacts import ArtefactError, bundled
from ml.category.corpus import MARKETPLACE, Example, examples_of, leaves_of, text_rows
from ml.category.model import KIND, CategoryConfig, CategoryTower, Vectors
from ml.category.predict import CategoryRetriever, load_category
from ml.category.signals import Keys, Said, softmax, tower_keys, tower_query
from ml.category.taxonomy import CategorySpec, Lexicon
from ml.encoders.base import TextEncoder
from ml.encoders.registry import load_text_encoder
from ml.metrics import bootstrap_interval, expected_calibration_error
from ml.photo_space import PhotoSpace, load_photo_space, photo_rows
from ml.records import RecordError, Split, read_catalogue

Logits = NDArray[np.float32]
Right = NDArray[np.bool_]
BOTH, TITLE, PHOTO, VAGUE, VAGUE_TITLE = (
    "title and photo",
    "title",
    "photo",
    "vague title and photo",
    "vague title",
)
CONDITIONS = (BOTH, TITLE, PHOTO, VAGUE, VAGUE_TITLE)


@dataclass(frozen=True)
class Listings:
    """Held-out listings; row i of every array belongs to `examples[i]`, zero where it has none.

    `unnamed` are the titles without the words of their leaf.
    """

    examples: list[Example]
    titles: Vectors
    unnamed: Vectors
    photos: Vectors

    def chosen(self, rows: Sequence[int]) -> Listings:
        return Listings(
            [self.examples[row] for row in rows],
            self.titles[list(rows)],
            self.unnamed[list(rows)],
            self.photos[list(rows)],
        )

    def said(self, condition: str = BOTH) -> list[Said]:
        """What the listings say under one of CONDITIONS."""
        vague = condition in (VAGUE, VAGUE_TITLE)
        texts = self.unnamed if vague else self.titles
        found = []
        for row, example in enumerate(self.examples):
            title = example.unnamed if vague else example.title
            text = texts[row] if title and condition != PHOTO else None
            photo = self.photos[row] if condition in (BOTH, PHOTO, VAGUE) else None
            photo = photo if photo is not None and photo.any() else None
            found.append(Said(title if text is not None else "", text, None, photo))
        return found


def listings_of(
    examples: Sequence[Example],
    split: Split,
    texts: TextEncoder,
    space: PhotoSpace,
    work: Path | None = None,
) -> Listings:
    """The marketplace listings of a split whose leaf has products enough."""
    leaves = set(leaves_of(examples))
    chosen = [
        example
        for example in examples
        if example.split == split and example.source in MARKETPLACE and example.path in leaves
    ]
    photos = np.zeros((len(chosen), space.dim), np.float32)
    pictured = [row for row, example in enumerate(chosen) if example.photo]
    photos[pictured] = photo_rows([p for each in chosen if (p := each.photo)], space, work)
    return Listings(
        chosen,
        text_rows([example.title for example in chosen], texts, work),
        text_rows([example.unnamed for example in chosen], texts, work),
        photos,
    )


def keys_of(
    categories: Sequence[CategorySpec],
    texts: TextEncoder,
    space: PhotoSpace,
    model: tuple[CategoryTower, CategoryConfig] | None = None,
    work: Path | None = None,
) -> Keys:
    sentences = text_rows([category.sentence for category in categories], texts, work)
    return Keys(
        Lexicon(categories),
        sentences,
        tower_keys(*model, categories, sentences) if model else None,
        space.encode_titles([category.photo_sentence for category in categories]),
    )


def signals_of(
    keys: Keys, said: Sequence[Said], model: tuple[CategoryTower, CategoryConfig] | None = None
) -> Logits:
    """(listings, signals, categories)."""
    if model:
        said = [
            replace(each, query=tower_query(*model, each.title, each.text, each.photo))
            for each in said
        ]
    return np.stack([keys.signals(each)[0] for each in said])


def right_places(examples: Sequence[Example], categories: Sequence[CategorySpec]) -> Right:
    """(listings, categories): whether the category is the listing's own."""
    paths = np.array([category.path for category in categories])
    return np.array([paths == example.path for example in examples])


def accuracy(logits: Logits, right: Right) -> dict[str, Any]:
    """Top-1 and top-5 with 95% intervals, and the calibration error of the first answer.

    A listing may have several right categories; the best placed one counts, ties against it.
    """
    best = np.where(right, logits, -np.inf).max(axis=1, keepdims=True)
    rivals = (logits >= best) & ~right
    ranks = rivals.sum(axis=1)
    chances = softmax(logits)
    first = chances.argmax(axis=1)
    hits = right[np.arange(len(right)), first]
    confidence = chances.max(axis=1).astype(np.float64)
    found: dict[str, Any] = {"n": len(ranks)}
    for k in (1, 5):
        inside = ranks < k
        found[f"top_{k}"] = float(inside.mean())
        found[f"top_{k}_interval"] = bootstrap_interval(_mean_of(inside), len(inside))
    return found | {"ece": expected_calibration_error(confidence, hits)}


def _mean_of(inside: Right) -> Callable[[NDArray[np.int64]], float]:
    return lambda rows: float(inside[rows].mean())


def signals_in(retriever: CategoryRetriever, listings: Listings, condition: str) -> Logits:
    """What speaks for each category of the retriever's taxonomy, under one of CONDITIONS."""
    model = retriever.model
    pair = (model.tower, model.config) if model else None
    return signals_of(retriever.keys, listings.said(condition), pair)


def measure(
    listings: Listings, categories: Sequence[CategorySpec], retriever: CategoryRetriever
) -> dict[str, dict[str, Any]]:
    """By condition the accuracy of a retriever that has indexed these categories."""
    right = right_places(listings.examples, categories)
    weights = retriever.weights.as_array()
    return {
        condition: accuracy(weights @ signals_in(retriever, listings, condition), right)
        for condition in CONDITIONS
    }


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        texts = load_text_encoder("bundled")
        space = load_photo_space(texts)
        model = load_category(options.artefact, texts, space.release)
        examples = examples_of(list(read_catalogue(options.data)))
        listings = listings_of(examples, "test", texts, space)
        categories = [CategorySpec(n, path) for n, path in enumerate(leaves_of(examples))]
        retriever = CategoryRetriever(texts, space, model)
        retriever.index(categories)
        figures = measure(listings, categories, retriever)
    except (ArtefactError, RecordError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def show(figures: Mapping[str, Mapping[str, Any]]) -> None:
    print(f"{'':<38}{'n':>6}{'top-1':>8}{'95%':>16}{'top-5':>8}{'95%':>16}{'ECE':>7}")
    for name, row in figures.items():
        cells = ""
        for k in (1, 5):
            low, high = row[f"top_{k}_interval"]
            cells += f"{row[f'top_{k}']:>8.3f}{f'{low:.3f} to {high:.3f}':>16}"
        error = f"{row['ece']:>7.3f}" if "ece" in row else ""
        print(f"{name:<38}{row['n']:>6}{cells}{error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml.category.evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the catalogue")
    parser.add_argument("--artefact", type=Path, default=bundled(KIND))
    parser.add_argument("--json", type=Path, help="write the figures there too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
