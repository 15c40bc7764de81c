"""What runs the bundled encoders fastest on this CPU, and how far its rows are from torch's.

    python benchmarks/encoders.py [--quick] [--json OUT] [--data FOLDER]

Baseline: eager fp32. Every engine sees the same photos and titles, decoded before, in turns; a
figure is the median over the turns, with the 95% interval of that median from a bootstrap. Drift is
1 - cosine to the baseline's row of the same photo or title. Rates count CPU seconds of the one
thread, which a busy machine does not distort. int8 needs nncf: pip install nncf. It is measured and
not used: of texts it drifts too far, of photos it saves a millisecond for another dependency and
photos to calibrate on.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from ml.encoders.acceleration import Forward

ROOT = Path(__file__).resolve().parent.parent
BASELINE = "eager fp32"
BATCHES = (1, 32)
SIDE = 320  # the product's smallest stored size
SEED = 3


@dataclass
class Runner:
    """One encoder on one engine, with what was measured of it."""

    name: str
    encode: Callable[[Sequence[Any]], NDArray[np.float32]]
    turns: dict[int, list[float]] = field(default_factory=dict)  # batch → items per CPU second
    drift_mean: float = 0.0
    drift_max: float = 0.0


def main() -> None:
    options = _parser().parse_args()
    import torch

    torch.set_num_threads(1)
    photos, titles, source = material(options.data, 160 if options.quick else 1000)
    turns = 7 if options.quick else 25
    with tempfile.TemporaryDirectory() as folder:
        images = image_runners(Path(folder), photos[: len(photos) // 4])
        texts = text_runners(Path(folder), titles[: len(titles) // 4])
        for runners, items in ((images, photos), (texts, titles)):
            measure_drift(runners, items)
            for batch in BATCHES:
                measure_speed(runners, items, batch, turns)
        latency = scored_end_to_end(Path(folder), photos, titles, 15 if options.quick else 60)
    figures = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread; {capabilities()}",
        "material": f"{len(photos)} {source} photos, {len(titles)} titles",
        "images": [described(runner, images[0]) for runner in images],
        "texts": [described(runner, texts[0]) for runner in texts],
        "scored": latency,
    }
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def material(data: Path, count: int) -> tuple[list[Image.Image], list[str], str]:
    """Photos and titles of held-out products; drawn ones where the data is not at hand."""
    from ml.encoders.base import read_photo
    from ml.records import read_catalogue, split_of

    if not (data / "catalogue.jsonl.gz").exists():
        return *drawn(count), "drawn"
    items = [
        item
        for item in read_catalogue(data)
        if item.photos and not item.title_is_label and split_of(item.id) == "valid"
    ]
    chosen = np.random.default_rng(SEED).permutation(len(items))[:count]
    photos = []
    for place in chosen:
        photo = read_photo(items[place].photos[0], SIDE)
        photo.thumbnail((SIDE, SIDE))
        photos.append(photo)
    return photos, [items[place].title for place in chosen], "real"


def drawn(count: int) -> tuple[list[Image.Image], list[str]]:
    """Smooth random pictures, and titles put together from words."""
    random = np.random.default_rng(SEED)
    coarse = random.integers(0, 256, (count, 6, 6, 3), dtype=np.uint8)
    photos = [
        Image.fromarray(grid).resize((SIDE, SIDE), Image.Resampling.BICUBIC) for grid in coarse
    ]
    words = ["blue", "red", "cotton", "leather", "shirt", "shoe", "mug", "for", "men", "new", "two"]
    return photos, [" ".join(random.choice(words, 7)) for _ in range(count)]


# --- The engines --------------------------------------------------------------------------------


def image_runners(folder: Path, calibration: Sequence[Image.Image]) -> list[Runner]:
    from ml.encoders.acceleration import Acceleration
    from ml.encoders.registry import load_image_encoder

    eager = load_image_encoder("bundled")
    runners = [Runner(BASELINE, eager.encode), Runner("eager bf16", in_bf16(eager.encode))]
    for precision in precisions():
        encoder = load_image_encoder("bundled", Acceleration(folder, True, precision))
        runners.append(Runner(f"OpenVINO {precision}", encoder.encode))
    if importlib.util.find_spec("nncf"):
        arrays: list[tuple[Any, ...]] = []
        on_forward(eager, noting(eager, arrays)).encode(calibration)
        int8 = on_forward(eager, quantised(folder, "image", arrays))
        runners.append(Runner("OpenVINO int8", int8.encode))
    return runners


def text_runners(folder: Path, calibration: Sequence[str]) -> list[Runner]:
    from ml.encoders.acceleration import Acceleration
    from ml.encoders.registry import load_text_encoder

    eager = on_forward(load_text_encoder("bundled"))
    runners = [Runner(BASELINE, eager.encode), Runner("eager bf16", in_bf16(eager.encode))]
    for precision in precisions():
        encoder = on_forward(load_text_encoder("bundled", Acceleration(folder, True, precision)))
        runners.append(Runner(f"OpenVINO {precision}", encoder.encode))
    if importlib.util.find_spec("nncf"):
        arrays: list[tuple[Any, ...]] = []
        on_forward(eager, noting(eager, arrays)).encode(calibration)
        int8 = on_forward(eager, quantised(folder, "text", arrays))
        runners.append(Runner("OpenVINO int8", int8.encode))
    return runners


def precisions() -> list[Any]:
    from ml.encoders.acceleration import cpu_precision

    return ["f32", "bf16"] if cpu_precision() == "bf16" else ["f32"]


def capabilities() -> str:
    import openvino

    able = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return f"computes {', '.join(name for name in able if name in ('FP32', 'BF16', 'INT8'))}"


def on_forward(encoder: Any, forward: Forward | None = None) -> Any:
    """The encoder's own preparation before another forward pass; texts are not remembered."""
    from ml.encoders.text import VectorCache

    other = copy.copy(encoder)
    other._forward = forward or encoder._forward
    if hasattr(other, "_cache"):
        other._cache = VectorCache(0)
    return other


