"""What goes over the wire: amounts as decimal strings, times in UTC, listings by their UUID."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from ninja import Schema
from pydantic import Field

from listing_assistant.assistant.models import Analysis, Evidence, Suggestion
from listing_assistant.assistant.questions import Why, waiting_questions
from listing_assistant.assistant.selectors import is_stated, steps_of, suggestions_of
from listing_assistant.assistant.wording import in_words, question_sentence
from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import Listing, Photo
from listing_assistant.listings.policy import VARIANTS

Kind = Suggestion.Kind


class CategoryOut(Schema):
    id: int
    name: str
    path: str
    is_leaf: bool


class AttributeOut(Schema):
    id: int
    name: str
    kind: str
    unit: str
    is_required: bool
    values: list[str]


class CategoryDetail(CategoryOut):
    attributes: list[AttributeOut]


class ListingChanges(Schema):
    """Only what is sent is changed."""

    title: str | None = None
    description: str | None = None
    category: int | None = Field(None, description="A leaf category's id")
    condition: str | None = None
    condition_note: str | None = Field(None, description="Wear and flaws in the seller's words")
    price: Decimal | None = None
    currency: str | None = None
    format: str | None = None
    quantity: int | None = None
    ad_rate: Decimal | None = None


class PhotoOut(Schema):
    id: int
    position: int
    width: int
    height: int
    urls: dict[str, str] = Field(description="full, large, small")

    @classmethod
    def of(cls, photo: Photo) -> PhotoOut:
        return cls(
            id=photo.pk,
            position=photo.position,
            width=photo.image.width,
            height=photo.image.height,
            urls={name: default_storage.url(photo.image.file_name(name)) for name in VARIANTS},
        )


class ListingOut(Schema):
    id: UUID
    version: int
    state: str
    state_reason: str
    title: str
    description: str
    category: CategoryOut | None
    condition: str
    condition_note: str
    price: Decimal | None
    currency: str
    format: str
    quantity: int
    ad_rate: Decimal
    attributes: dict[str, list[str]]
    photos: list[PhotoOut]
    seller: str
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None

    @classmethod
    def of(cls, listing: Listing) -> ListingOut:
        attributes: dict[str, list[str]] = {}
        for row in listing.attribute_rows.select_related("attribute").order_by("id"):
            attributes.setdefault(row.attribute.name, []).append(row.text)
        plain = {
            name: getattr(listing, name)
            for name in (
                *("version", "state", "state_reason", "title", "description", "condition", "price"),
                *("condition_note", "currency", "format", "quantity", "ad_rate"),
                *("created_at", "updated_at", "published_at"),
            )
        }
        return cls(
            id=listing.public_id,
            category=category_out(listing.category),
            attributes=attributes,
            photos=[PhotoOut.of(photo) for photo in listing.photos.select_related("image")],
            seller=listing.seller.display_name,
            **plain,
        )


class Card(Schema):
    """A listing as lists show it. `score` is the likeness to the listing it was asked for."""

    id: UUID
    title: str
    price: Decimal | None
    currency: str
    condition: str
    photo: str | None
    score: float | None = None

    @classmethod
    def of(cls, listing: Listing, main: Photo | None, score: float | None = None) -> Card:
        photo = default_storage.url(main.image.file_name("small")) if main else None
        return cls(
            id=listing.public_id,
            title=listing.title,
            price=listing.price,
            currency=listing.currency,
            condition=listing.condition,
            photo=photo,
            score=score,
        )


class RegionOut(Schema):
    """A part of an upright photo: its edges as shares of the photo's width and height."""

    left: float = Field(ge=0, le=1)
    top: float = Field(ge=0, le=1)
    right: float = Field(ge=0, le=1)
    bottom: float = Field(ge=0, le=1)


class EvidenceOut(Schema):
    kind: str = Field(description="text, photo, neighbour, or read: text in a photo")
    field: str = Field(description="Of a text: title or description")
    start: int | None = Field(description="Where it begins in the field")
    end: int | None
    text: str
    photo: int | None
    region: RegionOut | None = Field(
        None, description="Of a photo: what was compared with the title, or shows the detail"
    )
    neighbour: UUID | None
    weight: float = Field(
        description="Of a photo that was compared: the doubt about it, 0..1. Of text in a photo: "
        "over 0 where it contradicts the title"
    )

    @classmethod
    def of(cls, row: Evidence) -> EvidenceOut:
        return cls(
            **{name: getattr(row, name) for name in ("kind", "field", "start", "end", "text")},
            photo=row.photo_id,
            region=RegionOut(**row.region._asdict()) if row.region else None,
            neighbour=row.neighbour.public_id if row.neighbour else None,
            weight=row.weight,
        )


