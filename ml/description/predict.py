"""A description in which every claim has a source, whichever engine wrote it: write, then check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ml.description.facts import Draft
from ml.description.generators.base import Generator, GeneratorError
from ml.description.generators.realiser import Realiser, load_realiser
from ml.description.grounding import checked
from ml.description.request import DraftRequest

OnText = Callable[[str], None]


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
        2. Check: link every claim to its source, leave out sentences with a claim that has none.
        3. Complete: facts that the engine did not say, the realiser says.
        """
        request = request.with_wishes_of_revision()
        try:
            return self._checked(self._engine, request, on_text)
        except GeneratorError as error:
            if self._engine is self._realiser:
                raise
            draft = self._checked(self._realiser, request, on_text)
            return replace(draft, fallback=error.reason)

    def _checked(self, engine: Generator, request: DraftRequest, on_text: OnText | None) -> Draft:
        text = ""
        for piece in engine.write(request):
            text += piece
            if on_text:
                on_text(text)
        draft = checked(text, request.facts)
        return replace(
            draft,
            engine=engine.name,
            release=engine.release,
            language=request.wishes.language,
        )


def load_drafter(folder: Path, engine: Generator | None = None) -> Drafter:
    """`folder` holds the realiser's artefact. Raises ArtefactError where it cannot be used."""
    return Drafter(load_realiser(folder), engine)
