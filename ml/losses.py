"""Losses as plain functions over tensors."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

MASKED = -1e4  # finite, so that a row of masked columns still has a finite loss


def info_nce(logits: Tensor, positives: Tensor, ignored: Tensor) -> Tensor:
    """InfoNCE (van den Oord et al. 2018) with masked false negatives.

    logits (n, m) already divided by the temperature; positives (n,) is the right column of each
    row; ignored (n, m) is true where a column must not count as a negative of a row.
    """
    masked = ignored.scatter(1, positives[:, None], False)
    return F.cross_entropy(logits.masked_fill(masked, MASKED), positives)


def cosine_distance(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean of 1 - cosine over rows (n, d)."""
    return (1 - F.cosine_similarity(predicted, target, dim=1)).mean()


def photo_title_contrast(logits: Tensor, ignored: Tensor) -> Tensor:
    """InfoNCE both ways between n photos and m ≥ n titles, of which the first n are theirs.

    logits and ignored are (n, m); the titles beyond n are wrong answers for the photos only.
    """
    count = len(logits)
    right = torch.arange(count)
    to_title = info_nce(logits, right, ignored)
    to_photo = info_nce(logits[:, :count].T, right, ignored[:, :count].T)
    return (to_title + to_photo) / 2
