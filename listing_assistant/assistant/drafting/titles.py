"""The suggested title beside the seller's: which one is offered, and what it changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from listing_assistant.assistant.models import Choice, Suggestion
from listing_assistant.listings.models import Listing

Kind = Suggestion.Kind
State = Suggestion.State

CHANGES = {
    "calmer": "nothing shouted",
    "cleaner": "without signs that nobody searches for",
    "keywords": "with words that buyers search for",
    "order": "keywords first",
    "shorter": "short enough to be read whole in lists",
}


@dataclass(frozen=True)
class Piece:
    """Words of both titles, or of one of them: `kind` is kept, added or dropped."""

    kind: str
    text: str


def title_offer(listing: Listing, suggestions: Iterable[Suggestion]) -> Suggestion | None:
    """The current analysis's; else the one that made the title, so that it can be taken back.

    Accepting a title changes what is analysed: the analysis that suggested it is no longer current.
    """
    current = next((row for row in suggestions if row.kind == Kind.TITLE), None)
    if current is not None and current.state in (State.OPEN, State.REJECTED):
        return current
    taken = Suggestion.objects.filter(
        analysis__listing=listing, kind=Kind.TITLE, state__in=(State.ACCEPTED, State.EDITED)
    )
    last = taken.order_by("-pk").first()
    return last if last and written_by(last) == listing.title else None


def written_by(suggestion: Suggestion) -> str:
    """What the seller made of it."""
    last = suggestion.choices.exclude(action=Choice.Action.UNDO).last()
    is_edit = last is not None and last.action == Choice.Action.EDIT
    return str(last.value if last and is_edit else suggestion.value["text"])


def changes_between(old: str, new: str) -> Iterator[Piece]:
    """The words that were kept, dropped and added, in reading order."""
    before, after = old.split(), new.split()
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for _, start, end, from_, to in matcher.get_opcodes():
        if before[start:end] == after[from_:to]:
            yield Piece("kept", " ".join(before[start:end]))
            continue
        if start < end:
            yield Piece("dropped", " ".join(before[start:end]))
        if from_ < to:
            yield Piece("added", " ".join(after[from_:to]))


def reasons(suggestion: Suggestion) -> list[str]:
    """What was done to the title, in words."""
    return [CHANGES[code] for code in suggestion.value["changes"] if code in CHANGES]
