"""Fit DeepRecs: items and what was bought together to an artefact.

    python -m ml.deeprecs.fit --items FILE --pairs FILE --out FOLDER [--name visual] [--quick]
    python -m ml.deeprecs.fit --catalogue FOLDER --out FOLDER [--name visual] [--quick]

Items are lines of {id, title, category, attributes, count, vector}, count being in how many baskets
an item is, and vector what another model makes of its photo and title, for models that read it;
pairs are lines of {seed, rec, count}. Either may be gzipped.

1. Hold out two tenths of the items, to choose by and to test: none of their pairs trains.
2. Train, keeping the epoch that is best on the first; choose on them what popularity weighs.
3. Measure on the others, once, and write OUT/NAME.
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
from ml.deeprecs.card import write_card
from ml.deeprecs.corpus import product_names, products_of, shop_links
from ml.deeprecs.evaluate import (
    Scores,
    Truth,
    figure,
    filtered_hits,
    spearman,
    truth_of,
)
from ml.deeprecs.features import CATEGORY, FIELDS, bags_of, learn_hashes
from ml.deeprecs.model import FORMAT_VERSION, REC, SEED, DeepRecsConfig, Tower
from ml.deeprecs.pairs import Ints, Pairs
from ml.deeprecs.pairs_file import ItemsAndPairs, joined, read_items_and_pairs
from ml.deeprecs.predict import HASHES, DeepRecs, tensor_name
from ml.deeprecs.training import DeepRecsFitConfig, DeepRecsTraining, DualEncoder
from ml.fitting import FitError, FitResult, fit_module
from ml.item_space import see_items
from ml.records import RecordError, read_catalogue, split_of

LEAST_PAIRS = 30
FREQUENT = 5  # pairs bought together so often tell their cosine well
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
DEEPRECS, VISUAL = "deeprecs", "visual"


@dataclass(frozen=True)
class Fitted:
    """What training found, in the precision that is saved."""

    model: DeepRecs
    result: FitResult

    def scores(self, data: ItemsAndPairs, seeds: Ints, train: Pairs) -> Scores:
        """(seeds, items); popularity is that of training alone."""
        records = [data.records[seed] for seed in seeds]
        rows = self.model.seed_rows(records, data.dense[seeds])
        products = rows @ self.model.rec_rows(data.records, data.dense).T
        return products + self.model.popularity(bought(train))[None, :]


def fit_towers(
    data: ItemsAndPairs, train: Pairs, valid: Truth, config: DeepRecsConfig, how: DeepRecsFitConfig
) -> Fitted:
    """Step 2 of the module. Raises FitError where there is too little to learn from."""
    if len(train) < LEAST_PAIRS or not len(valid.seeds):
        raise FitError(
            f"there are {len(train)} pairs to train on and {len(valid.seeds)} seeds to choose by: "
            f"it takes {LEAST_PAIRS} and one; let more be bought first"
        )
    torch.manual_seed(how.fit.seed)
    met = (data.records[item] for item in np.union1d(train.seeds, train.recs))
    hashes = learn_hashes(met, config.fields, least=how.least_items, most=how.most_features)
    bags = bags_of(data.records, hashes, config.fields)
    config = replace(config, dim=how.dim, hidden_dim=how.hidden_dim, dense_dim=data.dense.shape[1])
    encoder = DualEncoder(config, len(hashes), how.dropout, how.first_scale)
    training = DeepRecsTraining(encoder, bags, data.dense, train, how)

    def score() -> float:
        seeds, recs = (Tower(encoder.tensors(side)) for side in (SEED, REC))
        rows = seeds(bags.of(valid.seeds), data.dense[valid.seeds])
        return float(filtered_hits(rows @ recs(bags, data.dense).T, valid).mean())

    result = fit_module(
        encoder,
        count=len(training.observed),
        loss_of=training.loss_of,
        score=score,
        config=how.fit,
        label=config.name,
    )
    config = replace(config, scale=encoder.scale)
    towers = {side: Tower(_rounded(encoder.tensors(side))) for side in (SEED, REC)}
    fitted = Fitted(DeepRecs(config, hashes, towers), result)
    weight = choose_popularity_weight(fitted.scores(data, valid.seeds, train), valid, train)
    config = replace(config, popularity_weight=weight)
    return Fitted(DeepRecs(config, hashes, towers), result)


def choose_popularity_weight(scores: Scores, valid: Truth, train: Pairs) -> float:
    """Of WEIGHTS the one with most hits on the seeds to choose by; the least of equal ones."""
    logs = np.log1p(bought(train))[None, :]
    hits = [float(filtered_hits(scores + weight * logs, valid).mean()) for weight in WEIGHTS]
    return WEIGHTS[int(np.argmax(hits))]


def bought(train: Pairs) -> Ints:
    """How often each item (items,) is what goes with another; what popularity is to a score."""
    items = len(train.item_counts)
    counts = np.bincount(train.recs, weights=train.counts, minlength=items)
    return counts.astype(np.int64)


def fit(
    data: ItemsAndPairs, config: DeepRecsConfig, how: DeepRecsFitConfig, out: Path, *, command: str
) -> Artefact:
    """All steps of the module. Raises FitError."""
    splits = np.array([split_of(name) for name in product_names(data.records)])
    units = products_of(data.records)
    pairs = data.pairs
    train = pairs.where((splits[pairs.seeds] == "train") & (splits[pairs.recs] == "train"))
    valid, test = (
        truth_of(pairs, np.flatnonzero(splits == name), data.records, train, units=units)
        for name in ("valid", "test")
    )
    fitted = fit_towers(data, train, valid, config, how)
    model = fitted.model
    metrics: dict[str, Any] = {
        "train_pairs": len(train),
        "train_items": len(np.union1d(train.seeds, train.recs)),
        "best_epoch": fitted.result.best_epoch,
        "valid_hits_at_10": fitted.result.best_score,
        "spearman_log_ochiai": _agreement(fitted, data, train),
        "test_hits_at_10": _hits(fitted, data, train, test) if len(test.seeds) else {},
    }
    tensors: dict[str, NDArray[Any]] = {HASHES: model.hashes}
    for side, tower in model.towers.items():
        tensors |= {
            tensor_name(side, part): rows.astype(np.float16)
            for part, rows in tower.tensors.items()
            if rows.size
        }
    return save_artefact(
        out,
        kind=config.name,
        format_version=FORMAT_VERSION,
        config=asdict(model.config),
        tensors=tensors,
        metrics=metrics,
        card=write_card(model.config, metrics, command),
    )


def _hits(fitted: Fitted, data: ItemsAndPairs, train: Pairs, test: Truth) -> dict[str, Any]:
    scores = {
        fitted.model.config.name: fitted.scores(data, test.seeds, train),
        "popularity in related categories": np.tile(bought(train), (len(test.seeds), 1)),
    }
    return {name: figure(filtered_hits(rows, test), test.units) for name, rows in scores.items()}


def _agreement(fitted: Fitted, data: ItemsAndPairs, train: Pairs) -> float:
    """Spearman of the score's first term and the log of the Ochiai cosine, on frequent pairs."""
    often = train.where(train.counts >= FREQUENT)
    met, places = np.unique(np.concatenate([often.seeds, often.recs]), return_inverse=True)
    records, dense = [data.records[item] for item in met], data.dense[met]
    seeds, recs = np.split(places, 2)
    rows = (
        fitted.model.seed_rows(records, dense)[seeds] * fitted.model.rec_rows(records, dense)[recs]
    )
    return spearman(rows.sum(axis=1), often.log_ochiai())


