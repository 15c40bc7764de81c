"""Fit the twin tower: records to an artefact.

    python -m ml.two_tower.fit --data FOLDER --out FOLDER [--work CACHE] [--quick]

1. Encode every photo in a few views, and every title in a few wordings.
2. Train on the train split, keeping the epoch that is best on valid.
3. Measure on the test split, once, and write OUT/two_tower.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ml.artefacts import Artefact, ArtefactError, save_artefact
from ml.encoders.base import ImageEncoder, TextEncoder
from ml.encoders.corpus import EVALUATION_ONLY
from ml.encoders.registry import EncoderSpecError, load_image_encoder, load_text_encoder
from ml.encoders.words import Vocabulary, learn_vocabulary
from ml.fitting import FitError, FitResult, fit_module
from ml.records import ItemRecord, RecordError, read_catalogue
from ml.shop_links import LINKED_SOURCE
from ml.two_tower.card import write_card
from ml.two_tower.evaluate import (
    Truth,
    alike_truth,
    embed,
    linked_truth,
    measure,
    room_links,
    similar_recalls,
    with_looks,
)
from ml.two_tower.items import (
    UNNAMED,
    VIEWS,
    WORDINGS,
    ItemRows,
    encode_items,
    items_of,
    joined,
    read_styles,
)
from ml.two_tower.model import FORMAT_VERSION, KIND, ItemTower, TwoTowerConfig
from ml.two_tower.pairs import read_links
from ml.two_tower.training import TowerFitConfig, TowerTraining

MOST_WORDS = 4000  # of the vocabulary, the most frequent: each costs a vector


@dataclass(frozen=True)
class Corpus:
    """What a fit reads, encoded once."""

    train: ItemRows
    valid: ItemRows  # of sources that state type and colour
    links: NDArray[np.int64]  # (links, 2) rows of train that go together
    model: TwoTowerConfig  # as far as the data says it


def read_corpus(
    data: Path,
    records: Sequence[ItemRecord],
    image_encoder: ImageEncoder,
    text_encoder: TextEncoder,
    work: Path | None = None,
    *,
    every: int = 1,
) -> Corpus:
    """Step 1 of the module; raises FitError when a split has no usable item.

    Of the titles without photos, which are read besides the records, one in `every` is taken.
    """
    encoders = image_encoder, text_encoder
    pictured = items_of(records, "train")
    valid = with_looks(encode_items(items_of(records, "valid"), *encoders, work=work))
    if not pictured or not len(alike_truth(valid.records).queries):
        raise FitError(
            "the catalogue needs titled products with photos in train, and in valid two "
            "of one type and colour"
        )
    plain = read_styles(data, [record.id for record in records])[::every]
    train = encode_items(pictured, *encoders, views=VIEWS, wordings=WORDINGS, work=work)
    if plain:
        train = joined(train, encode_items(plain, *encoders, wordings=WORDINGS, work=work))
    place = {record.id: row for row, record in enumerate(train.records)}
    links = [(place[head], place[tail]) for head, tail in read_links(data, pictured, "train")]
    words = learn_vocabulary(record.title for record in train.records).words
    model = TwoTowerConfig(
        image_dim=image_encoder.dim,
        text_dim=text_encoder.dim,
        image_release=image_encoder.release,
        text_release=text_encoder.release,
        vocabulary=words[:MOST_WORDS],
        trained_on=tuple(sorted({record.source for record in train.records})),
    )
    rows = np.array(links, dtype=np.int64).reshape(-1, 2)
    return Corpus(train, valid, rows, model)


def fit_tower(corpus: Corpus, config: TowerFitConfig) -> tuple[ItemTower, FitResult]:
    """Step 2 of the module; the score is recall@10 of similar items on valid.

    A tower that never sees one side in training is scored without it.
    """
    torch.manual_seed(config.fit.seed)
    vocabulary = Vocabulary(corpus.model.vocabulary)
    tower = ItemTower(replace(corpus.model, transh=config.transh), config.dropout)
    training = TowerTraining(tower, corpus.train, corpus.links, vocabulary, config)
    truth = alike_truth(corpus.valid.records)
    sides = {"photos": config.without_photo < 1, "titles": config.without_title < 1}

    def score() -> float:
        vectors = embed(tower, vocabulary, corpus.valid, **sides)
        return float(similar_recalls(vectors, truth).mean())

    result = fit_module(
        tower,
        count=len(training.anchors),
        loss_of=training.loss_of,
        score=score,
        config=config.fit,
        label="two_tower",
    )
    return tower.eval(), result


def fit(
    data: Path,
    records: Sequence[ItemRecord],
    image_encoder: ImageEncoder,
    text_encoder: TextEncoder,
    config: TowerFitConfig,
    out: Path,
    *,
    command: str,
    work: Path | None = None,
    every: int = 1,
) -> Artefact:
    """All steps of the module. Raises FitError when there is nothing to learn from."""
    encoders = image_encoder, text_encoder
    corpus = read_corpus(data, records, *encoders, work=work, every=every)
    tower, result = fit_tower(corpus, config)
    model = replace(corpus.model, transh=config.transh)
    tensors = half_precision(tower)
    test = held_out(records, encoders, work)
    vocabulary = Vocabulary(model.vocabulary)
    metrics: dict[str, Any] = {
        "train_items": len(corpus.train.records),
        "train_items_with_photo": int(corpus.train.has_photo.sum()),
        "train_links": len(corpus.links),
        "objective": config.objective,
        "best_epoch": result.best_epoch,
        "valid_recall_at_10": result.best_score,
        "test": measure(tower, vocabulary, test, complements_of(data, records, encoders, work)),
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


def held_out(
    records: Sequence[ItemRecord],
    encoders: tuple[ImageEncoder, TextEncoder],
    work: Path | None = None,
) -> ItemRows:
    """The test split of the sources that state types and colours, in all wordings."""
    items = encode_items(items_of(records, "test"), *encoders, wordings=UNNAMED + 1, work=work)
    return with_looks(items)


def half_precision(tower: ItemTower) -> dict[str, NDArray[np.float16]]:
    """The weights as they are saved; the tower is rounded likewise, so that figures are of them."""
    rounded = {name: tensor.half() for name, tensor in tower.state_dict().items()}
    tower.load_state_dict({name: tensor.float() for name, tensor in rounded.items()})
    return {name: tensor.numpy() for name, tensor in rounded.items()}


def complements_of(
    data: Path,
    records: Sequence[ItemRecord],
    encoders: tuple[ImageEncoder, TextEncoder],
    work: Path | None,
) -> dict[str, tuple[ItemRows, Truth]]:
    """What goes together: links of heads kept for the test, and furniture in one room."""
    linked = [record for record in records if record.source == LINKED_SOURCE]
    furniture = [record for record in records if record.source in EVALUATION_ONLY]
    truths = {
        "magento links": (linked, read_links(data, linked, "test")),
        "ikea rooms, never trained on": (furniture, room_links(data, furniture)),
    }
    return {
        name: (encode_items(items, *encoders, work=work), linked_truth(items, links))
        for name, (items, links) in truths.items()
        if items and links
    }


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # Kernels compete for the cores of a busy machine: one thread is faster than two that spin.
    torch.set_num_threads(1)
    try:
        config, every = TowerFitConfig(), 8 if options.quick else 1
        records = list(read_catalogue(options.data))[::every]
        if options.quick:
            config = replace(config, fit=replace(config.fit, epochs=2))
        artefact = fit(
            options.data,
            records,
            load_image_encoder(options.image_encoder),
            load_text_encoder(options.text_encoder),
            config,
            options.out / KIND,
            command="python -m ml.two_tower.fit --data FOLDER --out FOLDER"
            + (" --quick" if options.quick else ""),
            work=options.work,
            every=every,
        )
    except (ArtefactError, RecordError, FitError, EncoderSpecError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"wrote {artefact.folder}, release {artefact.release}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.two_tower.fit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the catalogue")
    parser.add_argument("--out", type=Path, required=True, help="artefacts are written below it")
    parser.add_argument("--work", type=Path, help="keeps what is slow to encode for next time")
    parser.add_argument("--image-encoder", default="bundled", help="see ml.encoders.registry")
    parser.add_argument("--text-encoder", default="bundled", help="see ml.encoders.registry")
    parser.add_argument("--quick", action="store_true", help="an eighth of the data, two epochs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
