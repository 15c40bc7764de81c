"""Edited photos found among many others: by hash alone, by vector alone, and as the product does.

    python benchmarks/duplicates.py [--quick] [--json OUT] [--data FOLDER]

Baseline: the 64-bit pHash of the whole picture alone. Each method's threshold is chosen on one half
of the products, for 99.9% precision or the best it can reach, and reported on the other half; ikea
is in that one only. 95% intervals are from drawing photos again. At the end: how long a million
prints in PostgreSQL take to search.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

if TYPE_CHECKING:
    from ml.duplicates.evaluate import Scores, Searched
    from ml.records import ItemRecord

ROOT = Path(__file__).resolve().parent.parent
METHODS: dict[str, Callable[[Searched], Scores]] = {
    "pHash alone": lambda searched: searched.hashes,
    "pHash alone, 8 bits": lambda searched: searched.hashes,
    "pHash of cuts and mirror": lambda searched: searched.prints,
    "vector alone": lambda searched: searched.cosines,
    "prints, then pixels": lambda searched: searched.by_prints,
    "prints and vectors, then pixels": lambda searched: searched.by_both,
}
# The distance that is usual for a 64-bit pHash, whatever precision it gives.
FIXED = {"pHash alone, 8 bits": -8.0}
PIXELS = ("prints, then pixels", "prints and vectors, then pixels")


def main() -> None:
    options = _parser().parse_args()
    if not (options.data / "catalogue.jsonl.gz").exists():
        print(f"No catalogue.jsonl.gz in {options.data}: nothing to measure. Give --data.")
        return
    import torch

    torch.set_num_threads(1)
    gallery, chosen, prints = (300, 6, 100_000) if options.quick else (2000, 100, 1_000_000)
    table, searched_for = accuracy(options.data, gallery, chosen)
    figures = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one thread",
        "gallery": gallery,
        "photos": searched_for,
        "methods": table,
        "lookup": lookup_times(prints),
    }
    show(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def accuracy(data: Path, size: int, chosen: int) -> tuple[dict[str, Any], int]:
    from ml.artefacts import bundled
    from ml.duplicates.evaluate import choose_threshold, figures, gallery_of, search
    from ml.duplicates.fit import PRECISION
    from ml.duplicates.predict import load_comparer
    from ml.encoders.registry import load_image_encoder

    encode = load_image_encoder("bundled").encode
    halves = []
    for half in (0, 1):
        gallery = gallery_of(records_of(data, half), size, encode)
        # The threshold for pixels is in the artefact: they are compared on the other half alone.
        halves.append(search(gallery, chosen, encode, pixels=half == 1))
    first, second = halves
    least = load_comparer(bundled("duplicates")).least_agreement
    fixed = FIXED | dict.fromkeys(PIXELS, least)
    table = {}
    for name, scores in METHODS.items():
        threshold = fixed.get(name)
        if threshold is None:
            threshold = choose_threshold(scores(first), first.truth, PRECISION)
        table[name] = figures(second, scores(second), threshold)
    return table, chosen


def records_of(data: Path, half: int) -> list[ItemRecord]:
    from ml.duplicates.evaluate import half_of
    from ml.duplicates.fit import EVALUATION_ONLY
    from ml.records import read_catalogue

    return [
        record
        for record in read_catalogue(data)
        if record.photos
        and half_of(record.id) == half
        and (half or record.source not in EVALUATION_ONLY)
    ]


def lookup_times(rows: int) -> dict[str, Any]:
    """A photo's candidates among so many random prints, by the bands and by a full scan."""
    from _scratch import scratch_site

    with scratch_site():
        from django.db import connection

        from listing_assistant.moderation import photo_selectors
        from listing_assistant.moderation.inference import lookups_for
        from ml.duplicates.prints import VIEWS

        fill(rows, len(VIEWS))
        random = np.random.default_rng(5)
        hashes = [[int(one) for one in random.integers(0, 2**63, len(VIEWS))] for _ in range(12)]
        indexed = timed(lambda own: photo_selectors.images_near(lookups_for(own)), hashes)
        with connection.cursor() as cursor:
            cursor.execute("SET enable_bitmapscan = off; SET enable_indexscan = off")
        one = [[lookup] for lookup in hashes[:3]]
        scanned = timed(
            lambda own: photo_selectors.images_near([replace(lookups_for(own[0])[0])]), one
        )
    return {"prints": rows, "indexed": indexed, "full_scan_of_one_view": scanned}


def fill(rows: int, views: int) -> None:
    """Images with random prints; the indexes are made as the migrations make them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO listings_storedimage "
            "(sha256, width, height, byte_size, perceptual_hash, created_at) "
            "SELECT lpad(n::text, 64, '0'), 1, 1, 1, '', now() FROM generate_series(0, %s) n",
            [rows // views],
        )
        bands = ", ".join(["lpad(to_hex((random() * 65535)::int), 4, '0')"] * 4)
        cursor.execute(
            "INSERT INTO moderation_photoprint (image_id, view, band_0, band_1, band_2, band_3) "
            f"SELECT lpad((n / %s)::text, 64, '0'), n %% %s, {bands} "
            "FROM generate_series(0, %s) n",
            [views, views, rows - 1],
        )
        cursor.execute("ANALYZE moderation_photoprint")


def timed(search: Callable[[Any], Any], queries: list[Any]) -> dict[str, float]:
    took = []
    for query in queries:
        started = time.perf_counter()
        search(query)
        took.append(1000 * (time.perf_counter() - started))
    return {"p50_ms": float(np.median(took[1:])), "worst_ms": max(took[1:])}


def show(figures: dict[str, Any]) -> None:
    from ml.duplicates.edits import EDITS

    print(f"\n{figures['machine']}; {figures['photos']} photos, each edit among", end=" ")
    print(f"{figures['gallery']} others\n")
    print(f"{'':<33}{'precision':>10}{'95%':>12}{'recall':>8}{'95%':>12}")
    for name, row in figures["methods"].items():
        cells = "".join(
            f"{row[what]['value']:>{width}.3f} {row[what]['low']:.3f}–{row[what]['high']:.3f}"
            for what, width in (("precision", 10), ("recall", 8))
        )
        print(f"{name:<33}{cells}")
    print(f"\n{'recall by edit':<33}" + "".join(f"{edit:>21}" for edit in EDITS))
    for name, row in figures["methods"].items():
        print(f"{name:<33}" + "".join(f"{row['by_edit'][edit]:>21.3f}" for edit in EDITS))
    lookup = figures["lookup"]
    print(
        f"\na photo's candidates among {lookup['prints']:,} prints: "
        f"p50 {lookup['indexed']['p50_ms']:.0f} ms for all views, by index; one view by full scan "
        f"{lookup['full_scan_of_one_view']['p50_ms']:.0f} ms"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="The same photo, edited, among many others.")
    parser.add_argument("--quick", action="store_true", help="fewer photos and prints")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    return parser


if __name__ == "__main__":
    main()
