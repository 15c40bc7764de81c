"""The step that reads the details: a value with its evidence, or a question where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from listing_assistant.assistant import inference, policy, questions
from listing_assistant.assistant.findings import Clue, Finding
from listing_assistant.assistant.models import Evidence, Suggestion
from listing_assistant.assistant.steps import Look
from listing_assistant.catalogue import selectors as catalogue
from listing_assistant.catalogue.models import Attribute, Category, CategoryAttribute

if TYPE_CHECKING:
    from ml.taclr.predict import Identified

Kind = Suggestion.Kind


@dataclass(frozen=True)
class _Reading:
    """What the model says of a category's attributes, by their names."""

    rows: list[CategoryAttribute]
    answers: dict[str, list[Identified]]
    silent: dict[str, Identified]


def identify_and_ask(look: Look) -> list[Finding]:
    """For each attribute of the category a value that is stated or seen, or a question."""
    category = look.category
    if category is None:
        return []
    reading = _read(look, category)
    unanswered = [row for row in reading.rows if row.attribute.name not in reading.answers]
    asked = questions.questions_for(look, category, unanswered, reading.silent)
    return _suggestions(look, reading) + asked


def identify_attributes(look: Look) -> list[Finding]:
    """The values alone, for who reads many listings and asks nobody."""
    category = look.category
    return _suggestions(look, _read(look, category)) if category else []


def _read(look: Look, category: Category) -> _Reading:
    reading = _Reading(catalogue.attributes_of(category), {}, {})
    title, vectors = look.listing.title, look.trusted_photo_vectors
    for one in inference.identify(category, reading.rows, title, vectors):
        if one.value is None:
            reading.silent[one.attribute] = one
        else:
            reading.answers.setdefault(one.attribute, []).append(one)
    return reading


def _suggestions(look: Look, reading: _Reading) -> list[Finding]:
    known = [row.attribute for row in reading.rows if row.attribute.name in reading.answers]
    return [
        _attribute_finding(look, attribute, reading.answers[attribute.name], rank)
        for rank, attribute in enumerate(known)
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
        clues=tuple(clue for one in found for clue in clues_of(look, one)),
        about={
            "stated": all(one.stated for one in found),
            "source": found[0].source,
            "runner_up": _runner_up(attribute, found),
        },
    )


def _runner_up(attribute: Attribute, found: list[Identified]) -> str | None:
    """The value that came second, as the taxonomy writes it; of several values there is none."""
    other = found[0].runner_up if len(found) == 1 else None
    if not other or other == found[0].value:
        return None
    value = catalogue.find_value(attribute, other)
    return value.value if value else other


def clues_of(look: Look, found: Identified) -> list[Clue]:
    """The words that state a value, or the photos that show it; none where it is only likely."""
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
    return _photo_clues(look) if found.source == "photo" else []


def _photo_clues(look: Look) -> list[Clue]:
    """Every photo, for their mean was asked; the first ones with the part that tells."""
    regions = look.regions(look.photos[: policy.REGIONS_SHOWN])
    return [
        Clue(
            Evidence.Kind.PHOTO,
            photo_id=photo.pk,
            region=regions.get(photo.pk),
            seen_image=photo.image_id,
        )
        for photo in look.photos
    ]
