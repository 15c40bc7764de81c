"""Train the dual encoder: InfoNCE over an attribute's own values and null (papers.md §1.3).

The keys of a batch are encoded once, however many listings ask for them: the reference encodes
every candidate of every listing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.fitting import FitConfig, fit_module, seed_everything
from ml.taclr.model import (
    KEY_IDS,
    Bags,
    DualEncoder,
    TaclrConfig,
    key_ids,
    key_words,
    query_words,
)
from ml.taclr.retrieval import EncodeTexts, is_retrievable
from ml.taclr.surface import compact
from ml.taclr.taxonomy import NULL_VALUE, AttributeSpec, key_text
from ml.taclr.value_store_keys import Key, leaf_of

MASKED = -1e4
FIT = FitConfig(epochs=10, batch_size=256, learning_rate=4e-3, weight_decay=1e-4)


@dataclass(frozen=True)
class DualFit:
    """How the dual encoder is trained.

    `negatives` "taxonomy" are the other values of the same category and attribute; "in-batch" are
    the right values of the batch's other listings, as the paper's ablation has them.
    """

    fit: FitConfig = field(default_factory=lambda: FIT)
    negatives: Literal["taxonomy", "in-batch"] = "taxonomy"
    candidates: int = 128  # of one attribute, null and the right value among them
    photo_dropout: float = 0.3  # share of photos hidden, so that a title alone is read as well
    word_dropout: float = 0.4  # share of a listing's words hidden, so that none of them decides
    residual_dropout: float = 0.2  # share of residuals left out, so that sentences must speak


@dataclass(frozen=True)
class Asked:
    """One (listing, attribute): the row of its list in `Lists`, and the places of gold in it."""

    item: int
    spec: int
    gold: tuple[int, ...]  # (len(values),) is null's place


class Lists:
    """The keys of all lists, each key once, ready for the tower."""

    def __init__(
        self, specs: Sequence[AttributeSpec], encode: EncodeTexts, config: TaclrConfig
    ) -> None:
        places: dict[Key, int] = {}
        self.keys = [
            np.array([places.setdefault(key, len(places)) for key in _keys(spec)]) for spec in specs
        ]
        self.places = places
        keys = list(places)
        self.sentences = np.asarray(encode([key_text(*key) for key in keys]), np.float32)
        self._words = Bags.of([key_words(key.value, config.buckets) for key in keys])
        self._ids = torch.tensor([key_ids(*key, config.values) for key in keys])
        self._spellings = [_trigrams(key.value) for key in keys]
        self._near: dict[tuple[int, int], NDArray[np.int64]] = {}

    @property
    def count(self) -> int:
        return len(self.places)

    def rows(self, dual: DualEncoder, places: NDArray[np.int64], kept: Tensor) -> Tensor:
        """Unit rows (m, dim) of the keys at `places`; `kept` (m, KEY_IDS) weighs residuals."""
        chosen = torch.from_numpy(places)
        words = self._words.taken(places)
        rows: Tensor = dual.encode_keys(
            torch.from_numpy(self.sentences[places]), words, self._ids[chosen], kept
        )
        return rows

    def candidates(
        self, asked: Asked, limit: int, generator: np.random.Generator
    ) -> NDArray[np.int64]:
        """Places in the list: all of a short one; of a long one gold, null, near spellings, others.

        A value that differs from gold by little is the one that gets taken for it.
        """
        size = len(self.keys[asked.spec])
        if size <= limit:
            return np.arange(size)
        kept = {*asked.gold, size - 1}
        for place in asked.gold:
            kept |= set(self._nearest(asked.spec, place)[: limit // 4].tolist())
        others = np.setdiff1d(np.arange(size), np.array(sorted(kept)))
        drawn = generator.choice(others, max(0, limit - len(kept)), replace=False)
        return np.concatenate([np.array(sorted(kept)), drawn])

    def _nearest(self, spec: int, place: int) -> NDArray[np.int64]:
        if (spec, place) not in self._near:
            own = self._spellings[self.keys[spec][place]]
            alike = [
                len(own & other) / max(1, len(own | other))
                for other in (self._spellings[key] for key in self.keys[spec])
            ]
            self._near[spec, place] = np.argsort(-np.array(alike), kind="stable")[1:65]
        return self._near[spec, place]


@dataclass(frozen=True)
class Listings:
    """What the tower reads of the listings, computed once."""

    sentences: NDArray[np.float32]  # (n, text_dim)
    words: Bags
    photos: NDArray[np.float32]  # (n, photo_dim), zeros where there is none

    @classmethod
    def of(
        cls,
        texts: Sequence[tuple[str, str]],
        sentences: NDArray[np.float32],
        photos: NDArray[np.float32],
        config: TaclrConfig,
    ) -> Listings:
        words = Bags.of([query_words(*text, config.buckets) for text in texts])
        return cls(sentences, words, photos)


def fit_dual(
    listings: Listings,
    lists: Lists,
    asked: Sequence[Asked],
    config: TaclrConfig,
    how: DualFit,
    *,
    hidden: Collection[int] = (),
    score: Callable[[DualEncoder], float] | None = None,
) -> DualEncoder:
    """A dual encoder trained on all of `asked` but the lists whose numbers are in `hidden`.

    With `score` the best epoch is kept, without it the last one. Raises FitError.
    """
    seed_everything(how.fit.seed)
    dual = DualEncoder(config)
    by_item: dict[int, list[Asked]] = {}
    for one in asked:
        if one.spec not in hidden:
            by_item.setdefault(one.item, []).append(one)
    items = sorted(by_item)
    if not items:  # all lists are hidden: the tower stays as it starts
        return dual.eval()
    generator = np.random.default_rng(how.fit.seed)

    def loss_of(batch: NDArray[np.int64]) -> Tensor:
        chosen = [items[place] for place in batch]
        queries = _queries(dual, listings, chosen, how, generator)
        pairs = [(row, one) for row, item in enumerate(chosen) for one in by_item[item]]
        build = _taxonomy_batch if how.negatives == "taxonomy" else _in_batch
        places, right = build(lists, pairs, how, generator)  # both (pairs, candidates)
        keys, where = np.unique(places.clip(min=0), return_inverse=True)
        kept = generator.random((len(keys), KEY_IDS)) >= how.residual_dropout
        rows = lists.rows(dual, keys, torch.from_numpy(kept.astype(np.float32)))
        every = dual(queries, rows)  # (batch, keys)
        own = torch.tensor([row for row, _ in pairs])[:, None]
        logits = every[own, torch.from_numpy(where.reshape(places.shape))]
        logits = logits.masked_fill(torch.from_numpy(places < 0), MASKED)
        logs = logits.log_softmax(-1).masked_fill(~torch.from_numpy(right), MASKED)
        loss: Tensor = -logs.logsumexp(-1).mean()
        return loss

    epoch = itertools.count()
    fit_module(
        dual,
        count=len(items),
        loss_of=loss_of,
        score=(lambda: score(dual)) if score else (lambda: float(next(epoch))),
        config=how.fit,
        label="dual encoder",
    )
    return dual.eval()


def _queries(
    dual: DualEncoder,
    listings: Listings,
    items: Sequence[int],
    how: DualFit,
    generator: np.random.Generator,
) -> Tensor:
    photos = listings.photos[items] * (generator.random((len(items), 1)) >= how.photo_dropout)
    words = listings.words.taken(np.array(items))
    kept = generator.random(len(words.ids)) >= how.word_dropout
    weights = words.weights * torch.from_numpy(kept.astype(np.float32)) / (1 - how.word_dropout)
    return dual.encode_queries(
        torch.from_numpy(listings.sentences[items]),
        replace(words, weights=weights),
        torch.from_numpy(photos.astype(np.float32)),
    )


Pairs = Sequence[tuple[int, Asked]]
Drawn = tuple[NDArray[np.int64], NDArray[np.bool_]]


def _taxonomy_batch(
    lists: Lists, pairs: Pairs, how: DualFit, generator: np.random.Generator
) -> Drawn:
    drawn = [lists.candidates(one, how.candidates, generator) for _, one in pairs]
    width = max(len(each) for each in drawn)
    places = np.full((len(pairs), width), -1)
    right = np.zeros(places.shape, bool)
    for row, ((_, one), each) in enumerate(zip(pairs, drawn, strict=True)):
        places[row, : len(each)] = lists.keys[one.spec][each]
        if len(each) == len(lists.keys[one.spec]):  # all of the list, in its order
            right[row, list(one.gold)] = True
        else:
            right[row, : len(each)] = np.isin(each, one.gold)
    return places, right


def _in_batch(lists: Lists, pairs: Pairs, how: DualFit, generator: np.random.Generator) -> Drawn:
    """One gold key of every pair is a candidate of all, beside the pair's own null key."""
    golds = np.array([lists.keys[one.spec][generator.choice(one.gold)] for _, one in pairs])
    nulls = np.array([lists.keys[one.spec][-1] for _, one in pairs])
    shared = np.unique(golds)
    places = np.concatenate([np.tile(shared, (len(pairs), 1)), nulls[:, None]], axis=1)
    right = places == golds[:, None]
    # Null stands in a column of its own; where it is right among the shared ones, once is enough.
    right[:, -1] &= ~right[:, :-1].any(axis=1)
    same = [set(lists.keys[one.spec][list(one.gold)].tolist()) for _, one in pairs]
    also_right = np.array(
        [[key in own for key in row] for row, own in zip(places, same, strict=True)]
    )
    places[also_right & ~right] = -1
    return places, right


def asked_of(item: int, spec: AttributeSpec, number: int, gold: Sequence[str]) -> Asked | None:
    """None where the list holds no gold value, or tells its values apart by no meaning."""
    if not is_retrievable(spec):
        return None
    right = tuple(place for place, value in enumerate(spec.values) if value.value in gold)
    if gold and not right:
        return None
    return Asked(item, number, right or (len(spec.values),))


def _keys(spec: AttributeSpec) -> list[Key]:
    values = [*(value.value for value in spec.values), NULL_VALUE]
    return [Key(leaf_of(spec.category), spec.attribute, value) for value in values]


def _trigrams(value: str) -> frozenset[str]:
    plain = f" {compact(value)} "
    return frozenset(plain[place : place + 3] for place in range(len(plain) - 2))
