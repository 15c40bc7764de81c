"""The only door to the models: listings in, vectors and neighbours out.

Model libraries are imported inside functions. Torch is loaded by what encodes (`predictor`,
`encode_listing`), never by what serves (`current_release`, `neighbours`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from numpy.typing import NDArray

from listing_assistant.listings.models import Listing, Photo, StoredImage
from recommender.models import PhotoEmbedding
from recommender.search_index import ItemIndex
from recommender.selectors import content_hash, live_among
from recommender.vectors import Vector, VectorError, pack, unpack

if TYPE_CHECKING:
    from PIL.Image import Image

    from ml.artefacts import ArtefactError
    from ml.encoders.acceleration import Acceleration
    from ml.encoders.base import TextEncoder
    from ml.index import VectorIndex
    from ml.mismatch.predict import MismatchPredictor

log = structlog.get_logger()

# 320 px hold more than the bundled tower looks at, and decode ten times faster than 800 px.
VARIANT = "small"
ENCODE_BATCH = 16
# Of the neighbours found, some are sold by now or the seller's own: look at this many more at once,
# and at no more than so many in all.
SPARE_NEIGHBOURS = 24
MOST_NEIGHBOURS = 4096
MOST_INDEXES = 2


@dataclass(frozen=True)
class EncodedListing:
    """A listing in the space that photos and titles share. All vectors are unit length."""

    photo_ids: tuple[int, ...]
    photo_vectors: NDArray[np.float32]  # (len(photo_ids), dim)
    title_vector: Vector  # (dim,)
    item_vector: Vector  # (dim,)
    release: str
    content_hash: str


# --- Which models -------------------------------------------------------------------------------


def current_release() -> str:
    """Names the models in service together: equal releases give comparable vectors.

    Raises ArtefactError when one is missing or does not match its checksums.
    """
    outcome = _release_of(_fingerprint())
    if isinstance(outcome, str):
        return outcome
    raise outcome


def predictor() -> MismatchPredictor:
    """The mismatch model with its encoders, loaded once a process and again on a new release.

    Raises ArtefactError.
    """
    return _load_predictor(current_release())


@lru_cache(maxsize=1)
def _load_predictor(release: str) -> MismatchPredictor:
    from ml.encoders.registry import load_image_encoder
    from ml.mismatch.predict import load_mismatch

    texts = text_encoder()
    spec = _encoder_spec(settings.IMAGE_ENCODER, "image_tower")
    with _named_setting("IMAGE_ENCODER"):
        images = load_image_encoder(spec, _acceleration())
    log.info("predictor_loaded", release=release)
    return load_mismatch(_artefact_folder("mismatch"), images, texts)


@lru_cache(maxsize=1)
def text_encoder() -> TextEncoder:
    """One a process: what else reads texts with it shares its memory. Raises ArtefactError."""
    import torch

    from ml.encoders.registry import load_text_encoder

    # More threads than one fight for the cores with the other workers, and each gets slower.
    torch.set_num_threads(1)
    with _named_setting("TEXT_ENCODER"):
        return load_text_encoder(settings.TEXT_ENCODER, _acceleration())


@contextmanager
def _named_setting(name: str) -> Iterator[None]:
    """A spec that means nothing costs the suggestions that need it, as a broken artefact does."""
    from ml.artefacts import MissingArtefactError
    from ml.encoders.registry import EncoderSpecError

    try:
        yield
    except EncoderSpecError as error:
        raise MissingArtefactError(Path(name), str(error)) from error


def _acceleration() -> Acceleration | None:
    from ml.encoders.acceleration import Acceleration

    if settings.ENCODER_ENGINE == "torch":
        return None
    cache = Path(settings.VAR_DIR) / "cache" / "encoders"
    return Acceleration(cache, insist=settings.ENCODER_ENGINE == "openvino")


def _artefact_folder(name: str) -> Path:
    from ml.artefacts import bundled

    own = Path(settings.ARTEFACTS_DIR) / name
    return own if own.is_dir() else bundled(name)


def _encoder_spec(spec: str, artefact: str) -> str:
    own = Path(settings.ARTEFACTS_DIR) / artefact
    return str(own) if spec == "bundled" and own.is_dir() else spec


Fingerprint = tuple[tuple[str, int], ...]


def _fingerprint() -> Fingerprint:
    """The sources of the three models with the times of their files: cheap to compare."""
    from ml.artefacts import bundled

    image = _encoder_spec(settings.IMAGE_ENCODER, "image_tower")
    image = str(bundled("image_tower")) if image == "bundled" else image
    sources = (str(_artefact_folder("mismatch")), image, settings.TEXT_ENCODER)
    return tuple((source, _changed_at(Path(source))) for source in sources)


def _changed_at(folder: Path) -> int:
    """The newest time in a folder, its own too, which changes when a file goes; 0 for no folder."""
    paths = [folder, *folder.glob("*")] if folder.is_dir() else []
    return max((path.stat().st_mtime_ns for path in paths), default=0)


@lru_cache(maxsize=4)
def _release_of(fingerprint: Fingerprint) -> str | ArtefactError:
    """An error is an answer too: a broken artefact is read and logged once, not for every page."""
    from ml.artefacts import ArtefactError

    try:
        releases = [_source_release(source) for source, _ in fingerprint]
    except ArtefactError as error:
        log.error("release_unknown", reason=str(error))
        return error
    return hashlib.sha256("\n".join(releases).encode()).hexdigest()[:12]


def _source_release(source: str) -> str:
    """An artefact's release; a downloaded folder's contents; a hub tag (or "bundled") as it is."""
    from ml.artefacts import CHECKSUMS, verify_checksums

    folder = Path(source)
    files = sorted(path for path in folder.glob("*") if path.is_file())
    if files and not (folder / CHECKSUMS).exists():
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()
    return verify_checksums(folder) if files or folder.is_absolute() else source


# --- Listings to vectors ------------------------------------------------------------------------


def encode_listing(listing: Listing) -> EncodedListing:
    """Photos come from the cache where this release has seen them; unreadable ones are left out.

    Raises ArtefactError.
    """
    return encode_listings([listing])[0]


def encode_listings(listings: Sequence[Listing]) -> list[EncodedListing]:
    """Many at once: the photos that are new go through the encoder together."""
    release, model = current_release(), predictor()
    photos = {listing.pk: list(listing.photos.select_related("image")) for listing in listings}
    images = {photo.image_id: photo.image for row in photos.values() for photo in row}
    vectors = _cached_vectors(images, release)
    new = [image for sha256, image in images.items() if sha256 not in vectors]
    for start in range(0, len(new), ENCODE_BATCH):
        vectors |= _encode_images(new[start : start + ENCODE_BATCH], model, release)
    titles = model.encode_titles([listing.title for listing in listings])
    return [
        _encoded(listing, photos[listing.pk], vectors, title, model, release)
        for listing, title in zip(listings, titles, strict=True)
    ]


def _encoded(
    listing: Listing,
    photos: list[Photo],
    vectors: dict[str, Vector],
    title_vector: Vector,
    model: MismatchPredictor,
    release: str,
) -> EncodedListing:
    readable = [photo for photo in photos if photo.image_id in vectors]
    rows = np.zeros((0, model.dim), dtype=np.float32)
    if readable:
        rows = np.stack([vectors[photo.image_id] for photo in readable])
    return EncodedListing(
        photo_ids=tuple(photo.pk for photo in readable),
        photo_vectors=rows,
        title_vector=title_vector,
        item_vector=model.item_vector(rows, title_vector),
        release=release,
        content_hash=content_hash(listing.title, [photo.image_id for photo in photos]),
    )


def _cached_vectors(images: Collection[str], release: str) -> dict[str, Vector]:
    vectors: dict[str, Vector] = {}
    rows = PhotoEmbedding.objects.filter(image_id__in=images, release=release)
    for sha256, stored in rows.values_list("image_id", "vector"):
        try:
            vectors[sha256] = unpack(stored)
        except VectorError as error:
            log.warning("photo_embedding_skipped", image=sha256, reason=str(error))
    return vectors


def _encode_images(
    images: Sequence[StoredImage], model: MismatchPredictor, release: str
) -> dict[str, Vector]:
    pixels = {image.sha256: picture for image in images if (picture := _read(image)) is not None}
    if not pixels:
        return {}
    packed = [pack(row) for row in model.encode_photos(list(pixels.values()))]
    rows = [
        PhotoEmbedding(image_id=sha256, release=release, vector=vector)
        for sha256, vector in zip(pixels, packed, strict=True)
    ]
    PhotoEmbedding.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["image", "release"],
        update_fields=["vector"],
    )
    # What was just encoded and what comes from the cache must be the same to the last bit.
    return {sha256: unpack(vector) for sha256, vector in zip(pixels, packed, strict=True)}


def _read(image: StoredImage) -> Image | None:
    import PIL.Image

    name = image.file_name(VARIANT)
    try:
        with default_storage.open(name) as file:
            picture = PIL.Image.open(file)
            picture.load()
            return picture
    except OSError as error:
        log.warning("photo_unreadable", file=name, reason=str(error))
        return None


# --- Neighbours ---------------------------------------------------------------------------------

_indexes: dict[str, ItemIndex] = {}
_indexes_lock = Lock()


def neighbours(
    vector: Vector,
    *,
    k: int,
    exclude: Collection[int] = (),
    exclude_seller: int | None = None,
    release: str | None = None,
) -> list[tuple[int, float]]:
    """Ids of listings for sale at this moment with their cosines, best first, at most k.

    `vector` is a unit row (dim,) of `release`, and is compared with vectors of that release alone;
    None stands for the models' own. Without a usable release the answer is empty: nothing can be
    compared.
    """
    release = release or release_in_service()
    if release is None or k < 1:
        return []
    index = _index_of(release)
    fetch = k + len(exclude) + SPARE_NEIGHBOURS
    while True:
        found = index.search(vector, fetch)
        wanted = [(pk, score) for pk, score in found if pk not in exclude]
        live = live_among([pk for pk, _ in wanted], except_seller=exclude_seller)
        kept = [(pk, score) for pk, score in wanted if pk in live][:k]
        if len(kept) == k or len(found) < fetch or fetch >= MOST_NEIGHBOURS:
            return kept
        fetch = min(fetch * 4, MOST_NEIGHBOURS)


def release_in_service() -> str | None:
    """`current_release`, or None where its artefacts cannot be used (the reason is in the log)."""
    outcome = _release_of(_fingerprint())
    return outcome if isinstance(outcome, str) else None


def _index_of(release: str) -> ItemIndex:
    with _indexes_lock:
        index = _indexes.pop(release, None) or ItemIndex(release, _new_index)
        # During a refresh two releases are searched; the one used last stands at the end.
        for other in list(_indexes)[: -MOST_INDEXES + 1]:
            del _indexes[other]
        _indexes[release] = index
        return index


def _new_index(dim: int) -> VectorIndex:
    import faiss

    from ml.index import FlatIndex

    faiss.omp_set_num_threads(1)
    return FlatIndex(dim)
