"""Details without an answer: why there is none, and which of them to ask the seller about next.

The next question is the one whose answer helps most: what the category requires comes first, then
what buyers filter by and other sellers state, as far as the answer cannot be guessed.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from listing_assistant.assistant import policy, wording
from listing_assistant.assistant.demand import Demand, demand_in
from listing_assistant.assistant.findings import Finding
from listing_assistant.assistant.models import Suggestion
from listing_assistant.catalogue.models import AttributeKind, Category, CategoryAttribute
from listing_assistant.catalogue.selectors import find_value

if TYPE_CHECKING:
    from listing_assistant.assistant.steps import Look
    from ml.taclr.predict import Identified

Kind = Suggestion.Kind


class Why(enum.StrEnum):
    """Why a detail has no answer."""

    NOTHING_SAID = "nothing_said"  # neither words nor photos
    NOT_IN_TITLE = "not_in_title"  # there is no photo
    NOT_IN_PHOTOS = "not_in_photos"  # there is no title
    NOT_IN_EITHER = "not_in_either"
    PHOTOS_DOUBTED = "photos_doubted"  # they disagree with the title, so they were not asked
    UNSURE = "unsure"  # there is a guess, too weak for the category's target precision


@dataclass(frozen=True)
class Open:
    """A detail without an answer, with all that decides when it is asked."""

    row: CategoryAttribute
    guess: str | None
    guess_chance: float  # 0 where the guess is too weak to count
    demand: Demand

    @property
    def importance(self) -> float:
        filtered = policy.FILTERED_WEIGHT * self.demand.filtered
        return filtered + policy.STATED_WEIGHT * self.demand.stated

    @property
    def uncertainty(self) -> float:
        """The chance that the best guess without asking is wrong: the model's or the usual text."""
        usual = self.demand.usual[0][1] if self.demand.usual else 0.0
        return 1.0 - max(self.guess_chance, usual)

    @property
    def help(self) -> float:
        """How much an answer would help buyers, 0..1; comparable within one category."""
        return self.importance * self.uncertainty


def questions_for(
    look: Look,
    category: Category,
    rows: Sequence[CategoryAttribute],
    silent: Mapping[str, Identified],
) -> list[Finding]:
    """One question for each of `rows`, in the order of asking.

    `silent` has the model's abstentions by attribute name; it may not know all of `rows`.
    """
    if not rows:
        return []
    demand = demand_in(category)
    unanswered = [
        _open(row, silent.get(row.attribute.name), demand.get(row.attribute_id, Demand()))
        for row in rows
    ]
    unanswered.sort(key=lambda one: (not one.row.is_required, -one.help))
    return [_finding(look, one, rank) for rank, one in enumerate(unanswered)]


def waiting_questions(rows: Sequence[Suggestion], stated: Iterable[int]) -> list[Suggestion]:
    """Of an analysis' suggestions the open questions, in the order of asking.

    Without what was answered, skipped, stated by hand, or suggested by a later reading.
    """
    settled = set(stated) | {
        row.value["attribute"]
        for row in rows
        if row.kind == Kind.ATTRIBUTE and row.state != Suggestion.State.REJECTED
    }
    waiting = [
        row
        for row in rows
        if row.kind == Kind.QUESTION
        and row.state == Suggestion.State.OPEN
        and row.value["attribute"] not in settled
    ]
    return sorted(waiting, key=lambda row: row.rank)


def _open(row: CategoryAttribute, answer: Identified | None, demand: Demand) -> Open:
    second = answer.runner_up if answer else None
    guess = find_value(row.attribute, second) if second else None
    chance = float(answer.runner_up_confidence) if answer and guess else 0.0
    told = chance if chance >= policy.GUESS_TOLD else 0.0
    return Open(row, guess.value if guess else None, told, demand)


def _finding(look: Look, one: Open, rank: int) -> Finding:
    attribute = one.row.attribute
    why, likely = _why(look, one), _likely(one)
    return Finding(
        Kind.QUESTION,
        label=wording.missing_sentence(attribute.name, why, likely)[:500],
        value={"attribute": attribute.pk},
        confidence=1.0 - one.uncertainty,
        key=str(attribute.pk),
        rank=rank,
        about={
            "name": attribute.name,
            "kind": attribute.kind,
            "required": one.row.is_required,
            "why": why,
            "likely": likely,
            "filtered": round(one.demand.filtered, 3),
        },
    )


def _why(look: Look, one: Open) -> Why:
    if one.guess_chance:
        return Why.UNSURE
    has_title = bool(look.listing.title.strip())
    if not look.photos:
        return Why.NOT_IN_TITLE if has_title else Why.NOTHING_SAID
    if look.photo_vectors is not None and look.trusted_photo_vectors is None:
        return Why.PHOTOS_DOUBTED
    return Why.NOT_IN_EITHER if has_title else Why.NOT_IN_PHOTOS


def _likely(one: Open) -> list[str]:
    """What other sellers say, then the list itself; the model's guess before or after them."""
    kind = one.row.attribute.kind
    texts: list[str] = []
    if kind != AttributeKind.IDENTIFIER:  # another thing's number is never this one's
        texts = [text for text, _ in one.demand.usual]
    if one.guess:
        texts.insert(0 if one.guess_chance else len(texts), one.guess)
    if kind in (AttributeKind.CHOICE, AttributeKind.MULTI):
        texts += [value.value for value in one.row.attribute.values.all()]
    return list(dict.fromkeys(texts))[: policy.QUESTION_CHOICES]
