"""Measure the mismatch model on any folder with `catalogue.jsonl.gz` and `photos/`.

    python -m ml.mismatch.evaluate --data FOLDER --json OUT [--artefact FOLDER]
        [--split auto|test|valid|train|all] [--verdicts N]

Every product is asked about twice in each set: with its own title, and with one wrong title, drawn
with a fixed seed. `random`: any other title. `hard`: the title of a product with the same category
path, of another type, colour or brand where there is one. A wrong title never says only what the
right one says too. The positive class is "mismatch"; all figures are fractions.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.artefacts import ArtefactError, bundled
from ml.encoders.registry import EncoderSpecError, load_image_encoder, load_text_encoder
from ml.metrics import average_precision, bootstrap_interval, expected_calibration_error, roc_auc
from ml.mismatch.pairs import EncodedItems, encode_items
from ml.mismatch.predict import MismatchPredictor, load_mismatch
from ml.mismatch.threshold import error_rate, sigmoid
from ml.negatives import hard_negatives, random_negatives
from ml.records import ItemRecord, RecordError, read_catalogue, split_of

SEED = 0


@dataclass(frozen=True)
class PairScores:
    """Scores of products with their own title (n,), and with the wrong one drawn for them (n,)."""

    records: list[ItemRecord]
    right: NDArray[np.float64]
    wrong: NDArray[np.float64]

    def only(self, keep: NDArray[np.bool_]) -> PairScores:
        chosen = [record for record, kept in zip(self.records, keep, strict=True) if kept]
        return PairScores(chosen, self.right[keep], self.wrong[keep])

    def labelled(
        self, rows: NDArray[np.int64] | slice = slice(None)
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores and labels (2n,), true where the title is wrong."""
        right, wrong = self.right[rows], self.wrong[rows]
        labels = np.repeat([False, True], [len(right), len(wrong)])
        return np.concatenate([right, wrong]), labels


def score_pairs(
    predictor: MismatchPredictor, items: EncodedItems, negatives: NDArray[np.int64]
) -> PairScores:
    """Score every item with its own title and with that of `negatives`, -1 leaving it out."""
    photos = predictor.project_photos(items.photos)
    titles = predictor.project_titles(items.titles, [record.title for record in items.records])
    right = items.mean_by_owner(predictor.logits(photos, titles[items.owner]))
    wrong = items.mean_by_owner(predictor.logits(photos, titles[negatives[items.owner]]))
    pairs = PairScores(items.records, sigmoid(right), sigmoid(wrong))
    return pairs.only(negatives >= 0)


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


def verdict_counts(predictor: MismatchPredictor, pairs: PairScores) -> dict[str, dict[str, int]]:
    """How often each verdict is given to right and to wrong titles."""
    return {
        "own_title": dict(Counter(predictor.verdict(score) for score in pairs.right.tolist())),
        "wrong_title": dict(Counter(predictor.verdict(score) for score in pairs.wrong.tolist())),
    }


def evaluate(predictor: MismatchPredictor, items: EncodedItems) -> dict[str, Any]:
    """The whole report as it is written to JSON."""
    drawn = {
        "random": random_negatives(items.records, SEED),
        "hard": hard_negatives(items.records, SEED),
    }
    report: dict[str, Any] = {
        "release": predictor.release,
        "products": len(items.records),
        "products_left_out": items.left_out,
        "photos": len(items.photos),
        "photos_unreadable": list(items.unreadable),
    }
    for name, negatives in drawn.items():
        pairs = score_pairs(predictor, items, negatives)
        report[name] = _with_sources(pairs, predictor.config.decision)
        report[name]["verdicts"] = verdict_counts(predictor, pairs)
        if name == "random":
            real = np.array([not record.title_is_label for record in pairs.records], dtype=bool)
            report["random_real_titles"] = figures(pairs.only(real), predictor.config.decision)
    return report


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
    for name in ("random", "random_real_titles", "hard"):
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