def in_bf16(encode: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], Any]:
    import torch

    def encode_in_bf16(items: Sequence[Any]) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return encode(items)

    return encode_in_bf16


def noting(encoder: Any, arrays: list[tuple[Any, ...]]) -> Forward:
    """The encoder's forward pass, which also notes what it is given."""

    def forward(*given: NDArray[Any]) -> NDArray[np.float32]:
        arrays.append(given)
        rows: NDArray[np.float32] = encoder._forward(*given)
        return rows

    return forward


def quantised(folder: Path, name: str, arrays: list[tuple[Any, ...]]) -> Forward:
    """The kept f32 conversion with weights and activations in 8 bits, calibrated on real input."""
    import nncf
    import openvino

    from ml.encoders.acceleration import MODEL, Compiled

    kept = next(folder.glob(f"{name}-*-f32/{MODEL}"))
    model = nncf.quantize(
        openvino.Core().read_model(kept),
        nncf.Dataset(arrays, list),
        model_type=nncf.ModelType.TRANSFORMER if name == "text" else None,
        subset_size=len(arrays),
    )
    path = folder / f"{name}-int8.xml"
    openvino.save_model(model, path)
    return Compiled(path, "f32")


# --- The measurements ---------------------------------------------------------------------------


def measure_drift(runners: Sequence[Runner], items: Sequence[Any]) -> None:
    expected = runners[0].encode(items)
    for runner in runners[1:]:
        drift = 1 - np.sum(expected * runner.encode(items), axis=1, dtype=np.float64)
        runner.drift_mean, runner.drift_max = float(drift.mean()), float(drift.max())