def _rounded(tensors: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """As they are saved, so that figures are of what is loaded."""
    return {name: one.astype(np.float16).astype(np.float32) for name, one in tensors.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # Kernels compete for the cores of a busy machine: one thread is faster than two that spin.
    torch.set_num_threads(1)
    how = DeepRecsFitConfig()
    if options.quick:
        how = replace(how, fit=replace(how.fit, epochs=2))
    try:
        data, release = _read(options)
        config = DeepRecsConfig(
            name=options.name,
            fields=(CATEGORY,) if options.name == VISUAL else FIELDS,
            dense_release=release,
            trained_on=tuple(sorted({record.source for record in data.records} - {""})),
        )
        if options.name == VISUAL and not data.dense.shape[1]:
            raise FitError(f"{options.items}: no item has a vector, and visual reads little else")
        command = f"python -m ml.deeprecs.fit {_given(options)} --name {options.name}"
        artefact = fit(data, config, how, options.out / options.name, command=command)
    except (ArtefactError, RecordError, FitError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"wrote {artefact.folder}, release {artefact.release}")
    return 0


def _read(options: argparse.Namespace) -> tuple[ItemsAndPairs, str]:
    """What the options name, and the release of the vectors in it. Raises RecordError, FitError."""
    if bool(options.items) != bool(options.pairs) or not (options.items or options.catalogue):
        raise FitError("give --items with --pairs, or --catalogue, or all of them")
    parts, release = [], options.dense_release
    if options.items:
        parts.append(read_items_and_pairs(options.items, options.pairs))
    if options.catalogue:
        shop = shop_links(options.catalogue, read_catalogue(options.catalogue))
        if options.name == VISUAL:
            seen = see_items(shop.records, options.work)
            shop, release = replace(shop, dense=seen.joint), seen.release
        parts.append(shop)
    return joined(parts), release


def _given(options: argparse.Namespace) -> str:
    named = ["--items FILE --pairs FILE"] if options.items else []
    return " ".join([*named, *(["--catalogue FOLDER"] if options.catalogue else [])])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.deeprecs.fit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--items", type=Path, help="as manage.py train_deeprecs --export writes")
    parser.add_argument("--pairs", type=Path, help="the same")
    parser.add_argument("--catalogue", type=Path, help="folder with a shop's items and links")
    parser.add_argument("--work", type=Path, help="keeps what is slow to encode for next time")
    parser.add_argument("--out", type=Path, required=True, help="the artefact is written below it")
    parser.add_argument(
        "--name", choices=(DEEPRECS, VISUAL), default=DEEPRECS, help="which of the two models"
    )
    parser.add_argument("--dense-release", default="", help="of the model that made the vectors")
    parser.add_argument("--quick", action="store_true", help="two epochs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
