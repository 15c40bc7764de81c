"""Whether the region lies on the thing, and whether the word named is the word that is wrong.

    python benchmarks/evidence.py [--quick] [--json OUT] [--data FOLDER] [--seeds report|choose]

Regions: drawn photos with a wrong title, where it is known where the thing lies. A hit is a region
whose centre is on the thing (the pointing game); IoU is that of the two boxes. Baselines: the
middle of the photo, a random box, the largest thing (no model); beside them the ways of scoring
that were not chosen. The way in use was chosen with other seeds (`--seeds choose`).

Words: the same titles, and with --data real ones of the test split in which one value was swapped.
A hit is a first-named word or phrase that touches what was swapped; baseline: any word at random.
95% intervals are from drawing pairs again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _scenes import LAYOUTS, Box, WrongPair, wrong_pairs
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ml.mismatch.predict import MismatchPredictor, MismatchResult

ROOT = Path(__file__).resolve().parent.parent
PHOTO_SIDE = 320  # what the product decodes
MIDDLE: Box = (0.1, 0.1, 0.9, 0.9)
Way = Callable[[WrongPair], Box]


@dataclass(frozen=True)
class Judged:
    """A title judged with its photo: the part of it that is wrong, and what the model says."""

    title: str
    wrong: tuple[tuple[int, int], ...]
    result: MismatchResult

    @property
    def named(self) -> float:
        """1.0 where the first word or phrase touches what is wrong."""
        word = self.result.words[0]
        return float(any(word.start < end and start < word.end for start, end in self.wrong))

    @property
    def by_chance(self) -> float:
        """Share of the title's words that are wrong."""
        from ml.mismatch.evidence import word_spans

        spans = word_spans(self.title)
        hits = [any(a < end and start < b for start, end in self.wrong) for a, b in spans]
        return float(np.mean(hits))


def main() -> None:
    options = _parser().parse_args()
    import torch

    torch.set_num_threads(1)
    with TemporaryDirectory() as cache:
        predictor = load_predictor(Path(cache))
    pairs = list(wrong_pairs(40 if options.quick else 400, options.seeds))
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "release": predictor.release,
        "seeds": options.seeds,
        "pairs": len(pairs),
        "regions": regions(pairs, predictor),
        "words": {"drawn": words(judge_drawn(pairs, predictor))},
        "times": times(pairs[:50], predictor),
    }
    if (options.data / "catalogue.jsonl.gz").exists():
        count = 40 if options.quick else 500
        figures["words"]["real"] = words(judge_real(options.data, count, predictor))
        figures["others"] = other_titles(options.data, count, predictor)
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def load_predictor(cache: Path) -> MismatchPredictor:
    """As the product runs it: on OpenVINO where that answers as torch does."""
    from ml.artefacts import bundled
    from ml.encoders.acceleration import Acceleration
    from ml.encoders.registry import load_image_encoder, load_text_encoder
    from ml.mismatch.predict import load_mismatch

    how = Acceleration(cache)
    return load_mismatch(
        bundled("mismatch"), load_image_encoder("bundled", how), load_text_encoder("bundled", how)
    )


# --- Regions ------------------------------------------------------------------------------------


def regions(pairs: Sequence[WrongPair], predictor: MismatchPredictor) -> dict[str, Any]:
    """For each way of finding a region: hits and IoU, over all pairs and by layout."""
    return {name: _scored(pairs, way) for name, way in ways(predictor).items()}


def ways(predictor: MismatchPredictor) -> dict[str, Way]:
    rng = random.Random(0)
    return {
        "in use: thing that the vector depends on": lambda pair: in_use(pair, predictor),
        "baseline: middle of the photo": lambda _: MIDDLE,
        "baseline: random box": lambda _: random_box(rng),
        "baseline: largest thing, no model": lambda pair: largest(pair),
        "windows hidden, no things": lambda pair: windows_alone(pair, predictor),
        "thing that the log-odds depend on": lambda pair: by_log_odds(pair, predictor, hidden=True),
        "thing that fits the title best alone": lambda pair: by_log_odds(
            pair, predictor, hidden=False
        ),
    }


def in_use(pair: WrongPair, predictor: MismatchPredictor) -> Box:
    from ml.mismatch.region import find_region

    found = find_region(_shown(pair), predictor.encode_photos)
    return (found.left, found.top, found.right, found.bottom) if found else MIDDLE


def largest(pair: WrongPair) -> Box:
    from ml.mismatch.region import look_at

    things = look_at(_shown(pair)).things()
    return _box_of(things[0]) if things else MIDDLE


