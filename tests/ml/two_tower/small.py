"""A small world whose right answers are known: things of a type and a colour, drawn and named."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ml.encoders.base import Vectors, unit_rows

TYPES = ("shirt", "mug", "shoe", "lamp")
COLOURS = ("red", "blue", "green", "white")
RGB = {"red": (220, 20, 20), "blue": (20, 20, 220), "green": (20, 160, 20), "white": (250,) * 3}


class SeesColours:
    """A picture encoder that sees how much of each channel there is, and nothing of the type."""

    release, dim = "sees-colours", 12

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        means = [np.asarray(image.convert("RGB")).reshape(-1, 3).mean(0) / 255 for image in images]
        rows = np.array(means, dtype=np.float32).reshape(-1, 3)
        mixed = np.concatenate([rows, rows**2, np.cos(3 * rows), np.ones_like(rows)], axis=1)
        return unit_rows(mixed)


class ReadsTypes:
    """A text encoder that knows the names of types and no others."""

    release, dim = "reads-types", len(TYPES) + 1

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.full((len(texts), self.dim), 0.1, dtype=np.float32)
        for row, text in enumerate(texts):
            said = re.findall(r"\w+", text.lower())
            rows[row, :-1] += [kind in said for kind in TYPES]
        return unit_rows(rows)


def write_catalogue(folder: Path, items: int = 900, seed: int = 0) -> Path:
    """Products whose title tells the type and whose photo tells the colour."""
    generator = np.random.default_rng(seed)
    (folder / "photos").mkdir(parents=True)
    lines = []
    for number in range(items):
        kind, colour = generator.choice(TYPES), str(generator.choice(COLOURS))
        noise = generator.normal(0, 12, (8, 8, 3))
        pixels = np.clip(np.array(RGB[colour]) + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / f"{number}.png")
        lines.append(
            {
                "id": f"small:{number}",
                "source": "small",
                "title": f"Useful {kind} number {number}",
                "category": ["Things", str(kind)],
                "attributes": {"Type": str(kind), "Color": colour},
                "photos": [f"photos/{number}.png"],
            }
        )
    with gzip.open(folder / "catalogue.jsonl.gz", "wt") as file:
        file.write("\n".join(map(json.dumps, lines)))
    return folder
