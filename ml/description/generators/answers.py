"""From what a language model answers to the text that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ml.description.generators.base import GeneratorError
from ml.description.prompt import around
from ml.description.request import DraftRequest

_OPEN, _CLOSE = "<think>", "</think>"


def text_of(request: DraftRequest, answer: Iterable[str]) -> Iterator[str]:
    """The answer in pieces, with what stands around a sentence that was asked for alone.

    What the seller wrote and the model left out follows at the end: nothing of it is lost. Raises
    GeneratorError where there is no answer.
    """
    before, after = around(request)
    text = before
    for piece in spoken(answer):
        yield before + piece if text == before else piece
        text += piece
    if text == before:
        raise GeneratorError("the language model answered nothing")
    if after:
        yield after
    revision = request.revision
    for place in sorted(revision.own) if revision else ():
        if revision and revision.sentences[place] not in text + after:
            yield " " + revision.sentences[place]


def spoken(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces without a block of thoughts in front, and without space in front of the text."""
    held, is_open = "", True
    for piece in pieces:
        if not is_open:
            yield piece
            continue
        held = (held + piece).lstrip()
        if held.startswith(_OPEN):
            _, closed, rest = held.partition(_CLOSE)
            held = rest.lstrip() if closed else held
            if not closed:
                continue
        if held and not _OPEN.startswith(held):
            yield held
            is_open = False
    if is_open and held and not held.startswith(_OPEN):
        yield held
