"""The tower's loss: InfoNCE of each listing against every leaf of its source's taxonomy.

All leaves are keys of every batch, so the siblings of the right one, its hardest negatives, are
always among them, and each key is encoded once a batch however many listings ask for it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ml.category.corpus import MARKETPLACE, Corpus
from ml.category.model import CategoryConfig, CategoryTower, TokenBags
from ml.fitting import FitConfig, FitError, FitResult, fit_module

# Sources of few products, counted so many times in an epoch.
TIMES = {"flipkart": 4, "magento": 4}


@dataclass(frozen=True)
class TowerFit:
    """Shares are of listings with both title and photo; what is left shows both."""

    fit: FitConfig = field(
        default_factory=lambda: FitConfig(epochs=5, batch_size=512, learning_rate=4e-3)
    )
    title_alone: float = 0.4
    photo_alone: float = 0.1
    unnamed: float = 0.25  # photo, and the title without the leaf's words
    own_dropout: float = 0.5  # of categories that must do without a vector of their own
    word_dropout: float = 0.1


class TowerTraining:
    """Batches of `rows`, the corpus's train examples but those of the `left_out` leaves."""

    def __init__(
        self, tower: CategoryTower, corpus: Corpus, config: TowerFit, left_out: Collection[int] = ()
    ) -> None:
        self._tower, self._corpus, self._config = tower, corpus, config
        sources = {example.source for example in corpus.examples}
        rows = corpus.where("train", sources)
        rows = rows[~np.isin(corpus.answers[rows], list(left_out))]
        times = [TIMES.get(corpus.examples[row].source, 1) for row in rows]
        self.rows: NDArray[np.int64] = np.repeat(rows, times)
        # A leaf without a listing to learn from would only be pushed away from all of them.
        pools = corpus.pools & np.isin(np.arange(len(corpus.categories)), corpus.answers[rows])
        self._pools = torch.from_numpy(pools)
        self._pool_of = np.array([example.pool for example in corpus.examples])
        self._has_photo = (corpus.photos != 0).any(axis=1)
        self._has_title = (corpus.titles != 0).any(axis=1)
        self._has_rest = (corpus.unnamed != 0).any(axis=1)
        self._sentences = torch.from_numpy(corpus.sentences)
        self._generator = np.random.default_rng(config.fit.seed)

    def loss_of(self, batch: NDArray[np.int64]) -> Tensor:
        rows = self.rows[batch]
        queries = self._queries(rows)  # (batch, dim)
        kept = torch.rand(len(self._sentences), 1) >= self._config.own_dropout
        own = self._tower.own.weight * kept
        keys = self._tower.key(self._sentences, self._corpus.category_bags, own)
        logits = (queries @ keys.T) * self._tower.scale  # (batch, leaves)
        others = ~self._pools[self._pool_of[rows]]
        answers = torch.from_numpy(self._corpus.answers[rows])
        return functional.cross_entropy(logits.masked_fill(others, -1e4), answers)

    def _queries(self, rows: NDArray[np.int64]) -> Tensor:
        """Each listing in one of the ways that sellers leave it: both, title, photo, vague."""
        config, corpus = self._config, self._corpus
        draw = self._generator.random(len(rows))
        both = self._has_photo[rows] & self._has_title[rows]
        ends = np.cumsum([config.title_alone, config.photo_alone, config.unnamed])
        no_photo = both & (draw < ends[0])
        no_title = both & (draw >= ends[0]) & (draw < ends[1])
        vague = both & (draw >= ends[1]) & (draw < ends[2]) & self._has_rest[rows]
        texts = np.where(vague[:, None], corpus.unnamed[rows], corpus.titles[rows])
        texts[no_title] = 0
        photos = np.where(no_photo[:, None], 0, corpus.photos[rows])
        bags = corpus.title_bags.rows(rows)
        unnamed = corpus.unnamed_bags.rows(rows)
        mixed = _chosen(bags, unnamed, vague, no_title)
        dropped = self._generator.random(len(mixed.weights)) < config.word_dropout
        mixed = replace(mixed, weights=np.where(dropped, 0, mixed.weights).astype(np.float32))
        return self._tower.query(torch.from_numpy(texts), mixed, torch.from_numpy(photos))


def _chosen(
    first: TokenBags,
    second: TokenBags,
    take_second: NDArray[np.bool_],
    take_none: NDArray[np.bool_],
) -> TokenBags:
    """Of each text the tokens of the first or second bag, or none."""
    count = len(take_second)
    owner = np.concatenate(
        [np.repeat(np.arange(count), first.lengths), np.repeat(np.arange(count), second.lengths)]
    )
    is_second = np.arange(len(owner)) >= len(first.tokens)
    kept = (take_second[owner] == is_second) & ~take_none[owner]
    order = np.flatnonzero(kept)[np.argsort(owner[kept], kind="stable")]
    tokens = np.concatenate([first.tokens, second.tokens])[order]
    weights = np.concatenate([first.weights, second.weights])[order]
    return TokenBags(tokens, weights, np.bincount(owner[kept], minlength=count).astype(np.int64))


def train_tower(
    corpus: Corpus,
    model: CategoryConfig,
    config: TowerFit,
    left_out: Collection[int] = (),
    label: str = "category",
) -> tuple[CategoryTower, FitResult]:
    """A tower at its best epoch by the chance it gives the valid listings of the leaves it saw.

    Raises FitError when a split has none.
    """
    torch.manual_seed(config.fit.seed)
    tower = CategoryTower(model)
    training = TowerTraining(tower, corpus, config, left_out)
    valid = corpus.where("valid", MARKETPLACE)
    valid = valid[~np.isin(corpus.answers[valid], list(left_out))]
    if not len(valid) or not len(training.rows):
        raise FitError("the catalogue needs marketplace listings in train and in valid")
    result = fit_module(
        tower,
        count=len(training.rows),
        loss_of=training.loss_of,
        score=lambda: _likelihood(tower, corpus, valid),
        config=config.fit,
        label=label,
    )
    return tower.eval(), result


def _likelihood(tower: CategoryTower, corpus: Corpus, rows: NDArray[np.int64]) -> float:
    """Mean log chance of the right leaf, asked with title and photo and with the title alone."""
    texts, bags = torch.from_numpy(corpus.titles[rows]), corpus.title_bags.rows(rows)
    photos = torch.from_numpy(corpus.photos[rows])
    sentences = torch.from_numpy(corpus.sentences)
    keys = tower.key(sentences, corpus.category_bags, tower.own.weight)
    others = ~torch.from_numpy(corpus.pools[corpus.examples[int(rows[0])].pool])
    answers = torch.from_numpy(corpus.answers[rows])
    losses = []
    for seen in (photos, torch.zeros_like(photos)):
        logits = (tower.query(texts, bags, seen) @ keys.T) * tower.scale
        losses.append(functional.cross_entropy(logits.masked_fill(others, -1e4), answers))
    return -float(torch.stack(losses).mean())
