"""Train the compact image tower from scratch: distilled from teachers, contrasted with titles.

Run by `python -m ml.mismatch.fit --teachers FOLDER`, which needs the tower it makes.

Two losses at once. Distillation (Hinton et al. 2015, on features): a linear reading of the tower
must resemble what the teachers see in the same crop ("patient and consistent", Beyer et al. 2022).
Contrast (CLIP, Radford et al. 2021): in a space shared with titles, a photo is nearer to its own
title than to others: any, some of its category, and its own with one value swapped.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from ml.artefacts import Artefact
from ml.encoders.base import TextEncoder
from ml.encoders.corpus import TWICE
from ml.encoders.heads import Head, TitleHead, own_logits
from ml.encoders.image import TowerConfig, TowerPixels, build_tower, normalised, save_tower
from ml.encoders.palette import typical_colours
from ml.encoders.pixels import varied, whole
from ml.encoders.tower_data import TowerData, prepare
from ml.fitting import FitConfig, FitResult, fit_module
from ml.losses import cosine_distance, photo_title_contrast
from ml.metrics import roc_auc
from ml.records import ItemRecord


@dataclass(frozen=True)
class TowerFitConfig:
    """Sizes and weights of the training; `fit` holds what every model's training has."""

    tower: TowerConfig = field(
        default_factory=lambda: TowerConfig("mobilenetv4_conv_small", embed_dim=512, image_size=128)
    )
    fit: FitConfig = field(
        default_factory=lambda: FitConfig(
            epochs=20, batch_size=64, learning_rate=2e-3, weight_decay=0.02, gradient_norm=3.0
        )
    )
    early_size: int = 96  # small pictures first: twice the steps in the same time
    early_share: float = 0.8
    shared_dim: int = 256
    random_titles: int = 512  # wrong titles beyond those of the batch
    hard_titles: int = 4  # wrong titles a photo out of its own category
    hidden_dim: int = 512
    dropout: float = 0.1
    word_dropout: float = 0.2
    distillation: float = 2.0
    sizes_tried: tuple[int, ...] = (128, 144, 160)
    palette_colours: int = 128
    palette_share: float = 0.36  # of a row's squared length


