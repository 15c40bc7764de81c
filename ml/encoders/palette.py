"""The colours of the thing in a picture, as a soft histogram: what a compact tower sees worst.

Convolutions trained on few pictures name shapes well and colours badly. Counting the pixels near
each of some typical colours is simple, needs no training, and holds for goods never seen before.
Pixels count more the nearer they are to the middle and, in the first of the two histograms, the
less they resemble the picture's rim, which mostly is background.
"""

from __future__ import annotations

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

SIDE = 32  # of the small picture whose pixels are counted
SOFTNESS = 6.0  # Lab units within which a pixel is shared between typical colours
RIM_SOFTNESS = 12.0  # Lab units from the rim's colour at which a pixel counts fully
MIDDLE = 0.77  # half-width of the bell over the picture, in halves of its side
LEAST_WEIGHT = 0.02

_TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_WHITE = (0.9505, 1.0, 1.089)


class Palette(nn.Module):
    """RGB 0..1 (n, 3, s, s) to unit rows (n, 2 · colours): of the thing, then of all the middle."""

    def __init__(self, colours: int) -> None:
        super().__init__()
        self.centres: Tensor
        self.register_buffer("centres", torch.zeros(colours, 3))  # Lab

    def forward(self, images: Tensor) -> Tensor:
        lab = lab_pixels(images)  # (n, p, 3)
        near = self._shares(lab)  # (n, p, colours)
        middle = _bell(lab)  # (p,)
        weight = middle * self._unlike_rim(lab)  # (n, p)
        thing = torch.einsum("npc,np->nc", near, weight) / weight.sum(1, keepdim=True)
        whole = torch.einsum("npc,p->nc", near, middle) / middle.sum()
        # The root of a histogram: cosines of these are Bhattacharyya's coefficient.
        return torch.cat([thing, whole], dim=1).clamp(min=0).sqrt() / 2**0.5

    def _shares(self, lab: Tensor) -> Tensor:
        squared = (
            (lab**2).sum(-1, keepdim=True) - 2 * lab @ self.centres.T + (self.centres**2).sum(-1)
        )  # (n, p, colours)
        return F.softmax(-squared / SOFTNESS**2, dim=-1)

    def _unlike_rim(self, lab: Tensor) -> Tensor:
        square = lab.view(-1, SIDE, SIDE, 3)
        rim = torch.cat([square[:, 0], square[:, -1], square[:, :, 0], square[:, :, -1]], dim=1)
        background = rim.sort(dim=1)[0][:, rim.shape[1] // 2]  # (n, 3), the median
        distance = (lab - background[:, None]).pow(2).sum(-1).clamp(min=1e-6).sqrt()
        return (distance / RIM_SOFTNESS).clamp(LEAST_WEIGHT, 1)


def lab_pixels(images: Tensor) -> Tensor:
    """RGB 0..1 (n, 3, s, s) to the CIE Lab values (n, SIDE², 3) of a small copy."""
    small = F.adaptive_avg_pool2d(images, SIDE).flatten(2).transpose(1, 2)  # (n, p, 3)
    linear = torch.where(small > 0.04045, ((small + 0.055) / 1.055) ** 2.4, small / 12.92)
    xyz = linear @ torch.tensor(_TO_XYZ).T / torch.tensor(_WHITE)
    roots = torch.where(xyz > 0.008856, xyz.clamp(min=1e-6) ** (1 / 3), 7.787 * xyz + 16 / 116)
    x, y, z = roots.unbind(-1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=-1)


def typical_colours(pixels: NDArray[np.uint8], colours: int, seed: int) -> Tensor:
    """Centres (colours, 3) in Lab of the pixels of many pictures (n, s, s, 3), by k-means."""
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.permutation(len(pixels))[:3000])
    batch = torch.from_numpy(pixels[chosen]).permute(0, 3, 1, 2).float() / 255
    lab = lab_pixels(batch)  # (n, p, 3)
    few = lab[:, torch.from_numpy(generator.permutation(SIDE * SIDE)[:40])].reshape(-1, 3)
    kmeans = faiss.Kmeans(3, min(colours, len(few)), niter=15, seed=seed, verbose=False)
    kmeans.train(np.ascontiguousarray(few.numpy(), dtype=np.float32))
    assert kmeans.centroids is not None
    centres = torch.zeros(colours, 3)
    centres[: len(kmeans.centroids)] = torch.from_numpy(kmeans.centroids)
    return centres


def _bell(lab: Tensor) -> Tensor:
    """Weights (SIDE²,) of the places in a picture, the middle's the highest."""
    places = (torch.arange(SIDE, device=lab.device) + 0.5) / SIDE * 2 - 1
    squared = places[:, None] ** 2 + places[None, :] ** 2
    return torch.exp(-squared / MIDDLE**2).flatten()
