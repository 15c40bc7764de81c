"""The default engine: plan, phrase, choose. Offline, on a CPU, in milliseconds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ml.artefacts import load_artefact
from ml.description.model import FORMAT_VERSION, KIND, LanguageModel, LanguageModelConfig
from ml.description.realiser.choice import Piece
from ml.description.realiser.drafts import written
from ml.description.realiser.patterns import Pattern, unpacked
from ml.description.realiser.revisions import rewritten, rewritten_sentence
from ml.description.request import DraftRequest


class Realiser:
    """Writes drafts. The language model only chooses among sentences that say the same thing."""

    name = "realiser"

    def __init__(self, model: LanguageModel, bank: Sequence[Pattern], release: str) -> None:
        self.release = release
        self._model = model
        self._bank = tuple(bank)

    def write(self, request: DraftRequest) -> Iterator[str]:
        """Word by word. The same request gives the same text; another seed gives other words."""
        for number, piece in enumerate(self._pieces(request)):
            yield from re.findall(r"\s*\S+", f"{piece.gap}{piece.text}" if number else piece.text)

    def _pieces(self, request: DraftRequest) -> Iterator[Piece]:
        if request.revision is None:
            return written(request, self._model, self._bank)
        if request.revision.task == "sentence":
            return rewritten_sentence(request, self._model, self._bank)
        return rewritten(request, self._model, self._bank)


def load_realiser(folder: Path) -> Realiser:
    """A realiser from an artefact. Raises ArtefactError with the reason when it cannot be used."""
    artefact = load_artefact(folder, kind=KIND, format_version=FORMAT_VERSION)
    bank = unpacked(artefact.config.get("patterns", {}))
    config = LanguageModelConfig(**artefact.config["model"])
    model = LanguageModel.from_tensors(artefact.tensors, config)
    return Realiser(model, bank, artefact.release)
