"""The steps of an analysis: what the models say of one listing, as findings with their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING

from listing_assistant.assistant import inference, policy, quality, reading, selectors, wording
from listing_assistant.assistant.findings import Clue, Finding
from listing_assistant.assistant.inference import UnavailableError
from listing_assistant.assistant.models import Analysis, Evidence, Suggestion
from listing_assistant.catalogue import selectors as catalogue
from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.listings.models import Listing, Photo
from recommender import inference as recommender

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ml.mismatch.evidence import WordEvidence
    from ml.mismatch.predict import MismatchResult
    from ml.taclr.predict import Identified

Kind = Suggestion.Kind


class Look:
    """One listing while it is analysed; what several steps need is computed once."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.listing: Listing = analysis.listing

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

    def position(self, photo_id: int) -> int:
        return next(photo.position for photo in self.photos if photo.pk == photo_id)


# --- The steps ----------------------------------------------------------------------------------


def encode(look: Look) -> list[Finding]:
    """Vectors of photos and title; the ones of the photos stay in the database's cache."""
    assert look.encoded.release
    return []


def judge_match(look: Look) -> list[Finding]:
    """Do the photos show what the title says? Nothing to say without a title and a photo."""
    encoded, title = look.encoded, look.listing.title
    if not len(encoded.photo_vectors) or not title.strip():
        return []
    category = look.listing.category
    result = inference.judge(encoded.photo_vectors, title, category.names if category else ())
    # A title without words cannot be compared: there is a score for no photo then.
    by_photo = dict(zip(encoded.photo_ids, map(float, result.photo_scores), strict=False))
    read = reading.read(look.photos, title)
    verdict = "unsure" if result.verdict == "match" and read.contradicts else result.verdict
    outliers = [encoded.photo_ids[place] for place in result.outliers]
    value = {
        "verdict": verdict,
        "score": float(result.score),
        "photo_scores": by_photo,
        "outliers": outliers,
        "counterfactual": asdict(result.counterfactual) if result.counterfactual else None,
    }
    against = _telling([word for word in result.words if word.contribution > 0])
    bad = outliers or _worst_photos(by_photo)
    framed = bad if verdict != "match" else []
    clues = (*map(_word_clue, against), *_judged_photos(look, framed, by_photo), *read.clues)
    label = _match_sentence(look, result, bad, [word.text for word in against])
    label = read.added_to(label, result.verdict)
    sure = max(result.score, 1 - result.score)
    return [Finding(Kind.MISMATCH, label, value, confidence=float(sure), clues=clues)]


def _word_clue(word: WordEvidence) -> Clue:
    return Clue(
        Evidence.Kind.TEXT,
        text=word.text,
        field="title",
        start=word.start,
        end=word.end,
        weight=float(word.contribution),
    )


def _judged_photos(look: Look, framed: Sequence[int], scores: dict[int, float]) -> list[Clue]:
    """Every photo with its score, the first `framed` ones with their regions."""
    images = {photo.pk: photo for photo in look.photos}
    regions = inference.find_regions(images[pk] for pk in framed[: policy.REGIONS_SHOWN])
    return [
        Clue(
            Evidence.Kind.PHOTO,
            photo_id=pk,
            region=regions.get(pk),
            seen_image=images[pk].image_id,
            weight=score,
        )
        for pk, score in scores.items()
    ]


def _telling(words: list[WordEvidence]) -> list[WordEvidence]:
    """The worst few; sizes and units only where there is nothing else, for photos hide them."""
    names = [
        word
        for word in words
        if any(part.isalpha() and len(part) > 2 for part in word.text.split())
    ]
    return (names or words)[: policy.WORDS_SHOWN]


def _match_sentence(
    look: Look, result: MismatchResult, bad: Sequence[int], words: list[str]
) -> str:
    photos = len(result.photo_scores)
    if not photos:
        return f"They cannot be compared: {result.reason}."
    if result.outliers and result.verdict != "mismatch":
        return wording.outlier_sentence([look.position(pk) for pk in bad])
    return wording.mismatch_sentence(
        verdict=result.verdict,
        bad_positions=[look.position(pk) for pk in bad],
        photos=photos,
        words=words,
        looks_like=_looks_like(look, bad) if result.verdict == "mismatch" else "",
    )


def _worst_photos(scores: dict[int, float]) -> list[int]:
    """The photos nearer to the worst score than to the best; all when they score alike."""
    if not scores:
        return []
    worst, best = max(scores.values()), min(scores.values())
    if worst - best < policy.PHOTOS_ALIKE:
        return list(scores)
    return [pk for pk, score in scores.items() if score >= (worst + best) / 2]


