"""Mismatch on held-out products, beside a baseline of colours: ROC-AUC, calibration, speed.

    python benchmarks/mismatch.py [--quick] [--json OUT] [--data FOLDER]

Baseline, fitted in the same run on train photos: a ridge from colour histograms of nine fields of
the picture to the title's sentence vector, judged by the cosine. Same products, same wrong titles.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from ml.encoders.base import ImageEncoder, TextEncoder
    from ml.mismatch.pairs import EncodedItems
    from ml.mismatch.predict import MismatchPredictor
    from ml.records import ItemRecord

ROOT = Path(__file__).resolve().parent.parent
FIELDS, LEVELS, FITTED_PHOTOS = 3, 4, 4000
SETS = ("random", "random_real_titles", "hard", "hard_type_or_colour")


class ColourHistograms:
    """Shares of 4×4×4 colours in nine fields of a picture: what needs no training to see."""

    release = "colour-histograms"
    dim = FIELDS * FIELDS * LEVELS**3

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        rows = [self._histogram(image) for image in images]
        return np.array(rows, dtype=np.float32).reshape(-1, self.dim)

    def _histogram(self, image: Image.Image) -> NDArray[np.float64]:
        pixels = np.asarray(image.convert("RGB").resize((48, 48))) // (256 // LEVELS)
        codes = pixels.astype(int) @ [LEVELS * LEVELS, LEVELS, 1]  # (48, 48)
        size = 48 // FIELDS
        fields = codes.reshape(FIELDS, size, FIELDS, size).swapaxes(1, 2).reshape(FIELDS**2, -1)
        counts = [np.bincount(field, minlength=LEVELS**3) for field in fields]
        # Square roots: the cosine of such rows is the Bhattacharyya overlap of the histograms.
        return np.sqrt(np.concatenate(counts) / (48 * 48))


def main() -> None:
    import torch

    from ml.artefacts import bundled
    from ml.encoders.registry import load_image_encoder, load_text_encoder
    from ml.mismatch.evaluate import chosen_records, evaluate
    from ml.mismatch.pairs import encode_items
    from ml.mismatch.predict import load_mismatch
    from ml.records import read_catalogue, split_of

    options = _parser().parse_args()
    if not (options.data / "catalogue.jsonl.gz").exists():
        print(f"No catalogue.jsonl.gz in {options.data}: nothing to measure. Give --data.")
        return
    torch.set_num_threads(1)
    images, texts = load_image_encoder("bundled"), load_text_encoder("bundled")
    predictor = load_mismatch(bundled("mismatch"), images, texts)
    records = list(read_catalogue(options.data))[:: 8 if options.quick else 1]
    trained_on = set(predictor.config.trained_on)
    known = [record for record in records if record.source in trained_on]
    foreign = [record for record in records if record.source not in trained_on]
    held_out, _ = chosen_records(known, "test", ())
    train = [record for record in known if split_of(record.id) == "train"]
    items = encode_items(held_out, images, texts)
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "release": predictor.release,
        "model": evaluate(predictor, items),
        "baseline": baseline(train[:: max(1, len(train) // FITTED_PHOTOS)], held_out, texts),
        "speed": speed(images, texts, held_out) | latency(predictor, held_out),
    }
    if foreign:
        figures["never_trained_on"] = evaluate(predictor, encode_items(foreign, images, texts))
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def baseline(
    train: Sequence[ItemRecord], held_out: Sequence[ItemRecord], texts: TextEncoder
) -> dict[str, Any]:
    """AUC of the cosine between a ridge's guess of the title's vector and the vector."""
    from ml.metrics import roc_auc
    from ml.mismatch.pairs import encode_items
    from ml.negatives import hard_negatives, random_negatives, where_they_differ

    seen = encode_items(train, ColourHistograms(), texts)
    mean = seen.titles.mean(axis=0)
    inputs = seen.photos.astype(np.float64)
    gram = inputs.T @ inputs + 1.0 * np.eye(inputs.shape[1])
    weights = np.linalg.solve(gram, inputs.T @ (seen.titles - mean)[seen.owner])
    items = encode_items(held_out, ColourHistograms(), texts)
    guessed = items.photos @ weights
    real = np.array([not record.title_is_label for record in items.records])
    drawn = {
        "random": random_negatives(items.records, 0),
        "hard": (hard := hard_negatives(items.records, 0)),
        "hard_type_or_colour": where_they_differ(items.records, hard),
    }
    drawn["random_real_titles"] = np.where(real, drawn["random"], -1)
    figures: dict[str, Any] = {"fitted_on": len(seen.records)}
    for name, wrong in drawn.items():
        right = _cosines(guessed, items.titles - mean, np.arange(len(wrong)), items)
        other = _cosines(guessed, items.titles - mean, wrong, items)
        usable = wrong >= 0
        scores = -np.concatenate([right[usable], other[usable]])
        labels = np.repeat([False, True], usable.sum())
        figures[name] = {"auc": roc_auc(scores, labels)}
    return figures


def _cosines(
    guessed: NDArray[Any], titles: NDArray[Any], title_of: NDArray[np.int64], items: EncodedItems
) -> NDArray[np.float64]:
    chosen = titles[title_of[items.owner]]
    norms = np.linalg.norm(guessed, axis=1) * np.linalg.norm(chosen, axis=1)
    cosines: NDArray[np.float64] = (guessed * chosen).sum(axis=1) / np.maximum(norms, 1e-9)
    return items.mean_by_owner(cosines)


def speed(
    images: ImageEncoder, texts: TextEncoder, records: Sequence[ItemRecord]
) -> dict[str, float]:
    """Items per CPU second of one thread, pictures already decoded."""
    from ml.encoders.base import read_photo

    photos = [read_photo(record.photos[0], 224) for record in records[:64]]
    titles = [f"{record.title} {number}" for number, record in enumerate(records[:64])]
    images.encode(photos[:8])
    texts.encode(["warm"])
    started = time.process_time()
    images.encode(photos)
    between = time.process_time()
    texts.encode(titles)
    ended = time.process_time()
    return {
        "images_per_cpu_s": len(photos) / (between - started),
        "titles_per_cpu_s": len(titles) / (ended - between),
    }


def latency(predictor: MismatchPredictor, records: Sequence[ItemRecord]) -> dict[str, float]:
    """Wall time from one decoded photo and a title not seen before to a verdict with its words."""
    from ml.encoders.base import read_photo

    took = []
    for record in records[:50]:
        photo = read_photo(record.photos[0], 224)
        started = time.perf_counter()
        # The encoder remembers texts: evaluation has already asked for the bare title.
        predictor.judge(predictor.encode_photos([photo]), f"{record.title} new")
        took.append(1000 * (time.perf_counter() - started))
    return {"judge_p50_ms": float(np.median(took))}


def show(figures: dict[str, Any]) -> None:
    print(f"\n{figures['machine']}; release {figures['release']}\n")
    print(f"{'wrong title':<20}{'products':>9}{'AUC':>8}  {'95%':<15}{'ECE':>6}{'baseline':>10}")
    for name in SETS:
        row, plain = figures["model"][name], figures["baseline"][name]
        low, high = row["auc_interval"]
        print(
            f"{name:<20}{row['n']:>9}{row['auc']:>8.4f}  {low:.4f}–{high:.4f}  {row['ece']:>6.3f}"
            f"{plain['auc']:>10.4f}"
        )
    foreign = figures.get("never_trained_on", {})
    for name in SETS if foreign else ():
        low, high = foreign[name]["auc_interval"]
        sources = ", ".join(foreign["random"]["by_source"])
        print(
            f"{name:<20}{foreign[name]['n']:>9}{foreign[name]['auc']:>8.4f}  {low:.4f}–{high:.4f}"
            f"  {foreign[name]['ece']:>6.3f}  never trained on: {sources}"
        )
    show_swapped(figures["model"])
    show_planted(figures["model"]["planted"])
    show_reliability(figures["model"]["as_calibrated"])
    rates = figures["speed"]
    images, titles = rates["images_per_cpu_s"], rates["titles_per_cpu_s"]
    print(f"\n{images:.0f} images, {titles:.0f} titles a CPU s")
    print(f"one photo and title judged, words explained: p50 {rates['judge_p50_ms']:.0f} ms")


def show_swapped(model: dict[str, Any]) -> None:
    row = model["swapped"]
    low, high = row["auc_interval"]
    print(
        f"{'one value swapped':<20}{row['n']:>9}{row['auc']:>8.4f}  {low:.4f}–{high:.4f}"
        f"  {row['ece']:>6.3f}"
    )


def show_planted(planted: dict[str, Any]) -> None:
    """Baseline: naming one of the three at random finds a third, at 100% false alarms."""
    print("\none wrong photo among three   sets    found  same source  false alarms (clean sets)")
    for rights, row in planted.items():
        print(
            f"right ones: {rights:<16}{row['found_sets']:>6}{row['found']['share']:>9.1%}"
            f"{row['found_same_source']['share']:>13.1%}"
            f"{row['false_alarms']['share']:>14.1%} ({row['clean_sets']})"
        )
    print("naming one at random             33.3%        33.3%        100.0%")


def show_reliability(calibrated: dict[str, Any]) -> None:
    """Every bin's observed share of mismatches as a bar; | stands where it was stated to be."""
    print(
        f"\nreliability, {calibrated['hard_share']:.0%} of wrong titles hard: "
        f"ECE {calibrated['ece']:.3f}"
    )
    for said, seen, count in calibrated["reliability"]:
        bar = list(f"{'#' * round(40 * seen):<41}")
        bar[round(40 * said)] = "|"
        print(f"  stated {said:.2f}  observed {seen:.2f}  {''.join(bar)} {count:.0f}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Mismatch detection on held-out products.")
    parser.add_argument("--quick", action="store_true", help="an eighth of the catalogue")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    return parser


if __name__ == "__main__":
    main()
