"""The question about wear and flaws that the seller of a used thing is asked. Nothing is guessed.

What is answered stands in the listing as the seller's own words; unanswered, nothing is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from listing_assistant.accounts.models import User
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import Condition, Listing
from listing_assistant.listings.services import edit_listing

ASKED = "Any wear, marks, missing parts?"
NONE = "No wear, marks or missing parts"
# An answer that says the opposite takes the other one's place.
OPPOSITE = {"Works": "Untested", "Untested": "Works"}

# What is worth asking of a kind of thing, by words of its category's path; the first kind counts.
_KINDS = (
    (
        r"fashion|apparel|cloth|dress|shoe|bag|jewel|footwear|luggage",
        ("Stains", "Holes or tears", "Faded colour", "Pilling", "Worn soles", "Missing button"),
    ),
    (
        r"electronic|computer|phone|camera|audio|printer|appliance|vehicle|tool",
        ("Scratches", "Dents", "Cracks", "Missing parts", "Works", "Untested", "Weak battery"),
    ),
    (
        r"book|media|music|film|movie|magazine",
        ("Writing inside", "Torn pages", "Yellowed pages", "Worn cover", "Scratches"),
    ),
    (
        r"beauty|health|grocer|food",
        ("Opened", "Partly used", "Damaged box", "Missing parts"),
    ),
    (
        r"home|furniture|kitchen|garden|decor",
        ("Scratches", "Stains", "Chips", "Cracks", "Missing parts"),
    ),
)
_ANY = ("Scratches", "Stains", "Missing parts", "Works", "Untested")
_BETWEEN = "; "


@dataclass(frozen=True)
class Chip:
    """An answer to choose. `is_said`: the note has it."""

    text: str
    is_said: bool


@dataclass(frozen=True)
class Question:
    """`is_open`: the seller has not said anything yet."""

    asked: str
    chips: tuple[Chip, ...]
    is_open: bool


def question_for(listing: Listing, category: Category | None) -> Question | None:
    """None of a new thing and of one without a condition: there is nothing to ask."""
    if listing.condition in ("", Condition.NEW):
        return None
    said = {part.casefold() for part in _parts(listing.condition_note)}
    chips = tuple(Chip(text, text.casefold() in said) for text in (*_flaws(category), NONE))
    return Question(ASKED, chips, not said)


def _flaws(category: Category | None) -> tuple[str, ...]:
    path = category.path if category else ""
    found = (chips for words, chips in _KINDS if re.search(rf"\b(?:{words})", path, re.I))
    return next(found, _ANY)


def toggle_answer(*, listing: Listing, user: User, text: str) -> Listing:
    """Say a chip's words in the note, or no longer. What else the seller has written stays.

    Raises AssistantError("not_a_choice") and what edit_listing raises.
    """
    known = {NONE, *_ANY, *(one for _, chips in _KINDS for one in chips)}
    if text not in known:
        raise AssistantError("not_a_choice", f"{text!r} is none of the answers.", "condition_note")
    parts = _parts(listing.condition_note)
    kept = [part for part in parts if part.casefold() != text.casefold()]
    if len(kept) == len(parts):
        against = {OPPOSITE.get(text, NONE), NONE} if text != NONE else known
        kept = [part for part in parts if part not in against] + [text]
    note = _BETWEEN.join(kept)
    return edit_listing(listing=listing, user=user, changes={"condition_note": note}, version=None)


def _parts(note: str) -> list[str]:
    return [part.strip() for part in note.split(_BETWEEN.strip()) if part.strip()]