class CounterfactualOut(Schema):
    """The least that the title would have to lose for the warning to go."""

    words: list[str]
    spans: list[tuple[int, int]] = Field(description="Where the words stand in the title")
    title: str = Field(description="The title without them")
    score: float
    verdict: str = Field(description="match or unsure")


class DetailOut(Schema):
    """How the assistant knows a detail, and what it would have said instead."""

    attribute: int
    stated: bool = Field(description="The seller's own words say it; else it is inferred")
    source: str = Field(description="text or photo")
    runner_up: str | None = Field(
        description="The value that came second; send it to `edit` to take it"
    )
    confidence_in_words: str = Field(description="very likely, likely, a guess")

    @classmethod
    def of(cls, suggestion: Suggestion) -> DetailOut:
        about = suggestion.about
        return cls(
            attribute=suggestion.value["attribute"],
            stated=is_stated(suggestion),
            source=about.get("source", "text"),
            runner_up=about.get("runner_up"),
            confidence_in_words=in_words(suggestion.confidence),
        )


class QuestionOut(Schema):
    """A detail that has no answer. Send the answer to `edit`; `reject` skips the question."""

    attribute: int
    name: str
    asked: str = Field(description="The question as a sentence")
    why: Why = Field(description="Why the assistant has no answer; `label` says it in words")
    required: bool = Field(description="Buyers of the category need it")
    choices: list[str] = Field(description="The likeliest answers; another may be sent as well")

    @classmethod
    def of(cls, suggestion: Suggestion) -> QuestionOut:
        about = suggestion.about
        return cls(
            attribute=suggestion.value["attribute"],
            name=about["name"],
            asked=question_sentence(about["name"], about["likely"]),
            why=about["why"],
            required=about["required"],
            choices=about["likely"],
        )


class TitleOut(Schema):
    """A suggested title; `accept` puts it in the place of the listing's."""

    text: str
    sources: list[str] = Field(description="Facts that it says beside the seller's own words")
    changes: list[str] = Field(description="calmer, cleaner, keywords, order, shorter")


class SuggestionOut(Schema):
    id: int
    kind: str
    key: str
    rank: int
    label: str
    value: Any
    confidence: float
    state: str
    evidence: list[EvidenceOut]
    counterfactual: CounterfactualOut | None = Field(None, description="Of a mismatch alone")
    detail: DetailOut | None = Field(None, description="Of an attribute alone")
    question: QuestionOut | None = Field(None, description="Of a question alone")
    title: TitleOut | None = Field(None, description="Of a title alone")

    @classmethod
    def of(cls, suggestion: Suggestion) -> SuggestionOut:
        names = ("kind", "key", "rank", "label", "value", "confidence", "state")
        return cls(
            id=suggestion.pk,
            evidence=[EvidenceOut.of(row) for row in suggestion.evidence.all()],
            counterfactual=_counterfactual(suggestion),
            detail=DetailOut.of(suggestion) if suggestion.kind == Kind.ATTRIBUTE else None,
            question=QuestionOut.of(suggestion) if suggestion.kind == Kind.QUESTION else None,
            title=TitleOut(**suggestion.value) if suggestion.kind == Kind.TITLE else None,
            **{name: getattr(suggestion, name) for name in names},
        )


class StepOut(Schema):
    step: str
    state: str = Field(description="waiting, running, done, or noted: it could not answer")
    note: str


class AnalysisOut(Schema):
    id: UUID
    listing: UUID
    status: str
    steps: list[StepOut]
    suggestions: list[SuggestionOut]
    next_question: int | None = Field(
        None, description="The suggestion of kind `question` whose answer would help most now"
    )
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, analysis: Analysis) -> AnalysisOut:
        steps = [StepOut(step=s, state=state, note=note) for s, state, note in steps_of(analysis)]
        suggestions = list(suggestions_of(analysis))
        stated = analysis.listing.attribute_rows.values_list("attribute_id", flat=True)
        questions = waiting_questions(suggestions, stated)
        return cls(
            id=analysis.public_id,
            listing=analysis.listing.public_id,
            status=analysis.status,
            steps=steps,
            suggestions=[SuggestionOut.of(each) for each in suggestions],
            next_question=questions[0].pk if questions else None,
            created_at=analysis.created_at,
            finished_at=analysis.finished_at,
        )


def _counterfactual(suggestion: Suggestion) -> CounterfactualOut | None:
    """None too for a mismatch that was found before counterfactuals were."""
    found = suggestion.value.get("counterfactual") if suggestion.kind == "mismatch" else None
    return CounterfactualOut(**found) if found else None


def category_out(category: Category | None) -> CategoryOut | None:
    return CategoryOut.from_orm(category) if category else None
