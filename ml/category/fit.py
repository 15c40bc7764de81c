"""Fit category suggestion: records to an artefact.

    python -m ml.category.fit --data FOLDER --out FOLDER [--work CACHE] [--quick]

1. Encode every title, photo and category path.
2. Train a tower on all leaves, and one for each fold of leaves without that fold.
3. On the valid split, weigh the tower's answer against the frozen signals: for leaves that it saw,
   and, fold by fold, for leaves that it did not.
4. Measure on the test split, once, and write OUT/category.
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
from ml.category.card import write_card
from ml.category.corpus import (
    MARKETPLACE,
    Corpus,
    encode_corpus,
    examples_of,
    leaves_of,
    read_styles,
)
from ml.category.evaluate import (
    BOTH,
    CONDITIONS,
    TITLE,
    Listings,
    accuracy,
    keys_of,
    right_places,
    signals_of,
)
from ml.category.model import (
    FORMAT_VERSION,
    KIND,
    UNTRAINED,
    CategoryConfig,
    CategoryTower,
    Weights,
    key_of,
)
from ml.category.taxonomy import CategorySpec
from ml.category.training import TowerFit, train_tower
from ml.category.weighing import fit_weights
from ml.encoders.base import TextEncoder
from ml.encoders.registry import EncoderSpecError, load_text_encoder
from ml.fitting import FitError, FitResult
from ml.photo_space import PhotoSpace, load_photo_space
from ml.records import ItemRecord, RecordError, Split, read_catalogue

FOLDS = 3
# What the weights are fitted for, each listing once in either way.
FITTED_ON = (BOTH, TITLE)


@dataclass(frozen=True)
class Setting:
    """What every tower of a fit shares."""

    corpus: Corpus
    leaves: list[CategorySpec]  # those that figures are measured on
    model: CategoryConfig  # as far as the data says it
    config: TowerFit
    texts: TextEncoder
    space: PhotoSpace
    work: Path | None = None

    def listings(self, split: Split, paths: frozenset[str] | None = None) -> Listings:
        """The marketplace's listings of a split, in all leaves that are measured or these."""
        wanted = paths if paths is not None else {leaf.path for leaf in self.leaves}
        corpus = self.corpus
        rows = [
            row for row in corpus.where(split, MARKETPLACE) if corpus.examples[row].path in wanted
        ]
        examples = [corpus.examples[row] for row in rows]
        return Listings(examples, corpus.titles[rows], corpus.unnamed[rows], corpus.photos[rows])


def prepare(
    data: Path,
    records: Sequence[ItemRecord],
    texts: TextEncoder,
    space: PhotoSpace,
    config: TowerFit,
    work: Path | None = None,
    *,
    every: int = 1,
) -> Setting:
    """Step 1 of the module; of the titles without photos one in `every` is taken.

    Raises FitError without a leaf that is large enough.
    """
    examples = examples_of(records) + read_styles(data, records)[::every]
    leaves = [CategorySpec(place, path) for place, path in enumerate(leaves_of(examples))]
    if not leaves:
        raise FitError("no leaf of the catalogue's marketplaces has products enough")
    buckets = CategoryConfig.buckets
    corpus = encode_corpus(examples, texts, space, buckets, work)
    model = CategoryConfig(
        text_release=texts.release,
        photo_release=space.release,
        known=known_of(corpus),
        text_dim=texts.dim,
        photo_dim=space.dim,
        trained_on=tuple(sorted({example.source for example in examples})),
    )
    return Setting(corpus, leaves, model, config, texts, space, work)


def known_of(corpus: Corpus) -> tuple[int, ...]:
    """A number for each category of the corpus; -1 where train has no listing of it."""
    trained = {example.path for example in corpus.examples if example.split == "train"}
    return tuple(key_of(each.path) if each.path in trained else -1 for each in corpus.categories)


def signals_under(
    setting: Setting,
    tower: CategoryTower,
    model: CategoryConfig,
    listings: Listings,
    condition: str,
) -> NDArray[np.float32]:
    """(listings, signals, leaves)."""
    keys = keys_of(setting.leaves, setting.texts, setting.space, (tower, model), setting.work)
    return signals_of(keys, listings.said(condition), (tower, model))


def answers_of(setting: Setting, listings: Listings) -> NDArray[np.int64]:
    places: NDArray[np.int64] = right_places(listings.examples, setting.leaves).argmax(axis=1)
    return places


@dataclass
class HeldBack:
    """Listings of leaves that a tower was trained without, as that tower sees them.

    `fold` (listings, leaves) are the leaves that it had to do without.
    """

    signals: dict[str, list[NDArray[np.float32]]]  # condition -> (listings, signals, leaves)
    right: list[NDArray[np.bool_]]
    fold: list[NDArray[np.bool_]]

    def stacked(self, condition: str) -> NDArray[np.float32]:
        return np.concatenate(self.signals[condition])


