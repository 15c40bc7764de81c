"""Heads from encoders' rows into the space that photos and titles share."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ml.encoders.title_bank import Titles


class Head(nn.Module):
    """A linear map and a correction to it: linear alone nearly suffices and generalises best."""

    def __init__(self, inputs: int, hidden: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.correction = nn.Sequential(
            nn.Linear(inputs, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, outputs)
        )

    def forward(self, rows: Tensor) -> Tensor:
        """Rows (n, inputs) to unit rows (n, outputs)."""
        return F.normalize(self.mapped(rows), dim=-1)

    def mapped(self, rows: Tensor) -> Tensor:
        """The same before it is scaled to length 1."""
        mapped: Tensor = self.linear(rows) + self.correction(rows)
        return mapped


class TitleHead(Head):
    """A head over a sentence's vector, plus a learnt vector for each known word of it."""

    def __init__(self, inputs: int, hidden: int, outputs: int, dropout: float, words: int) -> None:
        super().__init__(inputs, hidden, outputs, dropout)
        self.words = nn.EmbeddingBag(max(1, words), outputs, mode="sum")
        nn.init.normal_(self.words.weight, std=0.02)

    def of(self, titles: Titles, *, word_dropout: float = 0.0) -> Tensor:
        """Unit rows (n, outputs); in training each word is left out of the sum now and then."""
        return F.normalize(self.mapped_titles(titles, word_dropout=word_dropout), dim=-1)

    def mapped_titles(self, titles: Titles, *, word_dropout: float = 0.0) -> Tensor:
        """The same before it is scaled to length 1."""
        kept = None
        if word_dropout and self.training:
            kept = (torch.rand(len(titles.places)) >= word_dropout).float()
        known: Tensor = self.words(titles.places, titles.offsets, per_sample_weights=kept)
        return self.mapped(titles.vectors) + known


def own_logits(photos: Tensor, titles: Tensor, there: Tensor, scale: Tensor) -> Tensor:
    """Logits (n, s) of photos (n, d) with s titles each (n · s, d), -inf where none is there."""
    beside = titles.view(len(photos), -1, titles.shape[-1])  # (n, s, d)
    logits = scale * torch.einsum("nd,nsd->ns", photos, beside)
    return logits.masked_fill(~there, float("-inf"))
