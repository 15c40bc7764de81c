"""The door to the models: plain values and rows in, what the models say out.

The only file of this app that imports `ml`, and only inside functions: a web process asks for
`releases` and never loads torch. A model that cannot be loaded raises UnavailableError, which costs
its own step and no other.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

from listing_assistant.assistant.engines.inference import engine_release, load_engine
from listing_assistant.assistant.models import Region
from listing_assistant.catalogue import selectors as catalogue
from listing_assistant.catalogue.inference import offered_specs, specs_of
from listing_assistant.catalogue.models import (
    AttributeValue,
    Category,
    CategoryAttribute,
    Taxonomy,
)
from listing_assistant.listings.models import Listing, Photo
from listing_assistant.listings.photo_files import read_variant
from recommender import inference as recommender
from recommender.inference import EncodedListing
from recommender.releases.inference import artefact_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from ml.category.predict import CategoryCandidate, CategoryModel, CategoryRetriever
    from ml.description.predict import Drafter
    from ml.mismatch.predict import MismatchPredictor, MismatchResult
    from ml.mismatch.reading import Reading, TextReader
    from ml.taclr.predict import Identified, ValueRetriever
    from ml.taclr.value_store import BuildReport, Progress

    Vectors = NDArray[np.float32]

log = structlog.get_logger(__name__)

# Where the models say it with another word than the listing.
CONDITIONS = {"parts": "for parts"}
OWN_MODELS = ("taclr", "description", "category")
BRAND = "Brand"  # the attribute whose values may be printed on things


class UnavailableError(Exception):
    """A model cannot be used; `reason` is a sentence fit for the seller's page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def _named_reason(what: str) -> Iterator[None]:
    from ml.artefacts import ArtefactError

    try:
        yield
    except ArtefactError as error:
        log.error("model_unavailable", model=what, reason=str(error))
        raise UnavailableError(f"{what} cannot be used at the moment ({error.reason}).") from error
    except FileNotFoundError as error:
        log.error("photo_file_missing", reason=str(error))
        raise UnavailableError("A photo's file is missing; upload it again.") from error


# --- What the models say: plain values in and out; each raises UnavailableError ----------------


def encode_listing(listing: Listing) -> EncodedListing:
    with _named_reason("The model that looks at photos"):
        return recommender.encode_listing(listing)


def judge(photo_vectors: Vectors, title: str, category: Sequence[str] = ()) -> MismatchResult:
    """`category` is a path of names, which may have thresholds of its own."""
    with _named_reason("The model that compares photos and title"):
        return recommender.predictor().judge(photo_vectors, title, category=category)


def find_regions(photos: Iterable[Photo]) -> dict[int, Region]:
    """By photo id, the part of the photo that its vector depends on.

    A photo that cannot be read has none, nor has one in which no part tells.
    """
    from ml.mismatch.region import find_region

    with _named_reason("The model that compares photos and title"):
        encode = recommender.predictor().encode_photos
    regions = {}
    for photo in photos:
        picture = _read(photo)
        found = find_region(picture, encode) if picture else None
        if found:
            regions[photo.pk] = Region(found.left, found.top, found.right, found.bottom)
    return regions


def read_photos(photos: Iterable[Photo], title: str) -> dict[int, list[Reading]]:
    """By photo id, what text in the photo says to brands and models in the title.

    Empty where the setting OCR is off. Raises UnavailableError where its library is missing.
    """
    from ml.mismatch.reading import compare

    reader, readings = _reader(), {}
    if reader is None:
        return {}
    brands = _brands(_vocabulary())
    for photo in photos:
        # Print on things is small: it takes a larger picture than things do.
        picture = _read(photo, "large")
        found = compare(reader.read(picture), title, brands) if picture else []
        if found:
            readings[photo.pk] = found
    return readings


@lru_cache(maxsize=1)
def _reader() -> TextReader | None:
    from ml.mismatch.reading import RapidReader, ReaderMissingError

    if settings.OCR == "off":
        return None
    try:
        return RapidReader()
    except ReaderMissingError as error:
        raise UnavailableError(str(error)) from error


@lru_cache(maxsize=1)
def _brands(vocabulary: tuple[object, ...]) -> frozenset[str]:
    rows = AttributeValue.objects.filter(
        attribute__name=BRAND, attribute__taxonomy__is_offered=True
    )
    return frozenset(rows.values_list("value", flat=True))


def _read(photo: Photo, variant: str = recommender.VARIANT) -> Image | None:
    import PIL.Image

    try:
        return PIL.Image.open(io.BytesIO(read_variant(photo.image, variant)))
    except OSError as error:
        log.warning("photo_unreadable", image=photo.image_id, reason=str(error))
        return None


def categories_of(
    title: str,
    photo_vectors: Vectors | None,
    *,
    k: int,
    neighbours: Sequence[tuple[int, float]] = (),
) -> list[CategoryCandidate]:
    """Category ids, best first. `neighbours` are (category id, weight) of similar listings."""
    with _named_reason("The model that finds the category"):
        retriever = _categories(_vocabulary(), releases())
        return retriever.suggest(title, photo_vectors, neighbours, k)


def identify(
    category: Category,
    rows: Sequence[CategoryAttribute],
    title: str,
    photo_vectors: Vectors | None,
) -> list[Identified]:
    """A value, or None where it abstains, for each attribute in `rows`."""
    specs = specs_of(category)
    with _named_reason("The model that reads the details"):
        return _values(releases(), settings.VALUES_DIR).identify(
            [specs[row.attribute_id] for row in rows if row.attribute_id in specs],
            category=category.name,
            title=title,
            photo_vector=None if photo_vectors is None else _mean(photo_vectors),
            target_precision=catalogue.target_precision_of(category),
        )


