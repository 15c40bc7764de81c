"""Truth, coverage and variety of drafts, and the perplexity of the model that chooses them.

    python benchmarks/description.py [--quick] [--json OUT] [--data FOLDER]

Facts are made from items of the catalogue that no model trains on. Baselines, same run: a fixed
template (distinct-2); the artefact's metrics hold perplexity beside a unigram model.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    from ml.artefacts import bundled
    from ml.description.evaluate import evaluate, held_out
    from ml.description.predict import load_drafter
    from ml.description.request import DraftRequest

    parser = argparse.ArgumentParser(description="Drafts of descriptions.")
    parser.add_argument("--quick", action="store_true", help="40 items instead of 200")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments = parser.parse_args()
    if not (arguments.data / "catalogue.jsonl.gz").exists():
        print(f"No catalogue in {arguments.data}: nothing to draft. Give a folder with --data.")
        return
    folder = bundled("description")
    drafter = load_drafter(folder)
    samples = held_out(arguments.data, "flipkart", 40 if arguments.quick else 200)
    start = time.perf_counter()
    for facts in samples:
        drafter.draft(DraftRequest(facts))
    took = time.perf_counter() - start
    figures = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "release": drafter.release,
        **evaluate(drafter, samples),
        "ms_per_draft": 1000 * took / len(samples),
        **json.loads((folder / "metrics.json").read_text()),
    }
    for name, value in figures.items():
        print(f"{name:<32}{value:.4f}" if isinstance(value, float) else f"{name:<32}{value}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