def measure_speed(runners: Sequence[Runner], items: Sequence[Any], batch: int, turns: int) -> None:
    """Interleaved, so that what else the machine does falls on all engines alike."""
    for turn in range(-1, turns):
        start = (turn % max(1, len(items) // batch)) * batch
        chosen = items[start : start + batch]
        for runner in runners:
            began = time.process_time()
            repeats = 1 if batch > 1 else 4
            for _ in range(repeats):
                runner.encode(chosen)
            took = time.process_time() - began
            if turn >= 0:  # the first turn warms up
                runner.turns.setdefault(batch, []).append(len(chosen) * repeats / took)


def scored_end_to_end(
    folder: Path, photos: Sequence[Image.Image], titles: Sequence[str], count: int
) -> list[dict[str, Any]]:
    """From a stored photo's bytes and a title never seen to a verdict: decode, encode, judge."""
    import io

    from ml.artefacts import bundled
    from ml.encoders.acceleration import Acceleration
    from ml.encoders.base import as_rgb
    from ml.encoders.registry import load_image_encoder, load_text_encoder
    from ml.mismatch.predict import load_mismatch

    stored = []
    for photo in photos[:count]:
        file = io.BytesIO()
        photo.save(file, "JPEG", quality=85)
        stored.append(file.getvalue())
    figures: list[dict[str, Any]] = []
    scores = []
    for name, how in ((BASELINE, None), ("as served", Acceleration(folder))):
        images, texts = load_image_encoder("bundled", how), load_text_encoder("bundled", how)
        predictor = load_mismatch(bundled("mismatch"), images, texts)
        walls, cpus, judged = [], [], []
        for turn, (photo_bytes, title) in enumerate(zip(stored, titles, strict=False)):
            wall, cpu = time.perf_counter(), time.process_time()
            picture = as_rgb(Image.open(io.BytesIO(photo_bytes)))
            rows = predictor.encode_photos([picture])
            judged.append(predictor.judge(rows, f"{title} {turn}", explain=False).score)
            walls.append(1000 * (time.perf_counter() - wall))
            cpus.append(1000 * (time.process_time() - cpu))
        scores.append(np.array(judged))
        figures.append(
            {"engine": name, "n": len(walls), **quantiles(walls), "cpu": quantiles(cpus)}
        )
    figures[1]["largest_change_of_score"] = float(np.abs(scores[1] - scores[0]).max())
    return figures


def quantiles(milliseconds: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(milliseconds[1:], [50, 95])
    return {"p50_ms": float(p50), "p95_ms": float(p95)}


def described(runner: Runner, baseline: Runner) -> dict[str, Any]:
    row: dict[str, Any] = {"engine": runner.name}
    for batch, turns in runner.turns.items():
        median, low, high = median_interval(turns)
        row[f"per_cpu_s_batch_{batch}"] = {"median": median, "low": low, "high": high}
        row[f"times_baseline_batch_{batch}"] = median / float(np.median(baseline.turns[batch]))
    return row | {"drift_mean": runner.drift_mean, "drift_max": runner.drift_max}


def median_interval(values: Sequence[float]) -> tuple[float, float, float]:
    random = np.random.default_rng(SEED)
    medians = np.median(random.choice(values, (2000, len(values))), axis=1)
    low, high = np.percentile(medians, [2.5, 97.5])
    return float(np.median(values)), float(low), float(high)


def show(figures: dict[str, Any]) -> None:
    print(f"\n{figures['machine']}\n{figures['material']}")
    for kind in ("images", "texts"):
        print(f"\n{kind + ' per CPU s':<18}", end="")
        for batch in BATCHES:
            print(f"{'batch ' + str(batch):>10} {'95%':<15}{'×':>5}", end="")
        print(f"{'drift mean':>13}{'max':>10}")
        for row in figures[kind]:
            print(f"{row['engine']:<18}", end="")
            for batch in BATCHES:
                rate = row[f"per_cpu_s_batch_{batch}"]
                interval = f"{rate['low']:.0f}–{rate['high']:.0f}"
                times = row[f"times_baseline_batch_{batch}"]
                print(f"{rate['median']:>10.0f} {interval:<15}{times:>5.1f}", end="")
            print(f"{row['drift_mean']:>13.1e}{row['drift_max']:>10.1e}")
    print("\none photo and title scored      p50 ms   p95 ms   CPU p50 ms")
    for row in figures["scored"]:
        print(
            f"{row['engine']:<26}{row['n']:>4}{row['p50_ms']:>10.1f}{row['p95_ms']:>9.1f}"
            f"{row['cpu']['p50_ms']:>13.1f}"
        )
    change = figures["scored"][1]["largest_change_of_score"]
    print(f"largest change of a mismatch score between the two: {change:.1e}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="The bundled encoders on every engine.")
    parser.add_argument("--quick", action="store_true", help="fewer photos and turns")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    return parser


if __name__ == "__main__":
    main()