def windows_alone(pair: WrongPair, predictor: MismatchPredictor) -> Box:
    from ml.mismatch.region import hiding_effects, hottest, look_at, windows

    parts = windows()
    effects = hiding_effects(look_at(_shown(pair)), parts, predictor.encode_photos)
    return _box_of(hottest(parts, effects))


def by_log_odds(pair: WrongPair, predictor: MismatchPredictor, *, hidden: bool) -> Box:
    """The thing without which the log-odds fall most, or that alone has the lowest."""
    from ml.mismatch.region import look_at

    scene = look_at(_shown(pair))
    things = scene.things()
    if not things:
        return MIDDLE
    changed = [scene.without(thing if hidden else ~thing) for thing in things]
    photos = predictor.encode_photos(changed)
    scores = [predictor.judge(one[None], pair.title, explain=False).score for one in photos]
    return _box_of(things[int(np.argmin(scores))])


def random_box(rng: random.Random) -> Box:
    side = rng.uniform(0.2, 0.8)
    left, top = rng.uniform(0, 1 - side), rng.uniform(0, 1 - side)
    return left, top, left + side, top + side


def _shown(pair: WrongPair) -> Any:
    return pair.photo.resize((PHOTO_SIDE, PHOTO_SIDE))


def _box_of(mask: NDArray[np.bool_]) -> Box:
    down, across = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    size = len(mask)
    return across[0] / size, down[0] / size, (across[-1] + 1) / size, (down[-1] + 1) / size


def _scored(pairs: Sequence[WrongPair], way: Way) -> dict[str, Any]:
    boxes = [way(pair) for pair in pairs]
    hits = np.array([hit(box, pair.box) for box, pair in zip(boxes, pairs, strict=True)])
    ious = np.array([iou(box, pair.box) for box, pair in zip(boxes, pairs, strict=True)])
    layouts = np.array([pair.layout for pair in pairs])
    by_layout = {
        name: {
            "hits": float(hits[layouts == name].mean()),
            "iou": float(ious[layouts == name].mean()),
        }
        for name in LAYOUTS
    }
    return {"hits": _mean(hits), "iou": _mean(ious), "by_layout": by_layout}


def hit(found: Box, true: Box) -> float:
    x, y = (found[0] + found[2]) / 2, (found[1] + found[3]) / 2
    return float(true[0] <= x <= true[2] and true[1] <= y <= true[3])


def iou(first: Box, second: Box) -> float:
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return float(shared / (sum(areas) - shared))


# --- Words --------------------------------------------------------------------------------------


def judge_drawn(pairs: Sequence[WrongPair], predictor: MismatchPredictor) -> list[Judged]:
    return [
        Judged(
            pair.title,
            ((pair.start, pair.end),),
            predictor.judge(predictor.encode_photos([_shown(pair)]), pair.title),
        )
        for pair in pairs
    ]


def judge_real(data: Path, count: int, predictor: MismatchPredictor) -> list[Judged]:
    """Products of the test split whose title repeats a value, with one such value swapped."""
    from ml.encoders.base import read_photo
    from ml.negatives import swapped_titles
    from ml.records import read_catalogue, split_of

    trained_on = set(predictor.config.trained_on)
    records = [record for record in read_catalogue(data) if record.source in trained_on]
    # Values to swap in come from all of the catalogue; what is judged from the test split alone.
    swaps = zip(records, swapped_titles(records, 0, 1), strict=True)
    test = [
        (one, titles[0])
        for one, titles in swaps
        if titles and one.photos and split_of(one.id) == "test"
    ]
    judged = []
    for record, title in random.Random(0).sample(test, min(count, len(test))):
        photo = predictor.encode_photos([read_photo(record.photos[0], PHOTO_SIDE)])
        judged.append(Judged(title, _new_words(title, record.title), predictor.judge(photo, title)))
    return judged


def other_titles(data: Path, count: int, predictor: MismatchPredictor) -> dict[str, int]:
    """Photos under another product's title: every word is in doubt, and little should clear it."""
    from ml.encoders.base import read_photo
    from ml.negatives import random_negatives
    from ml.records import read_catalogue, split_of

    trained_on = set(predictor.config.trained_on)
    records = [
        one
        for one in read_catalogue(data)
        if one.source in trained_on and one.photos and not one.title_is_label
    ]
    records = [one for one in records if split_of(one.id) == "test"]
    accused = cleared = 0
    drawn = random_negatives(records, 0).tolist()
    pairs = [(one, other) for one, other in zip(records, drawn, strict=True) if other >= 0]
    for record, other in random.Random(0).sample(pairs, min(count, len(pairs))):
        photo = predictor.encode_photos([read_photo(record.photos[0], PHOTO_SIDE)])
        result = predictor.judge(photo, records[other].title)
        accused += result.verdict == "mismatch"
        cleared += result.counterfactual is not None
    return {"accused": accused, "accused_with_counterfactual": cleared}