def held_back(setting: Setting, folds: int) -> dict[Split, HeldBack]:
    """Every leaf is left out of one tower; its valid and test listings are shown to that one."""
    order = np.random.default_rng(setting.config.fit.seed).permutation(len(setting.leaves))
    found: dict[Split, HeldBack] = {
        split: HeldBack({condition: [] for condition in FITTED_ON}, [], [])
        for split in ("valid", "test")
    }
    for fold in range(folds):
        places = order[fold::folds]
        paths = frozenset(setting.leaves[place].path for place in places)
        hidden = {key_of(path) for path in paths}
        known = tuple(-1 if key in hidden else key for key in setting.model.known)
        model = replace(setting.model, known=known)
        left_out = {setting.corpus.places[path] for path in paths}
        label = f"without fold {fold + 1} of {folds}"
        tower, _ = train_tower(setting.corpus, model, setting.config, left_out, label)
        for split, each in found.items():
            listings = setting.listings(split, paths)
            if not listings.examples:
                continue
            each.right.append(right_places(listings.examples, setting.leaves))
            inside = np.isin(np.arange(len(setting.leaves)), places)
            each.fold.append(np.tile(inside, (len(listings.examples), 1)))
            for condition, signals in each.signals.items():
                signals.append(signals_under(setting, tower, model, listings, condition))
    return found


def weigh_held_back(valid: HeldBack) -> Weights:
    """Weights for taxonomies of which training saw no leaf: only leaves left out compete."""
    if not valid.right:
        raise FitError("the valid split has no listing to weigh the signals on")
    return fit_weights(
        np.concatenate([valid.stacked(condition) for condition in FITTED_ON]),
        np.concatenate(valid.right * len(FITTED_ON)).argmax(axis=1),
        np.concatenate(valid.fold * len(FITTED_ON)),
    )


def measure_held_back(test: HeldBack, weights: Weights) -> dict[str, dict[str, Any]]:
    """Accuracy among the leaves left out, and among all, by these weights and by UNTRAINED."""
    right, fold = np.concatenate(test.right), np.concatenate(test.fold)
    figures = {}
    for condition in FITTED_ON:
        for name, each in (("tower", weights), ("frozen signals", UNTRAINED)):
            logits = each.as_array() @ test.stacked(condition)
            alone = np.where(fold, logits, np.float32(-1e4))
            figures[f"{condition}, {name}, among themselves"] = accuracy(alone, right)
            figures[f"{condition}, {name}, among all"] = accuracy(logits, right)
    return figures


def fit(setting: Setting, out: Path, *, command: str, folds: int = FOLDS) -> Artefact:
    """Steps 2 to 4 of the module. Raises FitError when there is nothing to learn from."""
    tower, result = train_tower(setting.corpus, setting.model, setting.config)
    tensors = half_precision(tower)
    valid = setting.listings("valid")
    signals = [signals_under(setting, tower, setting.model, valid, each) for each in FITTED_ON]
    answers = np.concatenate([answers_of(setting, valid)] * len(FITTED_ON))
    familiar = fit_weights(np.concatenate(signals), answers)
    unseen = held_back(setting, folds)
    foreign = weigh_held_back(unseen["valid"])
    model = replace(setting.model, familiar=familiar, foreign=foreign)
    metrics = measured(setting, tower, model, result) | {
        "leaves_held_back": measure_held_back(unseen["test"], foreign)
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


def measured(
    setting: Setting, tower: CategoryTower, model: CategoryConfig, result: FitResult
) -> dict[str, Any]:
    """The test split's figures under each condition, and how the fit went."""
    listings = setting.listings("test")
    right = right_places(listings.examples, setting.leaves)
    weights = model.familiar.as_array()
    corpus = setting.corpus
    return {
        "train_listings": sum(example.split == "train" for example in corpus.examples),
        "leaves": len(corpus.categories),
        "best_epoch": result.best_epoch,
        "valid_log_likelihood": result.best_score,
        "test": {
            condition: accuracy(
                weights @ signals_under(setting, tower, model, listings, condition), right
            )
            for condition in CONDITIONS
        },
    }


def half_precision(tower: CategoryTower) -> dict[str, NDArray[np.float16]]:
    """The weights as they are saved; the tower is rounded likewise, so that figures are of them."""
    rounded = {name: tensor.half() for name, tensor in tower.state_dict().items()}
    tower.load_state_dict({name: tensor.float() for name, tensor in rounded.items()})
    return {name: tensor.numpy() for name, tensor in rounded.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # Kernels compete for the cores of a busy machine: one thread is faster than two that spin.
    torch.set_num_threads(1)
    try:
        config, every = TowerFit(), 8 if options.quick else 1
        if options.quick:
            config = replace(config, fit=replace(config.fit, epochs=2, batch_size=128))
        texts = load_text_encoder(options.text_encoder)
        space = load_photo_space(texts, options.image_encoder)
        records = list(read_catalogue(options.data))[::every]
        setting = prepare(options.data, records, texts, space, config, options.work, every=every)
        command = "python -m ml.category.fit --data FOLDER --out FOLDER"
        artefact = fit(
            setting,
            options.out / KIND,
            command=command + (" --quick" if options.quick else ""),
            folds=2 if options.quick else FOLDS,
        )
    except (ArtefactError, RecordError, FitError, EncoderSpecError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"wrote {artefact.folder}, release {artefact.release}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.category.fit",
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
