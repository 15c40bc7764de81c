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
from typing import TYPE_CHECKING

import numpy as np
import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from numpy.typing import NDArray

from listing_assistant.listings.models import Listing, Photo, StoredImage
from recommender.indexes.inference import index_of
from recommender.models import PhotoEmbedding
from recommender.selectors import content_hash, live_among, vector_to_search_with
from recommender.vectors import Vector, VectorError, pack, unpack

if TYPE_CHECKING:
    from PIL.Image import Image

    from ml.artefacts import ArtefactError
    from ml.encoders.acceleration import Acceleration
    from ml.encoders.base import ImageEncoder, TextEncoder
    from ml.mismatch.predict import MismatchPredictor
    from ml.two_tower.predict import TwoTowerPredictor

log = structlog.get_logger()

# 320 px hold more than the bundled tower looks at, and decode ten times faster than 800 px.
VARIANT = "small"
TWO_TOWER = "two_tower"
ENCODE_BATCH = 16
# Of the neighbours found, some are sold by now or the seller's own: look at this many more at once,
# and at no more than so many in all.
SPARE_NEIGHBOURS = 24
MOST_NEIGHBOURS = 4096


@dataclass(frozen=True)
class EncodedListing:
    """Photos and title in the space they share; the item in the space of items. All unit length."""

    photo_ids: tuple[int, ...]
    photo_vectors: NDArray[np.float32]  # (len(photo_ids), dim)
    title_vector: Vector  # (dim,)
    item_vector: Vector  # (item_dim,)
    release: str
    content_hash: str


@dataclass(frozen=True)
class Models:
    """What reads photos and titles in one release: what an encoder has seen serves every model.

    `items` is None where there is no twin tower for these encoders: then an item's vector is the
    mean of its photos' and its title's, in the space of `mismatch`.
    """

    images: ImageEncoder
    texts: TextEncoder
    mismatch: MismatchPredictor
    items: TwoTowerPredictor | None


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
    return _load_models(current_release()).mismatch


@lru_cache(maxsize=1)
def _load_models(release: str) -> Models:
    from ml.encoders.registry import load_image_encoder
    from ml.mismatch.predict import load_mismatch

    texts = text_encoder()
    spec = _encoder_spec(settings.IMAGE_ENCODER, "image_tower")
    with _named_setting("IMAGE_ENCODER"):
        images = load_image_encoder(spec, _acceleration())
    mismatch = load_mismatch(_artefact_folder("mismatch"), images, texts)
    log.info("predictor_loaded", release=release)
    return Models(images, texts, mismatch, _two_tower(images, texts))


def _two_tower(images: ImageEncoder, texts: TextEncoder) -> TwoTowerPredictor | None:
    from ml.artefacts import ArtefactError
    from ml.two_tower.predict import load_two_tower

    try:
        return load_two_tower(_artefact_folder(TWO_TOWER), images.release, texts.release)
    except ArtefactError as error:
        log.warning("two_tower_unused", reason=str(error))
        return None


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
    """The sources of the models with the times of their files: cheap to compare."""
    from ml.artefacts import bundled

    image = _encoder_spec(settings.IMAGE_ENCODER, "image_tower")
    image = str(bundled("image_tower")) if image == "bundled" else image
    mismatch, two_tower = (str(_artefact_folder(name)) for name in ("mismatch", TWO_TOWER))
    sources = (mismatch, image, settings.TEXT_ENCODER, two_tower)
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
        *sources, two_tower = [source for source, _ in fingerprint]
        releases = [*map(_source_release, sources), _release_or_reason(two_tower)]
    except ArtefactError as error:
        log.error("release_unknown", reason=str(error))
        return error
    return hashlib.sha256("\n".join(releases).encode()).hexdigest()[:12]