def _new_words(title: str, before: str) -> tuple[tuple[int, int], ...]:
    """Where the title says what the one before did not."""
    from ml.mismatch.evidence import word_spans

    known = {before[start:end].lower() for start, end in word_spans(before)}
    return tuple((a, b) for a, b in word_spans(title) if title[a:b].lower() not in known)


def words(judged: Sequence[Judged]) -> dict[str, Any]:
    """How often the first-named word is wrong: over all titles, and over those called wrong."""
    judged = [one for one in judged if one.wrong and len(one.result.words) > 1]
    accused = [one for one in judged if one.result.verdict == "mismatch"]
    cleared = [one.result.counterfactual for one in accused]
    return {
        "titles": len(judged),
        "named": _mean(np.array([one.named for one in judged])),
        "by_chance": float(np.mean([one.by_chance for one in judged])),
        "accused": len(accused),
        "named_of_accused": _mean(np.array([one.named for one in accused])),
        "by_chance_of_accused": float(np.mean([one.by_chance for one in accused])),
        "accused_with_counterfactual": sum(one is not None for one in cleared),
    }


# --- Times, table -------------------------------------------------------------------------------


def times(pairs: Sequence[WrongPair], predictor: MismatchPredictor) -> dict[str, float]:
    """Wall times in ms: a decoded photo and a new title judged with its words; its region."""
    from ml.mismatch.region import find_region

    judging, framing = [], []
    for pair in pairs:
        photo = _shown(pair)
        started = time.perf_counter()
        predictor.judge(predictor.encode_photos([photo]), f"{pair.title} new")
        judged = time.perf_counter()
        find_region(photo, predictor.encode_photos)
        judging.append(1000 * (judged - started))
        framing.append(1000 * (time.perf_counter() - judged))
    return {
        "judge_p50_ms": float(np.median(judging)),
        "region_p50_ms": float(np.median(framing)),
        "region_p95_ms": float(np.percentile(framing, 95)),
    }


def _mean(values: NDArray[np.float64]) -> dict[str, float]:
    from ml.metrics import bootstrap_interval

    low, high = bootstrap_interval(lambda rows: float(values[rows].mean()), len(values))
    return {"mean": float(values.mean()) if len(values) else float("nan"), "low": low, "high": high}


def show(figures: dict[str, Any]) -> None:
    print(f"\n{figures['machine']}; release {figures['release']}; {figures['pairs']} drawn pairs\n")
    print(f"{'region (hits, IoU)':<44}{'all, 95%':<27}" + "".join(f"{one:<22}" for one in LAYOUTS))
    for name, row in figures["regions"].items():
        line = f"{name:<44}{_said(row['hits'])}  {row['iou']['mean']:.2f}   "
        for layout in LAYOUTS:
            part = row["by_layout"][layout]
            line += f"{part['hits']:.2f} {part['iou']:.2f}".ljust(22)
        print(line.rstrip())
    print(f"\n{'word named first':<18}{'titles':>7}  {'it is wrong':<20}{'by chance':>9}", end="")
    print(f"{'accused':>10}  {'it is wrong':<20}{'by chance':>9}  {'cleared by less title':>21}")
    for name, row in figures["words"].items():
        print(
            f"{name:<18}{row['titles']:>7}  {_said(row['named']):<20}{row['by_chance']:>9.2f}"
            f"{row['accused']:>10}  {_said(row['named_of_accused']):<20}"
            f"{row['by_chance_of_accused']:>9.2f}  {row['accused_with_counterfactual']:>21}"
        )
    if others := figures.get("others"):
        cleared = others["accused_with_counterfactual"]
        print(
            f"another product's title: {others['accused']} accused, {cleared} cleared by less title"
        )
    spent = figures["times"]
    print(f"\none photo and a title judged, words explained: p50 {spent['judge_p50_ms']:.0f} ms")
    print(f"region: p50 {spent['region_p50_ms']:.0f} ms, p95 {spent['region_p95_ms']:.0f} ms")


def _said(share: dict[str, float]) -> str:
    return f"{share['mean']:.2f} ({share['low']:.2f}–{share['high']:.2f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Region and word of a mismatch, against the truth."
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the pairs")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--seeds", choices=("report", "choose"), default="report")
    return parser


if __name__ == "__main__":
    main()
