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


def photo_title_contrast(
    logits: Tensor, ignored: Tensor, own_wrong: Tensor | None = None
) -> Tensor:
    """InfoNCE both ways between n photos and m ≥ n titles, of which the first n are theirs.

    logits and ignored are (n, m); the titles beyond n are wrong answers for the photos only.
    `own_wrong` (n, s) are logits of wrong titles made for each photo alone, -inf where there are
    fewer.
    """
    count = len(logits)
    right = torch.arange(count)
    wrong = logits if own_wrong is None else torch.cat([logits, own_wrong.clamp(min=MASKED)], 1)
    beyond = wrong.shape[1] - logits.shape[1]
    to_title = info_nce(wrong, right, F.pad(ignored, (0, beyond)))
    to_photo = info_nce(logits[:, :count].T, right, ignored[:, :count].T)
    return (to_title + to_photo) / 2


def triplet(distances: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """Mean hinge of a triplet: the negative should lie `margin` beyond the positive.

    distances (n, m) of anchors to candidates; positive (n,) distances to the right ones; negative
    (n,) columns of the wrong ones, -1 where an anchor has none. Zero without any triplet.
    """
    there = negative >= 0
    chosen = distances.gather(1, negative.clamp(min=0)[:, None])[:, 0]
    hinge = (margin + positive - chosen).clamp(min=0) * there
    return hinge.sum() / there.sum().clamp(min=1)


def norm_excess(entities: Tensor) -> Tensor:
    """TransH's soft constraint |e|² ≤ 1 (Wang et al. 2014, §3.4): mean excess of rows (n, d)."""
    return ((entities**2).sum(dim=1) - 1).clamp(min=0).mean()


def orthogonality_excess(normals: Tensor, translations: Tensor, slack: float) -> Tensor:
    """TransH's soft constraint that d_r lies in its hyperplane: the cosine with w_r is small.

    normals and translations (r, d); what (w_r · d_r)² / |d_r|² has above slack², summed over
    relations.
    """
    unit = F.normalize(normals, dim=1)
    along = (unit * translations).sum(dim=1) ** 2
    lengths = (translations**2).sum(dim=1).clamp(min=1e-12)
    return (along / lengths - slack**2).clamp(min=0).sum()
