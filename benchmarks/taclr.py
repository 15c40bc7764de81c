"""TACLR: attribute values, their confidence, their cost, and categories.

    python benchmarks/taclr.py [--only NAME ...] [--quick] [--json OUT] [--data FOLDER]
                               [--artefact FOLDER]

quality    WDC-PAVE under the released and the honest protocol, AE-110k; string match and linear
           models beside them
parts      the reference's method re-implemented: each part's worth over five seeds
photo      values that no title states, with and without the photo
normalise  is the right value among the candidates, and spelled as the list has it
scale      listings a second against encoding every prompt, a million values
category   the right category among the first one and five

Each is described at the top of its file. Data sets that are not there are left out, by name.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import _category
import _taclr_ablation
import _taclr_normalise
import _taclr_photo
import _taclr_quality
import _taclr_scale

ROOT = Path(__file__).resolve().parent.parent


class Models:
    """What the parts of the benchmark share, loaded when the first of them asks."""

    def __init__(self, artefact: Path) -> None:
        from ml.encoders.registry import load_text_encoder
        from ml.taclr.ranking import load_ranker

        self.texts = load_text_encoder("bundled")
        self.ranker, self.release = load_ranker(artefact, self.texts)

    def predictor(self) -> Any:
        from ml.artefacts import bundled
        from ml.encoders.registry import load_image_encoder
        from ml.mismatch.predict import load_mismatch

        return load_mismatch(bundled("mismatch"), load_image_encoder("bundled"), self.texts)


Measure = Callable[[bool, Path, Models], dict[str, Any]]

PARTS: dict[str, tuple[Measure, Callable[[Any], None]]] = {
    "quality": (lambda quick, data, m: _taclr_quality.measure(quick, data, m.ranker),
                _taclr_quality.show),
    "parts": (lambda quick, data, m: _taclr_ablation.measure(quick, data, m.texts),
              _taclr_ablation.show),
    "photo": (lambda quick, data, m: _taclr_photo.measure(quick, data, m.ranker, m.predictor()),
              _taclr_photo.show),
    "normalise": (lambda quick, data, m: _taclr_normalise.measure(quick, data),
                  _taclr_normalise.show),
    "scale": (lambda quick, data, m: _taclr_scale.measure(quick, data), _taclr_scale.show),
    "category": (lambda quick, data, m: _category.measure(quick, data), _category.show),
}  # fmt: skip


def main() -> None:
    import torch

    from ml.artefacts import bundled

    parser = argparse.ArgumentParser(description="Attribute values and categories.")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="small samples, two short trainings")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--artefact", type=Path, default=bundled("taclr"))
    arguments = parser.parse_args()
    if not (arguments.data / "text" / "wdc_pave").is_dir():
        print(f"No text/wdc_pave in {arguments.data}: nothing to measure. Give --data.")
        return
    torch.set_num_threads(1)
    models = Models(arguments.artefact)
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "release": models.release,
    }
    print(f"{figures['machine']}; release {figures['release']}")
    for name in arguments.only:
        measure, show = PARTS[name]
        figures[name] = measure(arguments.quick, arguments.data, models)
        show(figures[name])
        if arguments.json:
            arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
