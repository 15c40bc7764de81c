"""The editor's page in parts that know what they show.

A browser says which parts it has (name:tag); only those that changed are sent again. So polling
costs little, and nothing is replaced under the hands of somebody who types.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.template.loader import render_to_string

from listing_assistant.assistant import (
    choices,
    condition_notes,
    grading,
    quality,
    questions,
    selectors,
)
from listing_assistant.assistant.drafting import titles
from listing_assistant.assistant.drafting.section import DraftSection
from listing_assistant.assistant.editing import FIELDS, field_text
from listing_assistant.assistant.models import Analysis, Evidence, Suggestion
from listing_assistant.catalogue.models import Attribute, AttributeKind, Category
from listing_assistant.catalogue.selectors import attributes_of
from listing_assistant.listings import fields, policy
from listing_assistant.listings.models import Condition, Format, Listing, ListingAttribute
from listing_assistant.listings.readiness import problems_before_publishing
from listing_assistant.listings.selectors import attributes_stated, photos_of

Kind = Suggestion.Kind
PHOTO = Evidence.Kind.PHOTO
Context = dict[str, Any]

# Longer lists are typed with proposals; shorter ones are picked, which is easier on a phone.
LONGEST_PICKED_LIST = 40


@dataclass(frozen=True)
class Section:
    """A part of the page: its element's id, what it shows, and a tag of that."""

    name: str
    html: str
    tag: str


@dataclass(frozen=True)
class AttributeField:
    """One detail's control and what the assistant says about it."""

    attribute: Attribute
    text: str
    is_required: bool
    suggestion: Suggestion | None
    question: Suggestion | None = None

    @property
    def name(self) -> str:
        return f"attribute-{self.attribute.pk}"

    @property
    def values(self) -> list[str]:
        return [value.value for value in self.attribute.values.all()]

    @property
    def is_picked(self) -> bool:
        """Whether a <select> holds all that can be said."""
        return (
            self.attribute.kind == AttributeKind.CHOICE
            and 0 < len(self.values) <= LONGEST_PICKED_LIST
        )

    @property
    def is_several(self) -> bool:
        return self.attribute.kind == AttributeKind.MULTI

    @property
    def is_prominent(self) -> bool:
        """Shown at once; the other details wait behind "more"."""
        return self.is_required or self.suggestion is not None

    @property
    def has_suggestion(self) -> bool:
        """Something to show: the listing does not say it yet, or says it because of it."""
        if self.suggestion is None:
            return False
        return self.suggestion.state != Suggestion.State.OPEN or not self.is_said

    @property
    def is_said(self) -> bool:
        said = {part.strip().casefold() for part in self.text.split(",")}
        return bool(self.suggestion and self.suggestion.value["text"].casefold() in said)


