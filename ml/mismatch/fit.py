"""Fit the mismatch model, and on demand the image tower under it: records to artefacts.

    python -m ml.mismatch.fit --data FOLDER --out FOLDER [--teachers FOLDER] [--quick]

1. With --teachers, train the image tower from scratch and write OUT/image_tower.
2. Encode every photo in a few views, and every title in a few wordings.
3. Train the two heads on the train split, keeping the epoch that is best on valid; then the head
   that names colours and the like.
4. Choose anchors, probability and thresholds; the last two on valid.
5. Measure on the test split, once, and write OUT/mismatch.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from ml.artefacts import Artefact, ArtefactError, save_artefact
from ml.encoders.base import ImageEncoder, TextEncoder, Vectors, read_photo
from ml.encoders.corpus import EVALUATION_ONLY, Pair, pairs_of
from ml.encoders.fit import train_tower
from ml.encoders.heads import own_logits
from ml.encoders.registry import (
    BUNDLED_TOWER,
    EncoderSpecError,
    load_image_encoder,
    load_text_encoder,
)
from ml.encoders.title_bank import (
    TitleBank,
    Titles,
    as_titles,
    build_title_bank,
    encode_texts,
    texts_of,
)
from ml.encoders.words import Vocabulary, learn_vocabulary
from ml.fitting import FitConfig, FitError, FitResult, fit_module
from ml.losses import photo_title_contrast
from ml.metrics import roc_auc
from ml.mismatch.calibration import CalibrationConfig, Encoders, calibrate, unsaved_predictor
from ml.mismatch.card import write_card
from ml.mismatch.evaluate import evaluate
from ml.mismatch.model import FORMAT_VERSION, KIND, MismatchConfig, MismatchHeads
from ml.mismatch.pairs import DECODED_SIZE, EncodedItems, encode_items
from ml.mismatch.predict import MismatchPredictor
from ml.mismatch.scoring import SEED
from ml.mismatch.values import ValueHead, learn_values
from ml.negatives import hard_negatives, random_negatives
from ml.records import ItemRecord, RecordError, read_catalogue, split_of

_CHUNK = 256


@dataclass(frozen=True)
class MismatchFitConfig:
    fit: FitConfig = field(
        default_factory=lambda: FitConfig(
            epochs=40, batch_size=256, learning_rate=1e-3, weight_decay=0.05, patience=8
        )
    )
    dropout: float = 0.3
    word_dropout: float = 0.3
    noise: float = 0.02  # of each coordinate of an encoder's unit row
    views: int = 3  # of each photo: whole, mirrored, then random crops
    random_titles: int = 2048
    hard_titles: int = 4
    anchors: int = 256
    values_fit: FitConfig = field(
        default_factory=lambda: FitConfig(
            epochs=30, batch_size=128, learning_rate=2e-3, weight_decay=0.02, patience=8
        )
    )
    values_dropout: float = 0.4
    values_smoothing: float = 0.05
    calibration: CalibrationConfig = field(default_factory=CalibrationConfig)


class HeadsTraining:
    """One run over encoded pairs: draws what a step needs, and scores the valid split."""

    def __init__(
        self, heads: MismatchHeads, views: Vectors, bank: TitleBank, config: MismatchFitConfig
    ) -> None:
        self.heads, self.bank, self.config = heads, bank, config
        self._views = views  # (views, pairs, image_dim)
        self._numbers = np.random.default_rng(config.fit.seed)
        self._torch_numbers = torch.Generator().manual_seed(config.fit.seed)

    def loss_of(self, rows: NDArray[np.int64]) -> Tensor:
        view = self._numbers.integers(0, len(self._views), len(rows))
        photos = self.heads.image(self._noisy(torch.from_numpy(self._views[view, rows])))
        config, head, scale = self.config, self.heads.text, self.heads.scale()
        titles = self.bank.candidates(rows, config.random_titles, config.hard_titles, self._numbers)
        drawn = self.bank.drawn(titles, self._numbers)
        texts = head.of(self._noisy_titles(drawn), word_dropout=config.word_dropout)
        logits = scale * photos @ texts.T  # (n, m), the first n are right
        swapped, there = self.bank.swapped(rows)
        own_wrong = own_logits(photos, head.of(self._noisy_titles(swapped)), there, scale)
        return photo_title_contrast(logits, self.bank.agreement(rows, titles), own_wrong)

    def _noisy_titles(self, titles: Titles) -> Titles:
        return replace(titles, vectors=self._noisy(titles.vectors))

    def _noisy(self, rows: Tensor) -> Tensor:
        noise = torch.randn(rows.shape, generator=self._torch_numbers)
        return rows + self.config.noise * noise


def fit(
    records: Sequence[ItemRecord],
    image_encoder: ImageEncoder,
    text_encoder: TextEncoder,
    config: MismatchFitConfig,
    out: Path,
    command: str,
) -> Artefact:
    """Steps 2 to 5 of the module; raises FitError when a split has no usable pair."""
    encoders = image_encoder, text_encoder
    usable = [record for record in records if record.source not in EVALUATION_ONLY]
    train = pairs_of(usable, "train")
    valid = encode_items([r for r in usable if split_of(r.id) == "valid"], *encoders)
    if not train or not valid.records:
        raise FitError("the catalogue needs titled products with photos in train and in valid")
    views = encode_views(train, image_encoder, config.views)
    texts = texts_of(train)
    vocabulary = learn_vocabulary(pair.record.title for pair in train)
    bank = build_title_bank(train, texts, encode_texts(texts, text_encoder), vocabulary)
    model = MismatchConfig(
        image_dim=image_encoder.dim,
        text_dim=text_encoder.dim,
        image_release=image_encoder.release,
        text_release=text_encoder.release,
        vocabulary=vocabulary.words,
        values=learn_values(list({pair.record.id: pair.record for pair in train}.values())).by_kind,
        trained_on=tuple(sorted({record.source for record in usable})),
    )
    heads, result = fit_heads(model, views, bank, valid, config)
    values = fit_values(heads, model, views, [pair.record for pair in train], valid, config)
    tensors = {name: tensor.numpy() for name, tensor in heads.state_dict().items()}
    tensors |= choose_anchors(heads, views, bank, config.anchors)
    model = calibrate(model, tensors, valid, encoders, config.calibration)
    predictor = unsaved_predictor(model, tensors, encoders)
    metrics: dict[str, Any] = {
        "train_pairs": len(train),
        "best_epoch": result.best_epoch,
        "values_log_likelihood": values.best_score,
        "valid": evaluate(predictor, valid),
        **measure(predictor, records, encoders),
    }
    return save_artefact(
        out,
        kind=KIND,
        format_version=FORMAT_VERSION,
        config=asdict(model),
        tensors=tensors,
        metrics=metrics,
        card=write_card(metrics, model.trained_on, command),
    )


def measure(
    predictor: MismatchPredictor, records: Sequence[ItemRecord], encoders: Encoders
) -> dict[str, Any]:
    """Reports on the test split, and on sources that are never trained on if there are any."""
    known = [record for record in records if record.source not in EVALUATION_ONLY]
    test = [record for record in known if split_of(record.id) == "test"]
    report = {"test": evaluate(predictor, encode_items(test, *encoders))}
    foreign = [record for record in records if record.source in EVALUATION_ONLY]
    if foreign:
        report["never_trained_on"] = evaluate(predictor, encode_items(foreign, *encoders))
    return report


def encode_views(pairs: Sequence[Pair], encoder: ImageEncoder, views: int) -> Vectors:
    """(views, pairs, image_dim): whole photos, mirrored ones, then random crops of 60–100%."""
    generator = np.random.default_rng(SEED)
    encoded = np.empty((views, len(pairs), encoder.dim), dtype=np.float32)
    for start in range(0, len(pairs), _CHUNK):
        photos = [read_photo(pair.photo, DECODED_SIZE) for pair in pairs[start : start + _CHUNK]]
        for view in range(views):
            varied = [_view_of(photo, view, generator) for photo in photos]
            encoded[view, start : start + len(photos)] = encoder.encode(varied)
        print(f"views of {start + len(photos)} of {len(pairs)} photos", flush=True)
    return encoded


def fit_heads(
    model: MismatchConfig,
    views: Vectors,
    bank: TitleBank,
    valid: EncodedItems,
    config: MismatchFitConfig,
) -> tuple[MismatchHeads, FitResult]:
    """Train the heads; the score is the mean ROC-AUC of cosines for random and hard titles."""
    torch.manual_seed(config.fit.seed)
    heads = MismatchHeads(model, config.dropout)
    training = HeadsTraining(heads, views, bank, config)
    vocabulary = Vocabulary(model.vocabulary)
    valid_titles = as_titles(valid.titles, [r.title for r in valid.records], vocabulary)
    negatives = [random_negatives(valid.records, SEED), hard_negatives(valid.records, SEED)]

    def score() -> float:
        photos = heads.image(torch.from_numpy(valid.photos)).numpy()
        titles = heads.text.of(valid_titles).numpy()
        return float(np.nanmean([_cosine_auc(photos, titles, valid, wrong) for wrong in negatives]))

    result = fit_module(
        heads,
        count=views.shape[1],
        loss_of=training.loss_of,
        score=score,
        config=config.fit,
        label="heads",
    )
    return heads.eval(), result


def fit_values(
    heads: MismatchHeads,
    model: MismatchConfig,
    views: Vectors,
    records: Sequence[ItemRecord],
    valid: EncodedItems,
    config: MismatchFitConfig,
) -> FitResult:
    """Train the head that names values, on photos as the trained heads see them."""
    known = model.known_values
    labels = torch.from_numpy(known.labels(records))  # (pairs, kinds)
    valid_labels = torch.from_numpy(known.labels(valid.records)[valid.owner])
    with torch.no_grad():
        rows = torch.stack([heads.image(torch.from_numpy(view)) for view in views])
        valid_rows = heads.image(torch.from_numpy(valid.photos))
    torch.manual_seed(config.values_fit.seed)
    head = ValueHead(
        model.shared_dim, model.hidden_dim // 2, model.value_sizes, config.values_dropout
    )
    numbers = np.random.default_rng(config.values_fit.seed)

    def loss_of(batch: NDArray[np.int64]) -> Tensor:
        view = numbers.integers(0, len(rows), len(batch))
        return head.loss(rows[view, batch], labels[batch], config.values_smoothing)

    result = fit_module(
        head,
        count=len(records),
        loss_of=loss_of,
        score=lambda: -float(head.loss(valid_rows, valid_labels)),
        config=config.values_fit,
        label="values",
    )
    heads.values.load_state_dict(head.state_dict())
    return result


def choose_anchors(
    heads: MismatchHeads, views: Vectors, bank: TitleBank, count: int
) -> dict[str, Vectors]:
    """Centres of the train photos and of the train titles in the shared space, as unit rows."""
    with torch.inference_mode():
        photos = heads.image(torch.from_numpy(views[0])).numpy()
        everyone = np.arange(len(bank.vectors))
        titles = heads.text.of(bank.titles(everyone, np.zeros_like(everyone))).numpy()
    return {"anchors.photo": _centres(photos, count), "anchors.title": _centres(titles, count)}


def _cosine_auc(
    photos: Vectors, titles: Vectors, items: EncodedItems, wrong: NDArray[np.int64]
) -> float:
    """How often a photo is nearer to its own title than a photo to the wrong one."""
    rows = np.flatnonzero(wrong[items.owner] >= 0)
    owners = items.owner[rows]
    right = (photos[rows] * titles[owners]).sum(axis=1)
    other = (photos[rows] * titles[wrong[owners]]).sum(axis=1)
    scores = np.concatenate([right, other]).astype(np.float64)
    return roc_auc(scores, np.arange(len(scores)) < len(rows))


def _centres(rows: Vectors, count: int) -> Vectors:
    kmeans = faiss.Kmeans(
        rows.shape[1], min(count, len(rows)), niter=20, spherical=True, seed=SEED, verbose=False
    )
    kmeans.train(np.ascontiguousarray(rows, dtype=np.float32))
    assert kmeans.centroids is not None
    return np.asarray(kmeans.centroids, dtype=np.float32)


def _view_of(photo: Image.Image, view: int, generator: np.random.Generator) -> Image.Image:
    if view == 0:
        return photo
    if view == 1:
        return ImageOps.mirror(photo)
    share = float(np.sqrt(generator.uniform(0.6, 1.0)))
    width, height = max(1, int(photo.width * share)), max(1, int(photo.height * share))
    left = int(generator.integers(0, photo.width - width + 1))
    top = int(generator.integers(0, photo.height - height + 1))
    return photo.crop((left, top, left + width, top + height))


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # Kernels compete for the cores of a busy machine: one thread is faster than two that spin.
    torch.set_num_threads(1)
    try:
        records = list(read_catalogue(options.data))
        config = MismatchFitConfig()
        if options.quick:
            records = quick_sample(records)
            config = replace(config, views=1, anchors=32, fit=replace(config.fit, epochs=3))
        text_encoder = load_text_encoder(options.text_encoder)
        image_spec = options.image_encoder
        if options.teachers:
            image_spec = str(options.out / BUNDLED_TOWER)
            train_tower(
                records,
                options.teachers,
                text_encoder,
                Path(image_spec),
                work=options.work,
                quick=options.quick,
            )
        image_encoder = load_image_encoder(image_spec)
        artefact = fit(
            records,
            image_encoder,
            text_encoder,
            config,
            options.out / KIND,
            command=_command(options),
        )
    except (ArtefactError, RecordError, FitError, EncoderSpecError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"wrote {artefact.folder}, release {artefact.release}")
    return 0


def quick_sample(records: Sequence[ItemRecord]) -> list[ItemRecord]:
    """Every 16th record, in the order of the file: enough to see that every step runs."""
    return list(records[::16])


def _command(options: argparse.Namespace) -> str:
    parts = ["python -m ml.mismatch.fit --data FOLDER --out FOLDER"]
    parts += ["--teachers FOLDER"] if options.teachers else []
    parts += ["--quick"] if options.quick else []
    return " ".join(parts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.mismatch.fit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the catalogue")
    parser.add_argument("--out", type=Path, required=True, help="artefacts are written below it")
    parser.add_argument("--teachers", type=Path, help="also train the image tower, from these")
    parser.add_argument("--work", type=Path, help="keeps what is slow to prepare for next time")
    parser.add_argument("--image-encoder", default="bundled", help="see ml.encoders.registry")
    parser.add_argument("--text-encoder", default="bundled", help="see ml.encoders.registry")
    parser.add_argument("--quick", action="store_true", help="a sixteenth of the data, few epochs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
