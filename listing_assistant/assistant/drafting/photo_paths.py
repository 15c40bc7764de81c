"""Photos as files, for engines that look at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from django.core.files.storage import default_storage

from listing_assistant.listings.models import Photo
from listing_assistant.listings.photo_files import read_variant

log = structlog.get_logger(__name__)

VARIANT = "large"


@contextmanager
def photo_paths(photos: Sequence[Photo]) -> Iterator[tuple[Path, ...]]:
    """In the listing's order. Of a storage that is no folder there are copies while this lasts."""
    with TemporaryDirectory(prefix="photos-") as folder:
        yield tuple(path for photo in photos if (path := _path(photo, Path(folder))) is not None)


def _path(photo: Photo, folder: Path) -> Path | None:
    """None of a photo whose file is lost: the others still tell something."""
    name = photo.image.file_name(VARIANT)
    try:
        path = Path(default_storage.path(name))
        return path if path.exists() else None
    except NotImplementedError:
        copy = folder / Path(name).name
    try:
        copy.write_bytes(read_variant(photo.image, VARIANT))
    except OSError as error:
        log.warning("photo_unreadable", image=photo.image_id, reason=str(error))
        return None
    return copy