def build_values(
    progress: Progress | None, *, wait: bool, seconds: float | None
) -> BuildReport | None:
    """Encode all values that sellers are offered; None while another process is at it.

    `seconds` bounds the encoding: the next call goes on from there.
    """
    from ml.taclr.value_store import BuildInProgressError

    with _named_reason("The model that reads the details"):
        values = _values(releases(), settings.VALUES_DIR)
    try:
        return values.build_values(offered_specs(), progress, wait=wait, seconds=seconds)
    except BuildInProgressError:
        return None


def values_release() -> str:
    """What the vectors of values depend on besides the vocabulary."""
    folder = artefact_folder("taclr")
    return f"{_release(folder, _changed_at(folder))} {settings.TEXT_ENCODER}"


def drafter() -> Drafter:
    """What writes descriptions and titles; `drafting.inference` asks it."""
    with _named_reason("The model that drafts descriptions"):
        return _drafter(releases())


def _mean(vectors: Vectors) -> NDArray[np.float32]:
    """A unit row (dim,) from unit rows (n, dim)."""
    import numpy as np

    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), dtype=np.float32)


# --- The models, loaded once a process ----------------------------------------------------------


def import_libraries() -> None:
    """Import what the models run on, and load none of them.

    Before a worker forks: its processes share the libraries' memory, and one that is started anew
    is at work at once. The models come after the fork, which their threads would not survive.
    """
    import ml.category.predict
    import ml.description.predict
    import ml.encoders.registry
    import ml.mismatch.predict
    import ml.mismatch.region
    import ml.taclr.predict  # noqa: F401


def preload() -> None:
    """Load everything, so that the first seller does not wait for it. Failures are only logged."""
    loads: dict[str, Callable[[], object]] = {
        "photos and titles": recommender.predictor,
        "categories": lambda: categories_of("", None, k=1),
        "details": lambda: _values(releases(), settings.VALUES_DIR),
        "descriptions": lambda: _drafter(releases()),
    }
    for what, load in loads.items():
        with suppress(UnavailableError), _named_reason(f"The model for {what}"):
            load()


def _vocabulary() -> tuple[object, ...]:
    """Changes when the leaf categories do."""
    taxonomies = Taxonomy.objects.filter(is_offered=True).order_by("pk")
    return (*taxonomies.values_list("pk", "version"), catalogue.leaf_categories().count())


# The arguments of these only say when what is kept is out of date.


@lru_cache(maxsize=1)
def _categories(vocabulary: tuple[object, ...], releases: tuple[str, ...]) -> CategoryRetriever:
    from ml.category.predict import CategoryRetriever
    from ml.category.taxonomy import CategorySpec

    space = _photo_space()
    model = _category_model(space.release if space else None)
    cache = Path(settings.VAR_DIR) / "cache" / "categories"
    retriever = CategoryRetriever(recommender.text_encoder(), space, model, cache)
    rows = catalogue.leaf_categories().values_list("pk", "path", "synonyms")
    retriever.index([CategorySpec(pk, path, tuple(synonyms)) for pk, path, synonyms in rows])
    return retriever


def _category_model(photo_release: str | None) -> CategoryModel | None:
    """None where it cannot be read: frozen sentences, words and photos go on without it."""
    from ml.artefacts import ArtefactError
    from ml.category.predict import load_category

    try:
        model = load_category(
            artefact_folder("category"), recommender.text_encoder(), photo_release
        )
    except ArtefactError as error:
        log.warning("category_model_not_used", reason=str(error))
        return None
    if photo_release and not model.reads_photos:
        reason = f"it was trained on photos of release {model.config.photo_release}"
        log.warning("category_model_without_photos", reason=reason)
    return model


@lru_cache(maxsize=1)
def _values(releases: tuple[str, ...], folder: Path) -> ValueRetriever:
    from ml.taclr.predict import load_taclr

    space = _photo_space()
    return load_taclr(artefact_folder("taclr"), recommender.text_encoder(), space, folder)


@lru_cache(maxsize=1)
def _drafter(releases: tuple[str, ...]) -> Drafter:
    from ml.description.predict import load_drafter

    folder = artefact_folder("description")
    return load_drafter(folder, load_engine(folder))


def _photo_space() -> MismatchPredictor | None:
    """Where photos and sentences meet; None where that model is broken: words alone go on."""
    from ml.artefacts import ArtefactError

    try:
        return recommender.predictor()
    except ArtefactError as error:
        log.warning("photos_not_used", reason=str(error))
        return None


def releases() -> tuple[str, ...]:
    """What answers depend on besides the listing; a model that is broken counts as a release."""
    folders = [artefact_folder(name) for name in OWN_MODELS]
    own = tuple(_release(folder, _changed_at(folder)) for folder in folders)
    in_service = recommender.release_in_service() or "none"
    return (in_service, *own, *_reading_release(), *engine_release())


def _reading_release() -> tuple[str, ...]:
    return () if settings.OCR == "off" else (settings.OCR,)


@lru_cache(maxsize=8)
def _release(folder: Path, changed_at: float) -> str:
    from ml.artefacts import ArtefactError, verify_checksums

    try:
        return verify_checksums(folder)
    except ArtefactError as error:
        return f"none: {error.reason}"


def _changed_at(folder: Path) -> float:
    return max((path.stat().st_mtime for path in folder.glob("*")), default=0.0)
