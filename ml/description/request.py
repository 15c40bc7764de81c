"""What is asked of a generator: the facts, the wishes, examples of style, and what to change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from ml.description.facts import Facts, FactsError

Length = Literal["short", "medium", "long"]
Tone = Literal["plain", "friendly"]
Task = Literal["shorter", "longer", "friendlier", "plainer", "sentence"]
LENGTHS: tuple[Length, ...] = get_args(Length)


@dataclass(frozen=True)
class Wishes:
    """How a draft is to read. `language` is the code of one of `languages.known_languages()`."""

    length: Length = "medium"
    tone: Tone = "plain"
    language: str = "en"


@dataclass(frozen=True)
class Example:
    """Another listing's description, which shows how to write and never what is true.

    `facts` are that listing's own: what of the text is its facts is cut out by them. `is_own`: the
    same seller wrote it.
    """

    text: str
    facts: Facts = field(default_factory=lambda: Facts(""))
    is_own: bool = False


@dataclass(frozen=True)
class Revision:
    """A change to a text that is there, sentence by sentence.

    `place` is the sentence that the task "sentence" writes anew; the sentences at the places in
    `own` are the seller's and stay word for word.
    """

    task: Task
    sentences: tuple[str, ...]
    place: int | None = None
    own: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.task == "sentence" and self.place not in range(len(self.sentences)):
            raise FactsError(
                f"place is {self.place}; the text has sentences 0 to {len(self.sentences) - 1}"
            )


@dataclass(frozen=True)
class DraftRequest:
    """Everything that a generator is given. The same request gives the same text where it can."""

    facts: Facts
    wishes: Wishes = Wishes()
    examples: tuple[Example, ...] = ()  # best first
    photos: tuple[Path, ...] = ()  # files, in the listing's order
    revision: Revision | None = None
    seed: int = 0

    def with_wishes_of_revision(self) -> DraftRequest:
        """`shorter` is one length less, `friendlier` the friendly tone, and so on."""
        if self.revision is None:
            return self
        step = {"shorter": -1, "longer": 1}.get(self.revision.task, 0)
        place = min(max(LENGTHS.index(self.wishes.length) + step, 0), len(LENGTHS) - 1)
        tones: dict[str, Tone] = {"friendlier": "friendly", "plainer": "plain"}
        tone = tones.get(self.revision.task, self.wishes.tone)
        return replace(self, wishes=replace(self.wishes, length=LENGTHS[place], tone=tone))
