"""Load the threshold and say whether two pictures are one photo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image

from ml.artefacts import IncompatibleArtefactError, load_artefact
from ml.duplicates.alignment import Thumbnail, agreement

KIND = "duplicates"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class PhotoComparer:
    """`least_agreement` was chosen on photos that the reported figures do not come from."""

    least_agreement: float

    def thumbnail(self, image: Image.Image) -> Thumbnail:
        """What is compared; make it once for a picture that meets several others."""
        return Thumbnail.of(image)

    def same_photo(self, first: Thumbnail, second: Thumbnail) -> float:
        """The share 0..1 of the picture that agrees; 0 where that is too little to call it one."""
        found = agreement(first, second)
        return found if found >= self.least_agreement else 0.0


@lru_cache(maxsize=4)
def load_comparer(folder: Path) -> PhotoComparer:
    """Raises ArtefactError when the artefact is missing, corrupt or of another kind."""
    artefact = load_artefact(folder, kind=KIND, format_version=FORMAT_VERSION)
    try:
        return PhotoComparer(float(artefact.config["least_agreement"]))
    except (KeyError, TypeError, ValueError) as error:
        raise IncompatibleArtefactError(folder, f"config lacks {error}") from error
