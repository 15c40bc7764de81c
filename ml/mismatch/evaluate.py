"""Measure the mismatch model on any folder with `catalogue.jsonl.gz` and `photos/`.

    python -m ml.mismatch.evaluate --data FOLDER --json OUT [--artefact FOLDER]
        [--split auto|test|valid|train|all] [--verdicts N]

Every product is asked about twice in each set: with its own title, and with one wrong title, drawn
with a fixed seed. `random`: any other title. `hard`: the title of a product with the same category
path, of another type, colour or brand where there is one. `hard_type_or_colour`: those of them that
do differ in type or colour. `swapped`: its own title with one value
given way to another. A wrong title never says only what the right one says too. The positive class
is "mismatch"; all figures are fractions.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from ml.artefacts import ArtefactError, bundled
from ml.encoders.registry import EncoderSpecError, load_image_encoder, load_text_encoder
from ml.metrics import (
    average_precision,
    bootstrap_interval,
    expected_calibration_error,
    reliability,
    roc_auc,
)
from ml.mismatch.pairs import EncodedItems, encode_items
from ml.mismatch.planted import Rights, clean_sets, planted_sets
from ml.mismatch.predict import MismatchPredictor, load_mismatch
from ml.mismatch.scoring import SEED, PairScores, named_photos, score_pairs, score_swaps
from ml.mismatch.threshold import error_rate
from ml.negatives import hard_negatives, random_negatives, where_they_differ
from ml.records import ItemRecord, RecordError, read_catalogue, split_of


def planted_figures(
    predictor: MismatchPredictor, items: EncodedItems, rights: Rights
) -> dict[str, Any]:
    """One wrong photo among three: how often it is the one named, and how often none is wrong.

    `found` is of sets with a photo of any product, `found_same_source` of the same source.
    """
    clean = clean_sets(items, rights, SEED)
    report: dict[str, Any] = {"clean_sets": len(clean.record)}
    alarms = named_photos(predictor, items, clean) >= 0
    report["false_alarms"] = _share(alarms)
    for name, same in (("found", False), ("found_same_source", True)):
        sets = planted_sets(items, rights, SEED, same_source=same)
        report[name] = _share(named_photos(predictor, items, sets) == sets.planted)
        report[f"{name}_sets"] = len(sets.record)
    return report


def _share(hits: NDArray[np.bool_]) -> dict[str, Any]:
    """A share with its 95% interval."""
    if not len(hits):
        return {"share": float("nan"), "interval": [float("nan")] * 2}
    low, high = bootstrap_interval(lambda rows: float(hits[rows].mean()), len(hits))
    return {"share": float(hits.mean()), "interval": [low, high]}


def figures(pairs: PairScores, decision: float) -> dict[str, Any]:
    """The figures of one set of pairs; `n` counts products, each asked about twice."""
    scores, labels = pairs.labelled()
    low, high = bootstrap_interval(lambda rows: roc_auc(*pairs.labelled(rows)), len(pairs.right))
    return {
        "n": len(pairs.right),
        "auc": roc_auc(scores, labels),
        "auc_interval": [low, high],
        "ap": average_precision(scores, labels),
        "error_at_threshold": error_rate(scores, labels, decision),
        "ece": expected_calibration_error(scores, labels),
    }


def verdict_counts(
    predictor: MismatchPredictor, pairs: PairScores, *, by_category: bool = True
) -> dict[str, dict[str, int]]:
    """How often each verdict is given to right and to wrong titles."""

    def count(scores: NDArray[np.float64]) -> dict[str, int]:
        rows = zip(scores.tolist(), pairs.records, strict=True)
        return dict(
            Counter(
                predictor.verdict(score, record.category if by_category else ())
                for score, record in rows
            )
        )

    return {"own_title": count(pairs.right), "wrong_title": count(pairs.wrong)}


def evaluate(predictor: MismatchPredictor, items: EncodedItems) -> dict[str, Any]:
    """The whole report as it is written to JSON."""
    drawn = {
        "random": random_negatives(items.records, SEED),
        "hard": (hard := hard_negatives(items.records, SEED)),
        "hard_type_or_colour": where_they_differ(items.records, hard),
    }
    pairs = {name: score_pairs(predictor, items, wrong) for name, wrong in drawn.items()}
    pairs["swapped"] = score_swaps(predictor, items)
    decision = predictor.config.decision
    report: dict[str, Any] = {
        "release": predictor.release,
        "products": len(items.records),
        "products_left_out": items.left_out,
        "photos": len(items.photos),
        "photos_unreadable": list(items.unreadable),
        "random_real_titles": figures(_with_real_titles(pairs["random"]), decision),
        "as_calibrated": _as_calibrated(pairs["random"], pairs["hard"], predictor),
        "planted": {
            rights: planted_figures(predictor, items, rights) for rights in get_args(Rights)
        },
    }
    for name, one in pairs.items():
        report[name] = _with_sources(one, decision)
        report[name]["verdicts"] = verdict_counts(predictor, one)
        report[name]["verdicts_without_category"] = verdict_counts(
            predictor, one, by_category=False
        )
    return report


def _with_real_titles(pairs: PairScores) -> PairScores:
    return pairs.only(np.array([not r.title_is_label for r in pairs.records], dtype=np.bool_))


def _as_calibrated(
    random: PairScores, hard: PairScores, predictor: MismatchPredictor
) -> dict[str, Any]:
    """Calibration where wrong titles come as the probability was fitted to them.

    `reliability` has a row for each bin: mean probability, share of mismatches, pairs.
    """
    place = {record.id: row for row, record in enumerate(hard.records)}
    generator = np.random.default_rng(SEED)
    hard_here = generator.random(len(random.records)) < predictor.config.hard_share
    wrong = [
        hard.wrong[place[record.id]] if from_hard and record.id in place else score
        for record, score, from_hard in zip(random.records, random.wrong, hard_here, strict=True)
    ]
    scores, labels = PairScores(random.records, random.right, np.array(wrong)).labelled()
    return {
        "hard_share": predictor.config.hard_share,
        "ece": expected_calibration_error(scores, labels),
        "reliability": reliability(scores, labels),
    }


def _with_sources(pairs: PairScores, decision: float) -> dict[str, Any]:
    sources = np.array([record.source for record in pairs.records])
    by_source = {
        str(source): figures(pairs.only(sources == source), decision)
        for source in sorted(set(sources.tolist()))
    }
    return {**figures(pairs, decision), "by_source": by_source}


def chosen_records(
    records: Sequence[ItemRecord], split: str, trained_on: Sequence[str]
) -> tuple[list[ItemRecord], str]:
    """The records to measure on, and a sentence that says which and why.

    "auto": what training saw of its own sources is left out, and of theirs only the test split
    counts; every record of any other source counts. "all" takes everything, training data too.
    """
    known = set(trained_on)
    if split == "auto":
        chosen = [r for r in records if r.source not in known or split_of(r.id) == "test"]
        return chosen, "test split of the sources trained on, all of any other"
    if split == "all":
        chosen = list(records)
    else:
        chosen = [record for record in records if split_of(record.id) == split]
    seen = sum(r.source in known and split_of(r.id) != "test" for r in chosen)
    warning = f"; WARNING: {seen} of them served to train or to tune" if seen else ""
    return chosen, f"split {split}{warning}"


def print_report(report: dict[str, Any]) -> None:
    print(f"{'set':<22}{'n':>6}{'AUC':>8}  {'95% interval':<17}{'AP':>7}{'error':>8}{'ECE':>7}")
    for name in ("random", "random_real_titles", "hard", "hard_type_or_colour", "swapped"):
        rows = {name: report[name]} | {
            f"  {source}": row for source, row in report[name].get("by_source", {}).items()
        }
        for label, row in rows.items():
            low, high = row["auc_interval"]
            print(
                f"{label:<22}{row['n']:>6}{row['auc']:>8.4f}  {low:.4f}–{high:.4f}    "
                f"{row['ap']:>7.4f}{row['error_at_threshold']:>8.4f}{row['ece']:>7.3f}"
            )
    if report["photos_unreadable"]:
        print(f"{len(report['photos_unreadable'])} photos could not be read:")
        for line in report["photos_unreadable"][:20]:
            print(f"  {line}")


def print_verdicts(predictor: MismatchPredictor, items: EncodedItems, count: int) -> None:
    """Judge `count` products with their own and `count` others with a wrong title, one a line."""
    pairs = random_negatives(items.records, SEED + 1)
    usable = np.flatnonzero(pairs >= 0)
    chosen = np.random.default_rng(SEED).permutation(usable)[: 2 * count]
    photos = predictor.project_photos(items.photos)
    outcome: Counter[str] = Counter()
    for place, index in enumerate(chosen.tolist()):
        swapped = place >= count
        title = items.records[pairs[index] if swapped else index].title
        result = predictor.judge(photos[items.owner == index], title)
        wanted = "mismatch" if swapped else "match"
        told = "unsure" if result.verdict == "unsure" else str(result.verdict == wanted)
        outcome[told] += 1
        worst = result.words[0].text if result.words else "-"
        print(f"{wanted:<9}{result.verdict:<9}{result.score:.3f}  {worst:<14.14}  {title[:70]}")
    print(f"right {outcome['True']}, wrong {outcome['False']}, unsure {outcome['unsure']}")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        image_encoder = load_image_encoder(options.image_encoder)
        text_encoder = load_text_encoder(options.text_encoder)
        predictor = load_mismatch(options.artefact, image_encoder, text_encoder)
        records, which = chosen_records(
            list(read_catalogue(options.data)), options.split, predictor.config.trained_on
        )
    except (ArtefactError, RecordError, EncoderSpecError) as error:
        print(error, file=sys.stderr)
        return 1
    print(which)
    items = encode_items(records, image_encoder, text_encoder)
    if not items.records:
        print("no product here has both a title and a readable photo", file=sys.stderr)
        return 1
    report = {"selection": which, **evaluate(predictor, items)}
    print_report(report)
    if options.verdicts:
        print_verdicts(predictor, items, options.verdicts)
    if options.json:
        options.json.write_text(json.dumps(_without_nan(report), indent=2) + "\n")
    return 0


def _without_nan(value: Any) -> Any:
    """JSON has no NaN: a figure that cannot be had is null."""
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and np.isnan(value) else value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ml.mismatch.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the catalogue")
    parser.add_argument("--json", type=Path, help="where to write the report")
    parser.add_argument("--artefact", type=Path, default=bundled("mismatch"))
    parser.add_argument(
        "--split",
        choices=("auto", "test", "valid", "train", "all"),
        default="auto",
        help="auto (default): the test split of sources that were trained on, all of any other",
    )
    parser.add_argument(
        "--verdicts", type=int, default=0, metavar="N", help="also judge N true and N swapped pairs"
    )
    parser.add_argument("--image-encoder", default="bundled", help="see ml.encoders.registry")
    parser.add_argument("--text-encoder", default="bundled", help="see ml.encoders.registry")
    return parser


if __name__ == "__main__":
    sys.exit(main())