class Student(nn.Module):
    """The tower and the heads that only its training needs."""

    def __init__(self, config: TowerFitConfig, text_dim: int, teacher_dim: int, words: int) -> None:
        super().__init__()
        dim, hidden, shared = config.tower.embed_dim, config.hidden_dim, config.shared_dim
        self.tower = build_tower(config.tower).to(memory_format=torch.channels_last)
        self.image_head = Head(dim, hidden, shared, config.dropout)
        self.title_head = TitleHead(text_dim, hidden, shared, config.dropout, words)
        self.teacher_head = nn.Linear(dim, teacher_dim)
        self.log_scale = nn.Parameter(torch.tensor(math.log(10.0)))

    def image_rows(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised images (n, 3, s, s) to unit rows (n, dim) and (n, shared_dim)."""
        encoded = F.normalize(self.tower(images), dim=1)
        return encoded, self.image_head(encoded)

    def scale(self) -> Tensor:
        """The inverse temperature, bounded so that a noisy title cannot rule the loss."""
        return self.log_scale.exp().clamp(max=40)


class TowerTraining:
    """One run: holds the data, draws what a step needs, and scores the valid split."""

    def __init__(self, config: TowerFitConfig, data: TowerData) -> None:
        self.config = config
        self.data = data
        torch.manual_seed(config.fit.seed)
        self.student = Student(
            config, data.bank.vectors.shape[2], data.teacher.shape[2], len(data.vocabulary.words)
        )
        self._rows = _rows_of_an_epoch(data)
        self._numbers = np.random.default_rng(config.fit.seed)
        self._torch_numbers = torch.Generator().manual_seed(config.fit.seed)
        self._step = 0
        steps = config.fit.epochs * max(1, len(self._rows) // config.fit.batch_size)
        self._last_early_step = steps * config.early_share

    def run(self) -> FitResult:
        return fit_module(
            self.student,
            count=len(self._rows),
            loss_of=self.loss_of,
            score=lambda: self.score(self.config.tower.image_size),
            config=self.config.fit,
            label="tower",
        )

    def loss_of(self, batch: NDArray[np.int64]) -> Tensor:
        rows = self._rows[batch]
        early = self._step < self._last_early_step
        size = self.config.early_size if early else self.config.tower.image_size
        self._step += 1
        view = self._numbers.integers(0, self.data.boxes.shape[1], len(rows))
        pixels, boxes = self.data.pixels_of("train", rows), self.data.boxes[rows, view]
        images = varied(pixels, boxes, size, self._torch_numbers)
        encoded, shared = self.student.image_rows(normalised(images, self.config.tower))
        seen = torch.from_numpy(self.data.teacher[rows, view]).float()
        taught = cosine_distance(self.student.teacher_head(encoded), seen)
        return self._contrast(rows, shared) + self.config.distillation * taught

    def _contrast(self, rows: NDArray[np.int64], shared: Tensor) -> Tensor:
        bank, config, head = self.data.bank, self.config, self.student.title_head
        titles = bank.candidates(rows, config.random_titles, config.hard_titles, self._numbers)
        texts = head.of(bank.drawn(titles, self._numbers), word_dropout=config.word_dropout)
        logits = self.student.scale() * shared @ texts.T  # (n, m), the first n are right
        swapped, there = bank.swapped(rows)
        own_wrong = own_logits(shared, head.of(swapped), there, self.student.scale())
        return photo_title_contrast(logits, bank.agreement(rows, titles), own_wrong)

    def score(self, size: int) -> float:
        """Mean of the ROC-AUCs for random and hard wrong titles on the valid split."""
        self.student.eval()
        rows = np.arange(len(self.data.valid))
        with torch.inference_mode():
            photos = torch.cat(
                [self._valid_photos(part, size) for part in np.array_split(rows, 64)]
            )
            titles = self.student.title_head.of(self.data.valid_titles)
        true = (photos * titles).sum(1).numpy()
        aucs = []
        for wrong in (self.data.valid_random, self.data.valid_hard):
            known = wrong >= 0
            false = (photos * titles[wrong]).sum(1).numpy()
            scores = np.concatenate([true[known], false[known]]).astype(np.float64)
            aucs.append(roc_auc(scores, np.arange(len(scores)) < known.sum()))
        print(f"valid at {size} px: random {aucs[0]:.4f}, hard {aucs[1]:.4f}", flush=True)
        return float(np.mean(aucs))

    def _valid_photos(self, rows: NDArray[np.int64], size: int) -> Tensor:
        images = whole(self.data.pixels_of("valid", rows), size)
        shared: Tensor = self.student.image_rows(normalised(images, self.config.tower))[1]
        return shared

    def best_size(self) -> int:
        """The picture size that serves best on valid: often above the one trained at."""
        return max(self.config.sizes_tried, key=self.score)


def fit_tower(config: TowerFitConfig, data: TowerData) -> tuple[TowerTraining, dict[str, Any]]:
    """Train, choose the picture size on valid, and say what happened."""
    training = TowerTraining(config, data)
    result = training.run()
    size = training.best_size()
    training.config = replace(config, tower=replace(config.tower, image_size=size))
    return training, {
        "epochs": len(result.history),
        "best_epoch": result.best_epoch,
        "valid_mean_auc": result.best_score,
        "image_size": size,
        "history": result.history,
    }


@contextmanager
def half_precision_products() -> Iterator[None]:
    """Products in bfloat16, sums and weights in float32: twice the steps on CPUs that have it."""
    mkldnn: Any = torch.backends.mkldnn
    parts = (mkldnn.conv, mkldnn.matmul)
    before = [part.fp32_precision for part in parts]
    for part in parts:
        part.fp32_precision = "bf16"
    try:
        yield
    finally:
        for part, precision in zip(parts, before, strict=True):
            part.fp32_precision = precision


def _rows_of_an_epoch(data: TowerData) -> NDArray[np.int64]:
    twice = [row for row, pair in enumerate(data.train) if pair.record.source in TWICE]
    return np.concatenate([np.arange(len(data.train)), np.array(twice, dtype=np.int64)])


def train_tower(
    records: Sequence[ItemRecord],
    teachers: Path,
    text_encoder: TextEncoder,
    out: Path,
    *,
    work: Path | None = None,
    quick: bool = False,
) -> Artefact:
    """Prepare the data, train, and write the artefact; `work` keeps what is slow to prepare.

    `quick` is a smoke run: two short epochs on a few photos.
    """
    config = TowerFitConfig()
    if quick:
        config = replace(config, fit=replace(config.fit, epochs=2))
    with tempfile.TemporaryDirectory() as scratch, half_precision_products():
        limit = 256 if quick else sys.maxsize
        data = prepare(records, teachers, text_encoder, work or Path(scratch), limit)
        training, metrics = fit_tower(config, data)
        tower = with_palette(training, data)
    sources = sorted({pair.record.source for pair in data.train})
    return save_tower(
        out,
        tower,
        metrics=metrics,
        card=tower_card(tower.config, metrics, sources, len(data.train)),
        extra={"trained_on": sources},
    )


def with_palette(training: TowerTraining, data: TowerData) -> TowerPixels:
    """The trained tower with the typical colours of the training pictures beside it."""
    colours = training.config.palette_colours
    config = replace(
        training.config.tower,
        palette_colours=colours,
        palette_share=training.config.palette_share,
    )
    tower = TowerPixels(training.student.tower, config)
    pixels = data.pixels_of("train", np.arange(len(data.train)))
    assert tower.palette is not None
    tower.palette.centres.copy_(typical_colours(pixels, colours, training.config.fit.seed))
    return tower


def tower_card(
    tower: TowerConfig, metrics: Mapping[str, Any], sources: Sequence[str], photos: int
) -> str:
    """The tower's card in Markdown."""
    return f"""# Image tower

{tower.timm_model_name} (timm, under open_clip's adapter) with fresh weights, {tower.embed_dim}
values a picture, pictures squeezed to {tower.image_size} × {tower.image_size}. Beside them a
histogram of {tower.palette_colours} typical colours, of the thing and of the whole middle, with
{tower.palette_share:.0%} of a row's squared length. Weights in half precision.

Trained on {photos} photos of {", ".join(sources)}: distilled from two public MobileNetV2 feature
extractors (Apache-2.0; Google's on-device object labeler and TensorFlow's ImageNet model), whose
weights are neither in it nor its start, and contrasted with the titles. Licences of the photos are
in the mismatch artefact's card. Made by

    python -m ml.mismatch.fit --data FOLDER --teachers FOLDER --out FOLDER

Mean ROC-AUC of photo–title cosines on valid, random and hard wrong titles: \
{metrics["valid_mean_auc"]:.3f} after {metrics["epochs"]} epochs. Test figures are in the mismatch
artefact.

Limits: few photos, most of them of fashion; it knows shapes, colours and patterns, reads no text,
and is no substitute for a large pre-trained encoder, which one setting puts in its place.
"""
