"""What speaks for each category: the same code for fitting the weights and for serving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ml.category.model import (
    SIGNALS,
    CategoryConfig,
    CategoryTower,
    TokenBags,
    Vectors,
    category_tokens,
    key_of,
    title_tokens,
)
from ml.category.taxonomy import CategorySpec, Lexicon
from ml.category.words import words_of


@dataclass(frozen=True)
class Said:
    """A listing as the keys are asked: rows are None, or zero, where it lacks text or photo."""

    title: str
    text: Vectors | None = None  # (text_dim,)
    query: Vectors | None = None  # (dim,), of the tower
    photo: Vectors | None = None  # (photo_dim,), mean of its photos


@dataclass(frozen=True)
class Keys:
    """Rows of a taxonomy's categories; None where a signal is not to be had."""

    lexicon: Lexicon
    sentences: Vectors  # (categories, text_dim)
    tower: Vectors | None = None  # (categories, dim)
    photos: Vectors | None = None  # (categories, photo_dim)

    def signals(self, said: Said) -> tuple[Vectors, dict[int, list[str]]]:
        """(len(SIGNALS), categories), and by category the words of the title that name it."""
        found = np.zeros((len(SIGNALS), len(self.sentences)), np.float32)
        words: dict[int, list[str]] = {}
        if said.text is not None:
            np.dot(self.sentences, said.text, out=found[0])
            found[1], words = self.lexicon.scores(said.title, words_of(said.title))
        if self.tower is not None and said.query is not None:
            np.dot(self.tower, said.query, out=found[2])
        if self.photos is not None and said.photo is not None:
            similar = self.photos @ said.photo
            found[3] = similar - similar.mean()
        return found, words


def tower_keys(
    tower: CategoryTower,
    config: CategoryConfig,
    categories: Sequence[CategorySpec],
    sentences: Vectors,
) -> Vectors:
    """Unit rows (categories, dim): those that training knew with vectors of their own."""
    places = {key: place for place, key in enumerate(config.known)}
    own = torch.zeros(len(categories), config.dim)
    bags = TokenBags.of([category_tokens(each, config.buckets) for each in categories])
    with torch.inference_mode():
        for row, category in enumerate(categories):
            place = places.get(key_of(category.path))
            if place is not None:
                own[row] = tower.own.weight[place]
        rows: Vectors = tower.key(torch.from_numpy(sentences), bags, own).numpy()
    return rows


def tower_query(
    tower: CategoryTower,
    config: CategoryConfig,
    title: str,
    text: Vectors | None,
    photo: Vectors | None,
) -> Vectors:
    """The unit row (dim,) of a listing; needs a title or a photo to mean anything."""
    bags = TokenBags.of([title_tokens(title, config.buckets)])
    rows = [
        np.zeros(size, np.float32) if row is None else row
        for row, size in ((text, config.text_dim), (photo, config.photo_dim))
    ]
    with torch.inference_mode():
        found = tower.query(torch.from_numpy(rows[0][None]), bags, torch.from_numpy(rows[1][None]))
    query: Vectors = found[0].numpy()
    return query


def known_share(config: CategoryConfig, categories: Sequence[CategorySpec]) -> float:
    """Of the categories, those that training saw; 0 for an empty taxonomy."""
    known = frozenset(config.known)
    return sum(key_of(each.path) in known for each in categories) / max(1, len(categories))


def softmax(logits: Vectors) -> Vectors:
    """Chances along the last axis."""
    lifted: Vectors = np.exp(logits - logits.max(axis=-1, keepdims=True))
    chances: Vectors = np.divide(lifted, lifted.sum(axis=-1, keepdims=True))
    return chances
