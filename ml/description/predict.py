"""A description in which every claim has a source, whichever engine wrote it: write, then check."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ml.description.facts import Draft, Fact, Facts, Sentence, plain
from ml.description.generators.base import Generator, GeneratorError
from ml.description.generators.realiser import Realiser, load_realiser
from ml.description.grounding import checked
from ml.description.realiser.patterns import ForeignRuns, own_words
from ml.description.request import DraftRequest

OnText = Callable[[str], None]
NOTHING_LEFT = "nothing of what it wrote was backed by the listing"


class Drafter:
    """Writes drafts with one engine, and with the realiser where that one cannot."""

    def __init__(self, realiser: Realiser, engine: Generator | None = None) -> None:
        self._realiser = realiser
        self._engine: Generator = engine or realiser

    @property
    def release(self) -> str:
        """What drafts depend on besides the request."""
        own, spare = self._engine.release, self._realiser.release
        return own if self._engine is self._realiser else f"{own} {spare}"

    def draft(self, request: DraftRequest, on_text: OnText | None = None) -> Draft:
        """`on_text` is told the unchecked text so far, as it is written.

        1. Write with the engine; if it cannot, with the realiser, and say why.
        2. Check: link every claim to its source, leave out sentences with a claim that has none,
           and sentences that an example has word for word.
        3. Complete: facts that the engine did not say, the realiser says.
        """
        request = request.with_wishes_of_revision()
        if self._engine is self._realiser:
            return self._checked(self._realiser, request, on_text)
        try:
            draft = self._checked(self._engine, request, on_text)
            if draft.removed and not draft.sentences:
                raise GeneratorError(NOTHING_LEFT)
        except GeneratorError as error:
            draft = self._checked(self._realiser, request, on_text)
            return replace(draft, fallback=error.reason)
        return self._completed(draft, request)

    def _checked(self, engine: Generator, request: DraftRequest, on_text: OnText | None) -> Draft:
        text = ""
        for piece in engine.write(request):
            text += piece
            if on_text:
                on_text(text)
        change = request.revision
        own = [change.sentences[place] for place in change.own] if change else []
        draft = checked(text, request.facts, request.wishes.language, own)
        draft = without_copies(draft, request)
        return replace(
            draft,
            engine=engine.name,
            release=engine.release,
            language=request.wishes.language,
        )

    def _completed(self, draft: Draft, request: DraftRequest) -> Draft:
        missing = unsaid(draft, request.facts)
        if not missing or (request.revision and request.revision.task == "sentence"):
            return draft
        rest = replace(request, facts=Facts("", attributes=missing), revision=None)
        added = self._checked(self._realiser, rest, None)
        return replace(draft, sentences=(*draft.sentences, *added.sentences))


def without_copies(draft: Draft, request: DraftRequest) -> Draft:
    """The draft without sentences that share a long run of words with an example.

    What the listing itself says word for word is no copy, nor is what the seller wrote.
    """
    sellers: set[str] = set()
    if request.revision:
        sellers = {request.revision.sentences[place] for place in request.revision.own}
    examples = [example.text for example in request.examples]
    foreign = ForeignRuns(examples, [*own_words(request.facts), *sellers])
    kept: list[Sentence] = []
    copied: list[Sentence] = []
    before = ""
    for sentence in draft.sentences:
        if sentence.text not in sellers and foreign.are_in(sentence.text, before):
            copied.append(sentence)
        else:
            kept.append(sentence)
            before = f"{before} {sentence.text}"
    if not copied:
        return draft
    return replace(draft, sentences=tuple(kept), removed=(*draft.removed, *copied))


def unsaid(draft: Draft, facts: Facts) -> tuple[Fact, ...]:
    """The attributes that no sentence stands on and whose value the text does not say."""
    sources = {source for sentence in draft.sentences for source in sentence.sources}
    text = _letters(draft.text)
    return tuple(
        fact
        for fact in facts.attributes
        if fact.name not in sources and _letters(fact.value) not in text
    )


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", plain(text).casefold())


def load_drafter(folder: Path, engine: Generator | None = None) -> Drafter:
    """`folder` holds the realiser's artefact. Raises ArtefactError where it cannot be used."""
    return Drafter(load_realiser(folder), engine)