def _release_or_reason(source: str) -> str:
    """Items have vectors without this model too, and other ones once it can be read."""
    from ml.artefacts import ArtefactError

    try:
        return _source_release(source)
    except ArtefactError as error:
        return error.reason


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
    release = current_release()
    models = _load_models(release)
    photos = {listing.pk: list(listing.photos.select_related("image")) for listing in listings}
    images = {photo.image_id: photo.image for row in photos.values() for photo in row}
    rows = _cached_rows(images, release)
    new = [image for sha256, image in images.items() if sha256 not in rows]
    for start in range(0, len(new), ENCODE_BATCH):
        rows |= _encode_images(new[start : start + ENCODE_BATCH], models.images, release)
    titles = models.texts.encode([listing.title for listing in listings])
    return [
        _encoded(listing, photos[listing.pk], rows, title, models, release)
        for listing, title in zip(listings, titles, strict=True)
    ]


def _encoded(
    listing: Listing,
    photos: list[Photo],
    rows: dict[str, Vector],
    title: Vector,
    models: Models,
    release: str,
) -> EncodedListing:
    readable = [photo for photo in photos if photo.image_id in rows]
    seen = np.zeros((0, models.images.dim), dtype=np.float32)
    if readable:
        seen = np.stack([rows[photo.image_id] for photo in readable])
    photo_vectors = models.mismatch.project_photos(seen)
    title_vector = models.mismatch.project_titles(title[np.newaxis], [listing.title])[0]
    return EncodedListing(
        photo_ids=tuple(photo.pk for photo in readable),
        photo_vectors=photo_vectors,
        title_vector=title_vector,
        item_vector=models.mismatch.item_vector(photo_vectors, title_vector)
        if models.items is None
        else models.items.item_vector(seen, listing.title, title),
        release=release,
        content_hash=content_hash(listing.title, [photo.image_id for photo in photos]),
    )


def _cached_rows(images: Collection[str], release: str) -> dict[str, Vector]:
    rows: dict[str, Vector] = {}
    kept = PhotoEmbedding.objects.filter(image_id__in=images, release=release)
    for sha256, stored in kept.values_list("image_id", "vector"):
        try:
            rows[sha256] = unpack(stored)
        except VectorError as error:
            log.warning("photo_embedding_skipped", image=sha256, reason=str(error))
    return rows


def _encode_images(
    images: Sequence[StoredImage], encoder: ImageEncoder, release: str
) -> dict[str, Vector]:
    pixels = {image.sha256: picture for image in images if (picture := _read(image)) is not None}
    if not pixels:
        return {}
    packed = [pack(row) for row in encoder.encode(list(pixels.values()))]
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


def neighbours(
    vector: Vector,
    *,
    k: int,
    exclude: Collection[int] = (),
    exclude_seller: int | None = None,
    category: int | None = None,
    release: str | None = None,
) -> list[tuple[int, float]]:
    """Ids of listings for sale at this moment with their cosines, best first, at most k.

    `vector` is a unit row (dim,) of `release`, and is compared with vectors of that release alone;
    None stands for the models' own. Without a usable release the answer is empty: nothing can be
    compared. `category` leaves out all others.
    """
    release = release or release_in_service()
    if release is None or k < 1:
        return []
    index = index_of(release)
    fetch = k + len(exclude) + SPARE_NEIGHBOURS
    while True:
        found = index.search(vector, fetch, category=category, not_seller=exclude_seller)
        wanted = [(pk, score) for pk, score in found if pk not in exclude]
        live = live_among([pk for pk, _ in wanted], category=category, except_seller=exclude_seller)
        kept = [(pk, score) for pk, score in wanted if pk in live][:k]
        if len(kept) == k or len(found) < fetch or fetch >= MOST_NEIGHBOURS:
            return kept
        fetch = min(fetch * 4, MOST_NEIGHBOURS)


def neighbours_of(
    listing_id: int, *, k: int, exclude_seller: int | None = None, category: int | None = None
) -> list[tuple[int, float]]:
    """`neighbours` of a listing by the vector that is stored of it; empty where there is none.

    Raises VectorError where it cannot be read.
    """
    stored = vector_to_search_with(listing_id=listing_id, models_release=release_in_service())
    if stored is None:
        return []
    return neighbours(
        unpack(stored.item),
        k=k,
        exclude=[listing_id],
        exclude_seller=exclude_seller,
        category=category,
        release=stored.release,
    )


def release_in_service() -> str | None:
    """`current_release`, or None where its artefacts cannot be used (the reason is in the log)."""
    outcome = _release_of(_fingerprint())
    return outcome if isinstance(outcome, str) else None
