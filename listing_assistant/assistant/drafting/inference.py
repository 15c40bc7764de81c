"""The door to `ml.description`: plain values in, plain values out; `ml` only inside functions.

Checking a text, suggesting a title and the list of languages load no model: a web process may ask
for them. Drafting is for workers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from listing_assistant.assistant import inference
from listing_assistant.assistant.drafting.facts import ListingFacts
from listing_assistant.assistant.examples import StyleExample
from listing_assistant.assistant.inference import CONDITIONS, UnavailableError

if TYPE_CHECKING:
    from ml.description.facts import Draft, Facts, Sentence
    from ml.description.request import DraftRequest, Example, Length, Revision, Task, Tone

NEW = "draft"  # the one task that changes no text

# As `Suggestion.value` keeps it: text, gap, sources and claims.
StoredSentence = dict[str, Any]


@dataclass(frozen=True)
class BaseSentence:
    """A sentence of the text to change; one that the seller wrote (`own`) stays as it is."""

    text: str
    gap: str = " "
    own: bool = False


@dataclass(frozen=True)
class Asked:
    """One draft that is asked for. `task` is "draft" or a task of ml.description.request."""

    facts: ListingFacts
    length: str = "medium"
    tone: str = "plain"
    language: str = "en"
    examples: tuple[StyleExample, ...] = ()
    photos: tuple[Path, ...] = ()
    task: str = NEW
    base: tuple[BaseSentence, ...] = ()
    place: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Written:
    """A draft that has been checked, and how it came about."""

    text: str
    sentences: list[StoredSentence]
    about: dict[str, Any]


@dataclass(frozen=True)
class SuggestedTitle:
    """`changes` are codes: calmer, cleaner, keywords, order, shorter."""

    text: str
    sources: tuple[str, ...]
    changes: tuple[str, ...]


def draft(asked: Asked, on_text: Callable[[str], None] | None = None) -> Written:
    """`on_text` is told the whole unchecked text so far. Raises UnavailableError."""
    from ml.description.generators.base import GeneratorError

    request = _request(asked)
    try:
        made = inference.drafter().draft(request, on_text)
    except GeneratorError as error:
        raise UnavailableError(f"The description cannot be drafted ({error.reason}).") from error
    return Written(made.text, [_stored(one) for one in made.sentences], _about(asked.task, made))


def _about(task: str, made: Draft) -> dict[str, Any]:
    return {
        "task": task,
        "engine": made.engine,
        "release": made.release,
        "language": made.language,
        "fallback": made.fallback,
        "removed": [one.text for one in made.removed],
    }


def sentences_of(text: str) -> list[tuple[str, str]]:
    """(gap, sentence) pairs, which joined make the text."""
    from ml.description.checking.sentences import split_sentences

    return list(split_sentences(text))


def check_text(text: str, facts: ListingFacts, language: str) -> list[StoredSentence]:
    """The sentences of any text with their claims; `source` is None where nothing backs one."""
    from ml.description.facts import Sentence
    from ml.description.grounding import check

    claims, at, found = check(text, _facts(facts), language), 0, []
    for gap, part in sentences_of(text):
        start, at = at + len(gap), at + len(gap) + len(part)
        own = tuple(
            replace(one, start=one.start - start, end=one.end - start)
            for one in claims
            if start <= one.start < at
        )
        sources = tuple(dict.fromkeys(one.source for one in own if one.source))
        found.append(_stored(Sentence(part, sources, own, gap)))
    return found


def suggest_title(facts: ListingFacts) -> SuggestedTitle | None:
    """None where the listing's own is as good."""
    from ml.description import title

    found = title.suggest_title(_facts(facts))
    return SuggestedTitle(found.text, found.sources, tuple(found.changes)) if found else None


@cache
def languages() -> tuple[tuple[str, str], ...]:
    """(code, name) of those that can be checked, English first."""
    from ml.description.languages import known_languages, language

    return tuple((code, language(code).name) for code in known_languages())


def wishes_after(asked: Asked) -> tuple[str, str]:
    """The length and tone of what a revision makes: `shorter` than medium is short."""
    wishes = _request(asked).with_wishes_of_revision().wishes
    return wishes.length, wishes.tone


# --- Rows to records and back -------------------------------------------------------------------


def _request(asked: Asked) -> DraftRequest:
    from ml.description.request import DraftRequest, Wishes

    wishes = Wishes(cast("Length", asked.length), cast("Tone", asked.tone), asked.language)
    return DraftRequest(
        _facts(asked.facts),
        wishes,
        tuple(_example(one) for one in asked.examples),
        asked.photos,
        _revision(asked),
        asked.seed,
    )


def _revision(asked: Asked) -> Revision | None:
    from ml.description.request import Revision

    if asked.task == NEW:
        return None
    own = frozenset(place for place, one in enumerate(asked.base) if one.own)
    texts = tuple(one.text for one in asked.base)
    return Revision(cast("Task", asked.task), texts, asked.place, own)


def _facts(facts: ListingFacts) -> Facts:
    from ml.description.facts import Fact, Facts

    return Facts(
        title=facts.title,
        category=facts.category,
        condition=CONDITIONS.get(facts.condition, facts.condition),
        attributes=tuple(
            Fact(one.name, one.value, cast(Any, one.source), one.photo) for one in facts.details
        ),
        seller_text=facts.seller_text,
        condition_note=facts.condition_note,
    )


def _example(example: StyleExample) -> Example:
    from ml.description.facts import Fact, Facts
    from ml.description.request import Example

    condition = CONDITIONS.get(example.condition, example.condition)
    attributes = tuple(Fact(name, value) for name, value in example.attributes)
    facts = Facts(example.title, example.category, condition, attributes)
    return Example(example.text, facts, example.is_own)


def _stored(sentence: Sentence) -> StoredSentence:
    return {
        "text": sentence.text,
        "gap": sentence.gap,
        "sources": list(sentence.sources),
        "claims": [
            {
                "text": claim.text,
                "start": claim.start,
                "end": claim.end,
                "source": claim.source,
                "kind": claim.kind,
            }
            for claim in sentence.claims
        ],
    }
