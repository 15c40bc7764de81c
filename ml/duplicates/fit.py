"""Choose from which agreement of pixels two photos are called one.

    python -m ml.duplicates.fit --data FOLDER --out FOLDER [--gallery N] [--chosen N]

On one half of the products, without the sources kept for evaluation alone; the other half is for
`benchmarks/duplicates.py`. Nothing else is learnt, so the artefact has no weights.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ml.artefacts import save_artefact
from ml.duplicates.evaluate import (
    Searched,
    choose_threshold,
    figures,
    gallery_of,
    half_of,
    search,
)
from ml.duplicates.predict import FORMAT_VERSION, KIND
from ml.records import read_catalogue

EVALUATION_ONLY = frozenset({"ikea", "hm"})
# A marketplace has many more photos to confuse than the gallery, so next to none may be here.
PRECISION = 0.999

CARD = """# Duplicates: when two photos are one

One number, chosen by `python -m ml.duplicates.fit`: the least share of textured blocks that must
agree when one photo is laid over the other. Photos of half of the products in data/README, never
ikea or hm; their edits (recompressed, resized, cropped, mirrored, with a banner) had to be found
among {gallery} photos at a precision of {precision:.1%}. No photo is kept.

Found: {recall:.1%} at a precision of {reached:.1%} on the half it was chosen on; `python
benchmarks/duplicates.py` prints the other half.

Limits: crops beyond a fifth of a side, turned photos and collages are seldom found; a banner hides
a photo from its prints more often than not. Products that hardly differ, photographed by one
machine in one place, can be taken for one photo.
"""


def main() -> None:
    options = _parser().parse_args()
    records = [
        record
        for record in read_catalogue(options.data)
        if record.photos and record.source not in EVALUATION_ONLY and half_of(record.id) == 0
    ]
    gallery = gallery_of(records, options.gallery, None)
    write(options.out, search(gallery, options.chosen, None), options.gallery)


def write(folder: Path, searched: Searched, gallery: int) -> None:
    """Choose on what was searched among so many photos, and keep the choice."""
    least = choose_threshold(searched.by_prints, searched.truth, PRECISION)
    found = figures(searched, searched.by_prints, least)
    artefact = save_artefact(
        folder,
        kind=KIND,
        format_version=FORMAT_VERSION,
        config={"least_agreement": least, "gallery": gallery, "searched": len(searched.truth)},
        tensors={},
        metrics=found,
        card=CARD.format(
            gallery=gallery,
            precision=PRECISION,
            recall=found["recall"]["value"],
            reached=found["precision"]["value"],
        ),
    )
    print(f"{artefact.release}: agreement from {least:.2f}; {found}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Choose the threshold for one photo.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--gallery", type=int, default=2000, help="photos to search among")
    parser.add_argument("--chosen", type=int, default=200, help="photos whose edits are looked for")
    return parser


if __name__ == "__main__":
    main()
