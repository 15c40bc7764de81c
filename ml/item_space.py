"""Items as the twin tower sees them, for models that read its vectors beside their own words.

Model folders do not import each other; those that read whole items come through this door.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ml.artefacts import bundled, verify_checksums
from ml.encoders.base import Vectors
from ml.encoders.registry import load_image_encoder, load_text_encoder
from ml.encoders.words import Vocabulary
from ml.records import ItemRecord


@dataclass(frozen=True)
class SeenItems:
    """Rows of the same items (n, …): the joint vectors, and the titles' by the text encoder.

    `release` is that of the twin tower, which names its encoders.
    """

    joint: Vectors
    titles: Vectors
    release: str


def see_items(records: Sequence[ItemRecord], work: Path | None = None) -> SeenItems:
    """By the bundled models; what is slow is kept in `work`, if given. Raises ArtefactError."""
    from ml.two_tower.evaluate import embed
    from ml.two_tower.items import encode_items
    from ml.two_tower.predict import load_two_tower

    images, texts = load_image_encoder("bundled"), load_text_encoder("bundled")
    folder = bundled("two_tower")
    tower = load_two_tower(folder, images.release, texts.release)
    rows = encode_items(records, images, texts, wordings=1, work=work)
    joint = embed(tower.tower, Vocabulary(tower.config.vocabulary), rows)
    return SeenItems(joint, rows.titles[0], verify_checksums(folder))
