"""A text written anew: whole, around what the seller wrote, or one sentence of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ml.description.facts import FactsError
from ml.description.model import LanguageModel
from ml.description.realiser.choice import Piece
from ml.description.realiser.drafts import DraftWriter, says, written
from ml.description.realiser.patterns import Pattern
from ml.description.realiser.planning import Point
from ml.description.realiser.wording import Option
from ml.description.request import DraftRequest, Revision

_ATTEMPTS = 4
_NEXT_SEED = 7919  # far from the seeds that callers count up


def rewritten(
    request: DraftRequest, model: LanguageModel, bank: Sequence[Pattern]
) -> Iterator[Piece]:
    """A new text by the request's wishes; the seller's sentences stay about where they stood.

    What is to be shorter or longer is: of a few seeds the first that makes it so, else the last.
    """
    old = len(" ".join(_revision(request).sentences))
    pieces: list[Piece] = []
    for attempt in range(_ATTEMPTS):
        again = replace(request, seed=request.seed + attempt * _NEXT_SEED)
        pieces = _written_anew(again, model, bank)
        new = len(" ".join(piece.text for piece in pieces))
        wanted = {"shorter": new < old, "longer": new > old}
        if wanted.get(_revision(request).task, True):
            break
    return iter(pieces)


def _written_anew(
    request: DraftRequest, model: LanguageModel, bank: Sequence[Pattern]
) -> list[Piece]:
    revision = _revision(request)
    own = [(place, revision.sentences[place]) for place in sorted(revision.own)]
    told = " ".join(sentence for _, sentence in own)
    pieces = list(written(request, model, bank, told))
    count = max(len(revision.sentences) - 1, 1)
    written_count = len(pieces)
    for number, (place, sentence) in enumerate(own):
        pieces.insert(round(place / count * written_count) + number, Piece(sentence))
    return pieces


def rewritten_sentence(
    request: DraftRequest, model: LanguageModel, bank: Sequence[Pattern]
) -> Iterator[Piece]:
    """The same text with one sentence in other words, which says the same facts."""
    revision = _revision(request)
    for place, sentence in enumerate(revision.sentences):
        text = _other_words(request, model, bank) if place == revision.place else sentence
        yield Piece(text, "\n" if text.startswith("- ") else " ")


def _revision(request: DraftRequest) -> Revision:
    if request.revision is None:
        raise FactsError("revision is missing; say what to change")
    return request.revision


def _other_words(request: DraftRequest, model: LanguageModel, bank: Sequence[Pattern]) -> str:
    """The sentence anew, or as it is where there is no other way to say it."""
    revision = _revision(request)
    place = revision.place or 0
    old = revision.sentences[place]
    if place in revision.own:
        return old
    writer = DraftWriter(request, model, bank)
    others = {_bare(sentence) for sentence in revision.sentences}
    options = [option for option in _same_facts(writer, old) if _bare(option.text) not in others]
    chosen = writer.chooser.choose(options)
    return chosen.text if chosen else old


def _same_facts(writer: DraftWriter, old: str) -> Iterator[Option]:
    """Ways of saying what `old` says: the same points, title and condition."""
    wording, plan = writer.wording, writer.plan
    points = tuple(point for point in plan.points if says(old, point))
    title = bool(plan.title) and plan.title.lower() in old.lower()
    condition = bool(plan.condition) and plan.condition in old.lower()
    if plan.note and plan.note.lower().rstrip(".") in old.lower():
        yield from wording.notes()
        return
    if not points and not title:
        if condition:
            yield from wording.conditions()
        else:
            for part in ("greeting", "closing", "photos"):
                phrases = wording.phrases(part)
                if any(_bare(phrase.text) == _bare(old) for phrase in phrases):
                    yield from phrases
        return
    if not title and not condition:
        yield from wording.statements(points, writer.rng)
        yield wording.listed(points)
    for option in _heads(writer, points):
        if _is_same(option, points, title, condition):
            yield option


def _heads(writer: DraftWriter, points: Sequence[Point]) -> Iterator[Option]:
    most = len(points) + 1
    for least in range(most + 1):
        yield from writer.openings.titles(writer.rng, least, least, points)
        yield from writer.openings.things(writer.rng, least, least, points)


def _is_same(option: Option, points: Sequence[Point], title: bool, condition: bool) -> bool:
    return (
        {point.name for point in option.points} == {point.name for point in points}
        and option.says_title == title
        and option.says_condition == condition
    )


def _bare(sentence: str) -> str:
    return sentence.casefold().strip(" .!?")
