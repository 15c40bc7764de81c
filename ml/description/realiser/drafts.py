"""A whole draft: which facts a sentence takes together, in which order, at which length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from ml.description.languages import language
from ml.description.model import LanguageModel
from ml.description.realiser.choice import FREEDOM, Chooser, Piece
from ml.description.realiser.openings import Openings
from ml.description.realiser.patterns import Pattern, learn_patterns
from ml.description.realiser.phrases import fragments
from ml.description.realiser.planning import Point, make_plan, rank_of
from ml.description.realiser.wording import Option, Wording, tells_of_photos
from ml.description.request import DraftRequest, Length
from ml.description.vocabulary import singular, words_of

# Facts that may hang on the first sentence.
_OFFER = re.compile(r"\b(?:sale|offer|selling)\b", re.I)  # which the title may have said
_HUNG: dict[Length, int] = {"short": 6, "medium": 3, "long": 1}
_FREE = 0.5  # of first sentences, which differ in their frame alone
_LEAST_LINES = 3  # details that make a list
_LISTED_ROLES = ("model", "measure", "other", "pack", "included", "origin")
_MOST_FLAGS = 8  # that one sentence names


def written(
    request: DraftRequest, model: LanguageModel, bank: Sequence[Pattern], told: str = ""
) -> Iterator[Piece]:
    """The sentences of a draft; what the text `told` says already is not said again."""
    return DraftWriter(request, model, bank, told).pieces()


class DraftWriter:
    """One draft in the making: what is planned, how it can be worded, what has been said."""

    def __init__(
        self, request: DraftRequest, model: LanguageModel, bank: Sequence[Pattern], told: str = ""
    ) -> None:
        wishes, plan = request.wishes, make_plan(request.facts)
        self.length = wishes.length
        self._key = f"{request.seed}|{plan.title}|{len(plan.points)}"
        self.rng = Random(self._key)
        self.plan = plan
        self.wording = Wording(
            plan=plan,
            language=language(wishes.language),
            learnt=learn_patterns(request.examples, wishes.language),
            bank=bank,
            is_friendly=wishes.tone == "friendly",
            has_photos=bool(request.photos),
        )
        self.openings = Openings(self.wording)
        self.chooser = Chooser(request, model, self.rng)
        self._told = told
        self._said = {point for point in plan.points if says(told, point)}
        self._says_condition = bool(plan.condition) and plan.condition in told.lower()

    def pieces(self) -> Iterator[Piece]:
        """1. Greet. 2. Open: title and thing. 3. Condition and facts. 4. Lists. 5. Close."""
        paragraph = "\n\n" if self.length == "long" else " "
        if self.wording.is_friendly:
            yield from self._one(self.wording.phrases("greeting"))
        self._begin("opening")
        yield from self._opening()
        self._begin("facts")
        blocks = [list(self._facts()), list(self._condition())]
        if self.rng.random() < 0.4:
            blocks.reverse()
        for block in blocks:
            for number, piece in enumerate(block):
                yield Piece(piece.text, paragraph if number == 0 and len(block) > 1 else " ")
        yield from self._lines()
        yield from self._ending(paragraph)

    def _ending(self, paragraph: str) -> Iterator[Piece]:
        """A word on the photos and a closing one, which does not send there again."""
        is_long = self.length == "long"
        shown = list(self._one(self.wording.phrases("photos"), paragraph)) if is_long else []
        yield from shown
        if self.wording.is_friendly or is_long:
            closings = self.wording.phrases("closing")
            yield from self._one(
                [each for each in closings if not (shown and tells_of_photos(each.text))],
                " " if shown else paragraph,
            )

    def _begin(self, stage: str) -> None:
        """A draft's stages draw apart: with a greeting or without, the rest stays the same."""
        self.rng.seed(f"{self._key}|{stage}")

    def _one(
        self, options: Iterable[Option], gap: str = " ", freedom: float = FREEDOM
    ) -> Iterator[Piece]:
        """The sentence chosen among `options`, if any may be said."""
        chosen = self.chooser.choose(options, freedom)
        if chosen:
            self._said |= set(chosen.points)
            self._says_condition |= chosen.says_condition
            yield Piece(chosen.text, gap)

    def _opening(self) -> Iterator[Piece]:
        """The title where it says more than the facts, and the thing where there is a word for it.

        Details hang on one of the two.
        """
        most = _HUNG[self.length]
        least = most if self.length == "short" else 0
        things = list(self.openings.things(self.rng, least, most, self._left()))
        if not self._needs_title():
            first = list(self._one(things, freedom=_FREE))
            titles = self.openings.titles(self.rng, least, most, self._left())
            yield from first or self._one(titles, freedom=_FREE)
            return
        tells_all = not things or self.length == "short"
        tells_all |= self.length == "medium" and self.rng.random() < 0.5
        counts = (least, most) if tells_all else (0, 0)
        yield from self._one(self.openings.titles(self.rng, *counts, self._left()), freedom=_FREE)
        if not tells_all:
            left = set(self._left())
            telling = [option for option in things if left & set(option.points)]
            once = [option for option in telling if not _OFFER.search(option.pattern)]
            yield from self._one(once, freedom=_FREE)

    def _left(self) -> list[Point]:
        return [point for point in self.plan.points if point not in self._said]

    def _needs_title(self) -> bool:
        """Whether the title says anything that the facts and the text so far do not."""
        said = {self._told, self.plan.noun, *(point.value for point in self.plan.points)}
        known = {singular(word) for text in said for word in words_of(text)}
        return any(singular(word) not in known for word in words_of(self.plan.title)) or (
            not self.plan.noun and not self._told
        )

    def _condition(self) -> Iterator[Piece]:
        if not self._says_condition:
            yield from self._one(self.wording.conditions(), freedom=_FREE)
        if self.plan.note and self.plan.note.lower() not in self._told.lower():
            yield from self._one(self.wording.notes())

    def _facts(self) -> Iterator[Piece]:
        left = sorted(self._left(), key=rank_of)
        flags = [point for point in left if point.has is not None]
        rest = [point for point in left if point.has is None]
        if self.length == "short":
            groups = [rest] if rest else []
        else:
            if self._makes_list(left):
                rest = [point for point in rest if point.role not in _LISTED_ROLES]
            groups = list(self._grouped(rest))
        if not self._makes_list(left):
            groups += [flags[i : i + _MOST_FLAGS] for i in range(0, len(flags), _MOST_FLAGS)]
        for group in groups:
            yield from self._group(group)

    def _group(self, group: Sequence[Point]) -> Iterator[Piece]:
        listed = [self.wording.listed(group)]
        options = self.wording.statements(group, self.rng) if len(group) <= _MOST_FLAGS else listed
        found = list(self._one(options)) or list(self._one(listed))
        if found or len(group) < 2:
            yield from found
        else:
            for point in group:
                yield from self._one([self.wording.listed([point])])

    def _grouped(self, points: Sequence[Point]) -> Iterator[list[Point]]:
        """Two or three that go together in a sentence, in an order that the seed varies."""
        hangs = [point for point in points if fragments(point) and point.role != "measure"]
        measures = [point for point in points if point.role == "measure"]
        others = [point for point in points if point not in hangs and point not in measures]
        groups = [
            *self._cut(hangs, (1, 1, 2) if self.length == "long" else (1, 2, 2, 3)),
            *self._cut(measures, (2, 3, 3)),
            *self._cut(others, (1, 2, 2)),
        ]
        return iter(sorted(groups, key=lambda group: rank_of(group[0]) + self.rng.uniform(0, 5)))

    def _cut(self, points: list[Point], sizes: Sequence[int]) -> Iterator[list[Point]]:
        place = 0
        while place < len(points):
            size = self.rng.choice(sizes)
            yield points[place : place + size]
            place += size

    def _makes_list(self, points: Sequence[Point]) -> bool:
        return self.length == "long" and len(self._list_of(points)) >= _LEAST_LINES

    def _list_of(self, points: Sequence[Point]) -> list[Point]:
        return [p for p in points if p.role in _LISTED_ROLES or p.has is not None]

    def _lines(self) -> Iterator[Piece]:
        for number, point in enumerate(self._list_of(self._left())):
            line = self.wording.line(point)
            if self.chooser.allows(line.text):
                self.chooser.take(line)
                yield Piece(line.text, "\n" if number else "\n\n")


def says(text: str, point: Point) -> bool:
    """Whether a text holds a value as whole words; of what is only there or not, its name."""
    wanted = point.noun if point.has is not None else point.value
    return bool(re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text, re.I))
