"""From listings that people wrote to lessons for a language model: a prompt and an honest answer.

The prompts are those of serving (`prompt.py`). An answer is a human description without the
sentences whose claims the checker refuses, so that no lesson teaches to invent. Revisions are taken
from such a text too: what it says beside the facts makes it longer, its courtesies friendlier.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ml.description.facts import CONDITIONS, Draft, Fact, Facts, Sentence, normal_condition, plain
from ml.description.grounding import check, checked
from ml.description.prompt import Message, messages, title_messages
from ml.description.request import DraftRequest, Length, Revision, Wishes
from ml.records import ItemRecord, RecordError, split_of

Task = Literal["draft", "title", "sentence", "shorter", "longer", "friendlier", "plainer"]

MOST_ATTRIBUTES = 12
MOST_WORDS = 220  # of an answer: what the longest wish may need
LEAST_WORDS = 4
_BY_WORDS: tuple[tuple[int, Length], ...] = ((45, "short"), (110, "medium"))
_BULLET = re.compile(r"(?:^|(?<=[.!?])\s)\s*[•▪●‣*–-]+\s")  # an answer is sentences alone
_COURTESY = re.compile(
    r"\b(?:thanks?|thank you|please|welcome|enjoy|hello|hi|happy to|feel free|any questions|"
    r"let me know|have a (?:nice|great|good))\b",
    re.I,
)


@dataclass(frozen=True)
class Lesson:
    """One prompt with its photos and the answer that is to be learnt."""

    listing: str
    task: Task
    request: DraftRequest
    turns: tuple[Message, ...]
    answer: str

    @property
    def photos(self) -> tuple[Path, ...]:
        return self.request.photos


def read_listings(path: Path) -> Iterator[ItemRecord]:
    """Listings of a file of JSON lines, also .gz, in the layout of `catalogue.jsonl.gz`.

    Photo paths count from the file's folder. Raises RecordError naming the line.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _listing(line, path, number)
    except OSError as error:
        raise RecordError(f"{path}: {error}") from error


def lessons_of(item: ItemRecord, language: str = "en") -> list[Lesson]:
    """Every lesson that a listing gives; none where nothing of its description is backed."""
    facts = facts_of(item)
    draft = checked(_BULLET.sub(" ", plain(item.description)).strip(), facts, language)
    sentences = [sentence for sentence in draft.sentences if sentence.sources]
    text = Draft(tuple(sentences)).text
    if not LEAST_WORDS <= len(text.split()) <= MOST_WORDS:
        return []
    wishes = Wishes(length_of(text), "plain", language)
    asked = DraftRequest(facts, wishes, photos=item.photos, seed=_number(item.id))
    found = [Lesson(item.id, "draft", asked, messages(asked), text)]
    found += _titles(item, facts, asked)
    found += _anew(item, asked, sentences)
    found += _lengths(item, asked, sentences)
    return [*found, *_tones(item, asked, draft)]


def split_lessons(
    items: Iterator[ItemRecord], language: str = "en"
) -> tuple[list[Lesson], list[Lesson]]:
    """(training, validation) by the hash of the listing's id; the test tenth is left out."""
    parts: dict[str, list[Lesson]] = {"train": [], "valid": [], "test": []}
    for item in items:
        part = split_of(item.id)
        if part != "test":
            parts[part] += lessons_of(item, language)
    return parts["train"], parts["valid"]


def facts_of(item: ItemRecord) -> Facts:
    """What a listing states, without its description."""
    stated = dict(list(item.attributes.items())[:MOST_ATTRIBUTES])
    condition = normal_condition(stated.pop("Condition", ""))
    return Facts(
        item.title,
        " > ".join(item.category),
        condition if condition in CONDITIONS else "",
        tuple(Fact(name, value) for name, value in stated.items()),
    )


def length_of(text: str) -> Length:
    words = len(text.split())
    return next((length for most, length in _BY_WORDS if words <= most), "long")


def _titles(item: ItemRecord, facts: Facts, asked: DraftRequest) -> Iterator[Lesson]:
    """The title from the other facts, where these back every claim of it."""
    others = Facts("", facts.category, facts.condition, facts.attributes)
    title = plain(item.title)
    if item.title_is_label or not title or not facts.attributes:
        return
    if all(claim.source for claim in check(title, others, asked.wishes.language)):
        request = DraftRequest(others, asked.wishes, photos=asked.photos)
        turns = title_messages(others, asked.wishes)
        yield Lesson(item.id, "title", request, turns, title)


def _anew(item: ItemRecord, asked: DraftRequest, sentences: list[Sentence]) -> Iterator[Lesson]:
    """The person's sentence in the place of a bare statement of the same facts."""
    texts = [sentence.text for sentence in sentences]
    for place, sentence in enumerate(sentences):
        said = [fact for fact in asked.facts.attributes if fact.name in sentence.sources]
        bare = " ".join(f"{fact.name}: {fact.value}." for fact in said)
        if bare and bare.lower() != sentence.text.lower():
            before = (*texts[:place], bare, *texts[place + 1 :])
            yield _revised(item, asked, Revision("sentence", before, place), sentence.text)
            return  # one of a listing is enough: more would drown the other tasks


def _lengths(item: ItemRecord, asked: DraftRequest, sentences: list[Sentence]) -> Iterator[Lesson]:
    """The text without the sentences that repeat a fact, and back."""
    said: set[str] = set()
    short: list[Sentence] = []
    for sentence in sentences:
        if not set(sentence.sources) <= said:
            short.append(sentence)
            said |= set(sentence.sources)
    short = short[: max(1, len(short) // 2 + 1)]
    if len(short) == len(sentences):
        return
    texts = tuple(sentence.text for sentence in sentences)
    brief = tuple(sentence.text for sentence in short)
    yield _revised(item, asked, Revision("shorter", texts), " ".join(brief))
    yield _revised(item, asked, Revision("longer", brief), " ".join(texts))


def _tones(item: ItemRecord, asked: DraftRequest, draft: Draft) -> Iterator[Lesson]:
    """With and without the person's own courtesies, which claim nothing."""
    plainer = [s.text for s in draft.sentences if s.sources]
    warm = [s.text for s in draft.sentences if s.sources or _COURTESY.search(s.text)]
    if len(warm) > len(plainer):
        yield _revised(item, asked, Revision("friendlier", tuple(plainer)), " ".join(warm))
        yield _revised(item, asked, Revision("plainer", tuple(warm)), " ".join(plainer))


def _revised(item: ItemRecord, asked: DraftRequest, revision: Revision, answer: str) -> Lesson:
    wishes = Wishes(length_of(answer), asked.wishes.tone, asked.wishes.language)
    request = DraftRequest(asked.facts, wishes, (), asked.photos, revision, asked.seed)
    return Lesson(item.id, revision.task, request, messages(request), answer)


def _number(name: str) -> int:
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16)


def _listing(line: str, path: Path, number: int) -> ItemRecord:
    try:
        row = json.loads(line)
        return ItemRecord(
            id=str(row["id"]),
            title=row["title"],
            source=row.get("source") or "",
            title_is_label=bool(row.get("title_is_label")),
            category=tuple(row.get("category") or ()),
            attributes={str(k): str(v) for k, v in (row.get("attributes") or {}).items()},
            description=row.get("description") or "",
            photos=tuple(path.parent / photo for photo in row.get("photos") or ()),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(f"{path.name} line {number}: {error!r}") from error
