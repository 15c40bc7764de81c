"""One tower for both sides of every pair: title and photos of an item to one unit vector.

Photo and title are entities of TransH: the photo is the head and the title the tail of `image-of`.
What the item is comes from both as that relation shows them, and from a map of the two together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ml.encoders.base import Vectors
from ml.encoders.heads import Head, TitleHead
from ml.encoders.title_bank import Titles, as_titles
from ml.encoders.words import Vocabulary
from ml.two_tower.transh import IMAGE_OF, Hyperplanes

KIND = "two_tower"
FORMAT_VERSION = 1

_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True)
class TwoTowerConfig:
    """Everything but the weights. The releases say whose vectors the tower was trained on."""

    image_dim: int
    text_dim: int
    image_release: str
    text_release: str
    dim: int = 256
    hidden_dim: int = 256
    transh: bool = True  # without, photo, title and items meet in one space as they are
    vocabulary: tuple[str, ...] = ()  # words with a vector of their own
    trained_on: tuple[str, ...] = ()  # sources whose train split was seen

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> TwoTowerConfig:
        """Read what `asdict` wrote; raises KeyError on a field that is missing."""
        named = {one.name: values[one.name] for one in fields(cls)}
        lists = {name: tuple(named[name]) for name in ("vocabulary", "trained_on")}
        return cls(**named | lists)


@dataclass(frozen=True)
class ItemInput:
    """Items as the tower takes them; the row of what an item lacks is of no account."""

    photos: Tensor  # (n, image_dim)
    has_photo: Tensor  # (n,) of bool
    titles: Titles  # of n texts
    has_title: Tensor  # (n,) of bool


class ItemTower(nn.Module):
    """Items to unit rows (n, dim), and the relations between them."""

    def __init__(self, config: TwoTowerConfig, dropout: float = 0.0) -> None:
        super().__init__()
        dim, hidden = config.dim, config.hidden_dim
        self.image = Head(config.image_dim, hidden, dim, dropout)
        self.text = TitleHead(config.text_dim, hidden, dim, dropout, len(config.vocabulary))
        self.joint = nn.Sequential(
            nn.Linear(2 * dim + 2, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, dim)
        )
        self.relations = Hyperplanes(dim, flat=not config.transh)

    def entities(self, items: ItemInput, *, word_dropout: float = 0.0) -> tuple[Tensor, Tensor]:
        """Photos (n, dim) and titles (n, dim) before any projection; zero where there is none."""
        photos = self.image.mapped(items.photos)
        titles = self.text.mapped_titles(items.titles, word_dropout=word_dropout)
        return photos * items.has_photo[:, None], titles * items.has_title[:, None]

    def fused(self, photos: Tensor, titles: Tensor, items: ItemInput) -> Tensor:
        """Unit rows (n, dim) of items from their entities."""
        seen = items.has_photo[:, None].float()  # (n, 1)
        said = items.has_title[:, None].float()
        heads = self.relations.translate(photos, IMAGE_OF) * seen  # (n, dim)
        tails = self.relations.project(titles, IMAGE_OF) * said
        together = self.joint(torch.cat([heads, tails, seen, said], dim=1))
        return F.normalize(heads + tails + together, dim=1)

    def forward(self, items: ItemInput) -> Tensor:
        return self.fused(*self.entities(items), items)


def item_input(
    photos: Vectors,
    has_photo: NDArray[np.bool_],
    titles: Vectors,
    texts: Sequence[str],
    vocabulary: Vocabulary,
) -> ItemInput:
    """Rows of the two encoders (n, image_dim) and (n, text_dim) as a tower takes them.

    A text without a word is no title, whatever row the encoder gives it.
    """
    return ItemInput(
        photos=torch.from_numpy(photos),
        has_photo=torch.from_numpy(has_photo),
        titles=as_titles(titles, texts, vocabulary),
        has_title=torch.tensor([_WORD.search(text) is not None for text in texts]).bool(),
    )
