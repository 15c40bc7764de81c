"""The steps of an analysis: what the models say of one listing, as findings with their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from listing_assistant.assistant import grading, inference, policy
from listing_assistant.assistant.findings import Clue, Finding
from listing_assistant.assistant.inference import UnavailableError
from listing_assistant.assistant.models import Analysis, Evidence, Region, Suggestion
from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import Listing, Photo
from recommender import inference as recommender

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind = Suggestion.Kind


class Look:
    """One listing while it is analysed; what several steps need is computed once."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.listing: Listing = analysis.listing
        self._regions: dict[int, Region | None] = {}

    @cached_property
    def photos(self) -> list[Photo]:
        return list(self.listing.photos.select_related("image").order_by("position"))

    @cached_property
    def encoded(self) -> recommender.EncodedListing:
        """Raises UnavailableError."""
        return inference.encode_listing(self.listing)

    @property
    def photo_vectors(self) -> NDArray[np.float32] | None:
        """(n, dim), or None without photos or without the model that encodes them."""
        try:
            vectors = self.encoded.photo_vectors
        except UnavailableError:
            return None
        return vectors if len(vectors) else None

    @cached_property
    def trusted_photo_vectors(self) -> NDArray[np.float32] | None:
        """None too when photos and title disagree: then nobody knows which of them is wrong."""
        found = self.analysis.suggestions.filter(kind=Kind.MISMATCH).first()
        return None if found and found.value["verdict"] == "mismatch" else self.photo_vectors

    @property
    def category(self) -> Category | None:
        """The seller's, or the best candidate."""
        if self.listing.category:
            return self.listing.category
        best = self.analysis.suggestions.filter(kind=Kind.CATEGORY).order_by("rank").first()
        return Category.objects.filter(pk=best.value["category"]).first() if best else None

    def regions(self, photos: Sequence[Photo]) -> dict[int, Region]:
        """As inference.find_regions; a photo is looked at once, whichever steps ask."""
        fresh = [photo for photo in photos if photo.pk not in self._regions]
        found = inference.find_regions(fresh) if fresh else {}
        self._regions |= {photo.pk: found.get(photo.pk) for photo in fresh}
        known = {photo.pk: self._regions[photo.pk] for photo in photos}
        return {pk: region for pk, region in known.items() if region}

    def position(self, photo_id: int) -> int:
        return next(photo.position for photo in self.photos if photo.pk == photo_id)


# --- The steps ----------------------------------------------------------------------------------


def encode(look: Look) -> list[Finding]:
    """Vectors of photos and title; the ones of the photos stay in the database's cache."""
    assert look.encoded.release
    return []


def suggest_categories(look: Look) -> list[Finding]:
    """Up to policy.CATEGORY_CANDIDATES leaf categories, best first."""
    near = _neighbours_with_category(look)
    candidates = inference.categories_of(
        look.listing.title,
        look.photo_vectors,
        neighbours=[(category_id, weight) for _, category_id, weight in near],
        k=policy.CATEGORY_CANDIDATES,
    )
    known = Category.objects.in_bulk([candidate.id for candidate in candidates])
    return [
        Finding(
            Kind.CATEGORY,
            label=known[candidate.id].path,
            value={"category": candidate.id},
            confidence=float(candidate.confidence),
            key=str(candidate.id),
            rank=rank,
            clues=(
                *_words_in(look.listing.title, candidate.evidence),
                *_photo_clues(look, candidate.evidence),
                *_neighbour_clues(near, candidate.id),
            ),
        )
        for rank, candidate in enumerate(candidates)
        if candidate.id in known
        and (rank == 0 or candidate.confidence >= policy.LEAST_CATEGORY_CONFIDENCE)
    ]


def _neighbours_with_category(look: Look) -> list[tuple[int, int, float]]:
    """(listing id, category id, cosine) of what is for sale and looks alike."""
    if look.photo_vectors is None:
        return []
    near = recommender.neighbours(
        look.encoded.item_vector, k=policy.NEIGHBOURS, exclude=[look.listing.pk]
    )
    listings = Listing.objects.in_bulk([pk for pk, _ in near])
    return [
        (pk, category_id, score)
        for pk, score in near
        if pk in listings and (category_id := listings[pk].category_id) is not None
    ]


def _neighbour_clues(near: list[tuple[int, int, float]], category_id: int) -> list[Clue]:
    same = [(pk, score) for pk, category, score in near if category == category_id]
    return [
        Clue(Evidence.Kind.NEIGHBOUR, neighbour_id=pk, weight=score)
        for pk, score in same[: policy.NEIGHBOURS_SHOWN]
    ]


def _photo_clues(look: Look, signals: Sequence[str]) -> list[Clue]:
    if "photo" not in signals:
        return []
    return [Clue(Evidence.Kind.PHOTO, photo_id=photo.pk) for photo in look.photos]


def _words_in(title: str, words: Sequence[str]) -> list[Clue]:
    clues = []
    for word in words:
        start = title.lower().find(word.lower())
        if start >= 0:
            end = start + len(word)
            clues.append(
                Clue(
                    Evidence.Kind.TEXT,
                    text=title[start:end],
                    field="title",
                    start=start,
                    end=end,
                    weight=1.0,
                )
            )
    return clues


def check_quality(look: Look) -> list[Finding]:
    return [
        Finding(
            Kind.QUALITY,
            label=check.label,
            value={"passed": check.passed, "points": check.points, "of": check.of},
            about={"why": check.why, "earn": check.earn},
            confidence=1.0,
            key=check.key,
            rank=rank,
        )
        for rank, check in enumerate(grading.checks(look.listing))
    ]
