"""What the tower learns from in one step: pairs drawn from the items, and the losses over them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.encoders.title_bank import Titles
from ml.encoders.words import Vocabulary, bags_of
from ml.fitting import FitConfig
from ml.losses import info_nce, norm_excess, orthogonality_excess, triplet
from ml.two_tower.items import ItemRows
from ml.two_tower.mining import semi_hard
from ml.two_tower.model import ItemInput, ItemTower
from ml.two_tower.pairs import UNKNOWN, likeness_of
from ml.two_tower.transh import GOES_WITH, IMAGE_OF, SIMILAR_TO

Objective = Literal["triplet", "info_nce"]


@dataclass(frozen=True)
class TowerFitConfig:
    fit: FitConfig = field(
        default_factory=lambda: FitConfig(
            epochs=12, batch_size=512, learning_rate=2e-3, weight_decay=0.05, patience=12
        )
    )
    objective: Objective = "info_nce"
    transh: bool = True
    margin: float = 0.2
    temperature: float = 0.1
    dropout: float = 0.2
    word_dropout: float = 0.2
    noise: float = 0.02  # of each coordinate of an encoder's unit row
    without_photo: float = 0.1  # share of items shown to the tower with one side alone
    without_title: float = 0.1
    wordings: tuple[float, ...] = (0.5, 0.25, 0.25)  # shares of the wordings of `items`
    pictured: float = 0.5  # share of positives drawn among the items with a photo
    links: int = 64  # pairs that go together, a step
    # Weights beside the loss of similar items.
    image_of: float = 0.5
    goes_with: float = 0.3
    drift: float = 5.0  # where no label says what is alike
    constraints: float = 1.0
    slack: float = 0.01  # cosine of w_r and d_r that costs nothing
    # Across sources nobody says what is alike: titles that are this near may name the same thing.
    unlike_below: float = 0.5


class TowerTraining:
    """One run over encoded items: draws what a step needs and weighs its losses."""

    def __init__(
        self,
        tower: ItemTower,
        items: ItemRows,
        links: NDArray[np.int64],
        vocabulary: Vocabulary,
        config: TowerFitConfig,
    ) -> None:
        self.tower, self.items, self.links, self.config = tower, items, links, config
        self._likeness = likeness_of(items.records)
        self._bags = bags_of(vocabulary, [text for row in items.texts for text in row])
        self._fellows = _fellows(self._likeness.look)
        pictured = np.where(items.has_photo, self._likeness.look, UNKNOWN)
        self._pictured_fellows = _fellows(pictured)
        # Titles without photos are plenty: they serve as positives and negatives alone.
        self.anchors = np.flatnonzero(items.has_photo)
        self._ends, self._linked = _link_table(links, len(items.records))
        self._numbers = np.random.default_rng(config.fit.seed)
        self._torch_numbers = torch.Generator().manual_seed(config.fit.seed)

    def loss_of(self, places: NDArray[np.int64]) -> Tensor:
        config, relations, anchors = self.config, self.tower.relations, self.anchors[places]
        links = self._numbers.permutation(self.links)[: config.links]
        rows = np.concatenate([anchors, self._positives(anchors), *links.T])
        given = self.drawn(rows)
        photos, titles = self.tower.entities(given, word_dropout=config.word_dropout)
        vectors = self.tower.fused(photos, titles, given)
        wrong = self.wrong(rows)
        loss = self._similar(vectors, wrong, len(anchors))
        loss = loss + config.image_of * self._image_of(photos, titles, given, wrong)
        if len(links):
            loss = loss + config.goes_with * self._goes_with(vectors, rows, links)
        if config.drift:
            loss = loss + config.drift * self.drift_of(vectors, rows)
        bounds = norm_excess(photos) + norm_excess(titles)
        if not relations.flat:
            bounds = bounds + orthogonality_excess(
                relations.normals, relations.translations, config.slack
            )
        return loss + config.constraints * bounds

    def drawn(self, rows: NDArray[np.int64]) -> ItemInput:
        """A view and a wording of each item, now and then without its photo or its title."""
        config, count, numbers = self.config, len(rows), self._numbers
        view = numbers.integers(0, len(self.items.photos), count)
        shares = np.array(config.wordings[: len(self.items.texts)])
        wording = numbers.choice(len(shares), count, p=shares / shares.sum())
        fate = numbers.random(count)
        has_photo = self.items.has_photo[rows] & (fate >= config.without_photo)
        no_title = has_photo & (fate >= 1 - config.without_title)
        places, offsets = self._bags.of(wording * len(self.items.records) + rows)
        titles = torch.from_numpy(self.items.titles[wording, rows])
        return ItemInput(
            photos=self._noisy(torch.from_numpy(self.items.photos[view, rows])),
            has_photo=torch.from_numpy(has_photo),
            titles=Titles(self._noisy(titles), torch.from_numpy(places), torch.from_numpy(offsets)),
            has_title=torch.from_numpy(~no_title),
        )

    def wrong(self, rows: NDArray[np.int64]) -> Tensor:
        """(n, n): whether two items are surely not alike."""
        near = self.items.titles[0, rows] @ self.items.titles[0, rows].T
        source = self._likeness.source[rows]
        foreign = (source[:, None] != source[None, :]) & (near < self.config.unlike_below)
        return torch.from_numpy(self._likeness.unlike(rows, rows) | foreign)

    def _positives(self, anchors: NDArray[np.int64]) -> NDArray[np.int64]:
        """An item of the same look; the item itself, seen anew, where nothing says what is."""
        pictured = self._numbers.random(len(anchors)) < self.config.pictured
        return np.array(
            [
                self._numbers.choice((self._pictured_fellows if seen else self._fellows)[row])
                for row, seen in zip(anchors, pictured, strict=True)
            ]
        )

    def _similar(self, vectors: Tensor, wrong: Tensor, count: int) -> Tensor:
        """The first `count` rows and the next are pairs: each side looks for the other."""
        heads = vectors[: 2 * count]
        right = (torch.arange(2 * count) + count) % (2 * count)
        distances = self.tower.relations.distances(heads, vectors, SIMILAR_TO)
        return self._contrast(distances, right, wrong[: 2 * count])

    def _image_of(self, photos: Tensor, titles: Tensor, given: ItemInput, wrong: Tensor) -> Tensor:
        both = torch.nonzero(given.has_photo & given.has_title)[:, 0]
        if not len(both):
            return photos.sum() * 0
        distances = self.tower.relations.distances(photos[both], titles[both], IMAGE_OF)
        wrong, right = wrong[both][:, both], torch.arange(len(both))
        return (
            self._contrast(distances, right, wrong) + self._contrast(distances.T, right, wrong)
        ) / 2

    def _goes_with(
        self, vectors: Tensor, rows: NDArray[np.int64], links: NDArray[np.int64]
    ) -> Tensor:
        count = len(links)
        heads, tails = vectors[-2 * count : -count], vectors[-count:]
        relations, begin = self.tower.relations, len(rows) - 2 * count
        forth = relations.distances(heads, vectors, GOES_WITH)  # (count, n)
        back = relations.distances(vectors, tails, GOES_WITH).T
        right = torch.arange(count)
        ends = self._ends[rows]
        wrong_tails = torch.from_numpy(~self._linked[self._ends[links[:, 0]]][:, ends])
        wrong_heads = torch.from_numpy(~self._linked.T[self._ends[links[:, 1]]][:, ends])
        return (
            self._contrast(forth, begin + count + right, wrong_tails)
            + self._contrast(back, begin + right, wrong_heads)
        ) / 2

    def drift_of(self, vectors: Tensor, rows: NDArray[np.int64]) -> Tensor:
        """How far cosines are from the encoders' own where no label says what is alike.

        The encoders have seen far more kinds of goods than the labels name; this keeps their order.
        """
        titles, photos = self.items.titles[0, rows], self.items.photos[0, rows]
        pictured = self.items.has_photo[rows]
        both = pictured[:, None] & pictured[None, :]
        own = np.where(both, (titles @ titles.T + photos @ photos.T) / 2, titles @ titles.T)
        looks = self._likeness.look[rows] != UNKNOWN
        source = self._likeness.source[rows]
        labelled = looks[:, None] & looks[None, :] & (source[:, None] == source[None, :])
        gaps = (vectors @ vectors.T - torch.from_numpy(own)) ** 2 * torch.from_numpy(~labelled)
        return gaps.sum() / max(1, int((~labelled).sum()))

    def _contrast(self, distances: Tensor, right: Tensor, wrong: Tensor) -> Tensor:
        """The loss of squared distances (n, m) with the right column (n,) of each row."""
        if self.config.objective == "info_nce":
            # Between unit rows half a squared distance is 1 - cosine.
            return info_nce(-distances / (2 * self.config.temperature), right, ~wrong)
        positive = distances.gather(1, right[:, None])[:, 0]
        return triplet(
            distances, positive, semi_hard(distances, positive, wrong), self.config.margin
        )

    def _noisy(self, rows: Tensor) -> Tensor:
        noise = torch.randn(rows.shape, generator=self._torch_numbers)
        return rows + self.config.noise * noise


def _fellows(looks: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """For every item those of its look, itself among them; itself alone where it has none."""
    members: dict[int, list[int]] = defaultdict(list)
    for row, look in enumerate(looks.tolist()):
        members[look].append(row)
    arrays = {look: np.array(rows) for look, rows in members.items()}
    return [
        np.array([row]) if look == UNKNOWN or len(arrays[look]) == 1 else arrays[look]
        for row, look in enumerate(looks.tolist())
    ]


def _link_table(
    links: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each item stands in a table of (head, tail) that is true for links.

    The last row and column, false throughout, are for the many items without any link.
    """
    known, places = np.unique(links, return_inverse=True)
    ends = np.full(count, len(known))
    ends[known] = np.arange(len(known))
    table = np.zeros((len(known) + 1, len(known) + 1), dtype=bool)
    table[tuple(places.reshape(links.shape).T)] = True
    return ends, table
