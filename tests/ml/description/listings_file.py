"""A file of listings whose descriptions a test knows to be backed by their facts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import PIL.Image

COLOURS = ("Red", "Blue", "Green", "Black")
THINGS = ("dress", "mug", "lamp")


def write_listings(folder: Path, numbers: Iterable[int]) -> Path:
    """`listings.jsonl` with a photo in each listing's colour.

    By their ids 10 and 12 are for validation, 2 and 9 for tests, the others below 17 for training.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in numbers:
        colour, thing = COLOURS[number % 4], THINGS[number % 3]
        photo = f"{number}.jpg"
        PIL.Image.new("RGB", (40, 40), colour.lower()).save(folder / photo)
        rows.append(
            {
                "id": f"made:{number}",
                "title": f"{colour} {thing} by Acme",
                "category": ["Things", f"{thing.title()}s"],
                "attributes": {"Colour": colour, "Brand": "Acme", "Type": thing.title()},
                "description": (
                    f"This is a {colour.lower()} {thing} by Acme. The colour is {colour.lower()}."
                    " It was hand-made by monks in 1900. Thank you for looking!"
                ),
                "photos": [photo],
            }
        )
    path = folder / "listings.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