class Page:
    """A listing in the editor, read once for all sections of an answer."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.analysis: Analysis | None = (
            selectors.current_analysis(listing) if selectors.has_content(listing) else None
        )
        self.suggestions: list[Suggestion] = (
            list(selectors.suggestions_of(self.analysis)) if self.analysis else []
        )
        self.photos = list(photos_of(listing))
        self.category = listing.category or self._best_candidate()

    def of_kind(self, kind: Suggestion.Kind) -> list[Suggestion]:
        return [row for row in self.suggestions if row.kind == kind]

    @property
    def match(self) -> Suggestion | None:
        """What the comparison of photos and title says, once it is there."""
        return next(iter(self.of_kind(Kind.MISMATCH)), None)

    @cached_property
    def questions(self) -> list[Suggestion]:
        """What to ask the seller, the first one now."""
        return questions.waiting_questions(self.suggestions, self.stated_attributes)

    @cached_property
    def stated_attributes(self) -> dict[int, list[ListingAttribute]]:
        return attributes_stated(self.listing)

    @cached_property
    def draft(self) -> DraftSection:
        return DraftSection(self.listing, self.analysis, self.category, self.suggestions)

    def framed_photos(self) -> dict[int, Evidence]:
        """By photo id, the evidence with a region; none once the seller has said that it is right.

        An accepted warning keeps its frames: the seller is about to change what they show.
        """
        if self.match is None or self.match.state == Suggestion.State.REJECTED:
            return {}
        judged = self.match.evidence.all()
        return {row.photo_id: row for row in judged if row.photo_id and row.kind == PHOTO}

    def _best_candidate(self) -> Category | None:
        """Its details can be looked at, and taken, before the category is chosen."""
        best = next(iter(self.of_kind(Kind.CATEGORY)), None)
        found = Category.objects.select_related("taxonomy")
        return found.filter(pk=best.value["category"]).first() if best else None

    def attribute_fields(self) -> list[AttributeField]:
        if self.category is None:
            return []
        suggested = {row.value["attribute"]: row for row in self.of_kind(Kind.ATTRIBUTE)}
        asked = {row.value["attribute"]: row for row in self.of_kind(Kind.QUESTION)}
        stated = self.stated_attributes
        return [
            AttributeField(
                attribute=row.attribute,
                text=", ".join(one.text for one in stated.get(row.attribute_id, [])),
                is_required=row.is_required,
                suggestion=suggested.get(row.attribute_id),
                question=asked.get(row.attribute_id),
            )
            for row in attributes_of(self.category)
        ]

    def sections(self) -> list[Section]:
        made = [self._section(name, *build(self)) for name, build in SECTIONS.items()]
        made += [self._control(name) for name in FIELDS if name != "category"]
        return [*made, *self._attribute_sections()]

    def _attribute_sections(self) -> list[Section]:
        """A control and a note for each detail, and around them a section that changes only when
        the category does: a detail can be saved while the next one is being typed."""
        rows = [(field, *self._attribute_row(field)) for field in self.attribute_fields()]
        context = {
            "shown": [row for row in rows if row[0].is_prominent or row[0].text],
            "folded": [row for row in rows if not (row[0].is_prominent or row[0].text)],
        }
        around = self._section("attributes", "_attributes.html", context)
        prominent = ".".join(row[0].name for row in rows if row[0].is_prominent)
        tag = f"{self.category} {self.listing.category_id} {prominent}"
        parts = [part for _, control, note in rows for part in (control, note)]
        return [Section("attributes", around.html, _tag(tag)), *parts]

    def _attribute_row(self, field: AttributeField) -> tuple[Section, Section]:
        control = self._section(f"control-{field.name}", "_attribute.html", {"field": field})
        context = {"field": field, "suggestion": field.suggestion}
        return control, self._section(f"note-{field.name}", "_attribute_note.html", context)

    def _section(self, name: str, template: str, context: Context) -> Section:
        html = render_to_string(
            f"assistant/{template}",
            {"listing": self.listing, "page": self, "section": name, **context},
        )
        return Section(name, html, _tag(html))

    def _control(self, name: str) -> Section:
        context = {"name": name, "text": field_text(self.listing, name), **CONTROLS[name]}
        if name == "condition_note":
            question = condition_notes.question_for(self.listing, self.category)
            return self._section(f"control-{name}", "_note.html", context | {"question": question})
        return self._section(f"control-{name}", "_control.html", context)


def _tag(shown: str) -> str:
    return hashlib.sha256(shown.encode()).hexdigest()[:10]


def changed(sections: Iterable[Section], have: Iterable[str]) -> list[Section]:
    """The sections that are not among "name:tag" of `have`, and in no other that is sent."""
    known = set(have)
    new = [each for each in sections if f"{each.name}:{each.tag}" not in known]
    if any(each.name == "attributes" for each in new):
        new = [each for each in new if "attribute-" not in each.name]
    return new


def _status(page: Page) -> tuple[str, Context]:
    analysis = page.analysis
    context: Context = {"analysis": analysis}
    if analysis:
        steps = selectors.steps_of(analysis)
        done = sum(state in ("done", "noted") for _, state, _ in steps)
        running = next((step for step, state, _ in steps if state == "running"), None)
        context |= {
            "running": running,
            "share": round(100 * done / len(steps)),
            "steps": steps,
            "notes": sorted(set(analysis.notes.values())),
            "acceptable": choices.acceptable(analysis),
            "accepted": choices.accepted_at_once(analysis),
            "new_suggestions": sum(
                row.run_id is not None and row.state == Suggestion.State.OPEN
                for row in page.suggestions
            ),
        }
    return "_status.html", context


def _match(page: Page) -> tuple[str, Context]:
    return "_match.html", {"suggestion": page.match}


def _echo(page: Page) -> tuple[str, Context]:
    """The title again, below its field, for a field cannot underline a word."""
    return "_echo.html", {"suggestion": page.match}


def _photos(page: Page) -> tuple[str, Context]:
    judged = page.framed_photos()
    shots = [(photo, judged.get(photo.pk)) for photo in page.photos]
    return "_photos.html", {"photos": page.photos, "shots": shots, "most": policy.MAX_PHOTOS}


def _category(page: Page) -> tuple[str, Context]:
    return "_category.html", {"category": page.listing.category}


def _candidates(page: Page) -> tuple[str, Context]:
    return "_candidates.html", {"suggestions": page.of_kind(Kind.CATEGORY)}


def _question(page: Page) -> tuple[str, Context]:
    first, others = next(iter(page.questions), None), len(page.questions) - 1
    return "_question.html", {"suggestion": first, "others": others}


def _title(page: Page) -> tuple[str, Context]:
    offer = titles.title_offer(page.listing, page.suggestions)
    if offer is None:
        return "_title.html", {"suggestion": None}
    pieces = list(titles.changes_between(page.listing.title, offer.value["text"]))
    reasons = titles.reasons(offer)
    return "_title.html", {"suggestion": offer, "pieces": pieces, "reasons": reasons}


def _draft(page: Page) -> tuple[str, Context]:
    return "_draft.html", {"draft": page.draft, "suggestion": page.draft.history.shown}


def _checklist(page: Page) -> tuple[str, Context]:
    checks = grading.checks(page.listing)
    problems = problems_before_publishing(page.listing)
    context = {
        "checks": checks,
        "points": quality.score(checks),
        "problems": [problem for problem in problems if problem.blocks],
    }
    return "_checklist.html", context


def _news(page: Page) -> tuple[str, Context]:
    """What a screen reader is told as results arrive."""
    kinds = [row.kind for row in page.suggestions]
    return "_news.html", {
        "match": page.match,
        "categories": kinds.count(Kind.CATEGORY),
        "details": kinds.count(Kind.ATTRIBUTE),
        "draft": page.draft,
        "question": next(iter(page.questions), None),
    }


SECTIONS: dict[str, Callable[[Page], tuple[str, Context]]] = {
    "status": _status,
    "news": _news,
    "photos": _photos,
    "match": _match,
    "echo": _echo,
    "title": _title,
    "category": _category,
    "candidates": _candidates,
    "question": _question,
    "draft": _draft,
    "checklist": _checklist,
}

CONTROLS: dict[str, Context] = {
    "title": {
        "label": "Title",
        "help": "What it is: brand, kind, colour, size, model. Buyers search for these words.",
        "longest": fields.MAX_TITLE,
        "described_by": "s-echo",
    },
    "description": {"label": "Description", "longest": fields.MAX_DESCRIPTION, "is_long": True},
    "condition_note": {"label": "Wear and flaws", "longest": fields.MAX_CONDITION_NOTE},
    "condition": {"label": "Condition", "choices": [("", "Choose …"), *Condition.choices]},
    "price": {"label": "Price", "mode": "decimal"},
    "currency": {"label": "Currency", "choices": [(code, code) for code in policy.CURRENCIES]},
    "format": {"label": "Format", "choices": Format.choices},
    "quantity": {"label": "Quantity", "mode": "numeric"},
    "ad_rate": {
        "label": "Ad rate, %",
        "mode": "decimal",
        "help": "Paid only when promotion brought the sale. 0 is fine.",
    },
}