def _looks_like(look: Look, photo_ids: Sequence[int]) -> str:
    """The category that the photos alone suggest, by its own name."""
    encoded = look.encoded
    rows = [encoded.photo_ids.index(pk) for pk in photo_ids]
    try:
        found = inference.categories_of("", encoded.photo_vectors[rows], k=1)
    except UnavailableError:
        return ""
    if not found or found[0].confidence < policy.LOOKS_LIKE_CONFIDENCE:
        return ""
    category = Category.objects.filter(pk=found[0].id).first()
    return category.name if category else ""


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


def identify_attributes(look: Look) -> list[Finding]:
    """A value for each attribute of the category that the title states or the photos show."""
    category = look.category
    if category is None:
        return []
    rows = catalogue.attributes_of(category)
    vectors = look.trusted_photo_vectors
    found = inference.identify(category, rows, look.listing.title, vectors)
    answers: dict[str, list[Identified]] = {}
    for one in found:
        if one.value is not None:
            answers.setdefault(one.attribute, []).append(one)
    attributes = [row.attribute for row in rows if row.attribute.name in answers]
    return [
        _attribute_finding(look, attribute, answers[attribute.name], rank)
        for rank, attribute in enumerate(attributes)
    ]


def _attribute_finding(
    look: Look, attribute: Attribute, found: list[Identified], rank: int
) -> Finding:
    """One suggestion an attribute; "multi" ones may have been given several values."""
    names = [str(one.value) for one in found]
    values = [catalogue.find_value(attribute, name) for name in names]
    texts = [value.value if value else name for value, name in zip(values, names, strict=True)]
    text = ", ".join(texts)
    return Finding(
        Kind.ATTRIBUTE,
        label=f"{attribute.name}: {text}"[:500],
        value={
            "attribute": attribute.pk,
            "value": values[0].pk if values[0] and len(values) == 1 else None,
            "text": text,
            "texts": texts,
        },
        confidence=min(float(one.confidence) for one in found),
        key=str(attribute.pk),
        rank=rank,
        clues=tuple(clue for one in found for clue in _clues(look, one)),
    )


def _clues(look: Look, found: Identified) -> list[Clue]:
    if found.span:
        span = found.span
        return [
            Clue(
                Evidence.Kind.TEXT,
                text=span.text,
                field=span.field,
                start=span.start,
                end=span.end,
                weight=1.0,
            )
        ]
    if found.source == "photo":
        return [Clue(Evidence.Kind.PHOTO, photo_id=photo.pk) for photo in look.photos]
    return []


def draft_description(look: Look) -> list[Finding]:
    """A description in which every sentence names the facts it stands on."""
    category = look.category
    if not look.listing.title.strip() and category is None:
        return []
    stated, suggested = _facts(look)
    draft = inference.draft(
        title=look.listing.title,
        category=category.name if category else "",
        condition=look.listing.condition,
        stated=stated,
        suggested=[(_name(row), row.value["text"]) for row in suggested],
        seed=look.listing.pk,
    )
    if not draft.sentences:
        return []
    sentences = [
        {"text": sentence.text, "sources": list(sentence.sources)} for sentence in draft.sentences
    ]
    value = {"text": draft.text, "sentences": sentences}
    # A draft is as sure as the least sure suggestion that it repeats.
    confidence = min((row.confidence for row in suggested), default=policy.STATED_CONFIDENCE)
    return [Finding(Kind.DESCRIPTION, "A description", value, confidence=confidence)]


def _facts(look: Look) -> tuple[list[tuple[str, str]], list[Suggestion]]:
    """(name, value) pairs that the seller has stated, and the suggestions for the other names.

    What the seller rejected is never used, nor what the models are unsure of.
    """
    rows = look.listing.attribute_rows.select_related("attribute")
    stated = [(row.attribute.name, row.text) for row in rows]
    taken = {row.attribute_id for row in rows}
    rejected = selectors.rejected_attributes(look.listing)
    suggested = [
        row
        for row in look.analysis.suggestions.filter(kind=Kind.ATTRIBUTE)
        if row.value["attribute"] not in taken
        and (row.value["attribute"], row.value["text"]) not in rejected
        and row.confidence >= policy.ACCEPT_ALL_CONFIDENCE
    ]
    return stated, suggested


def _name(attribute_suggestion: Suggestion) -> str:
    return attribute_suggestion.label.split(": ")[0]


def check_quality(look: Look) -> list[Finding]:
    return [
        Finding(
            Kind.QUALITY,
            label=check.label,
            value={"passed": check.passed, "points": check.points, "of": check.of},
            confidence=1.0,
            key=check.key,
            rank=rank,
        )
        for rank, check in enumerate(quality.checks(look.listing))
    ]
