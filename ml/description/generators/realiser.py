"""The default engine: plan, phrase, choose. Offline, on a CPU, in milliseconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ml.artefacts import load_artefact
from ml.description.facts import Sentence
from ml.description.model import FORMAT_VERSION, KIND, LanguageModel
from ml.description.phrases import conditions, details, openings
from ml.description.planning import make_plan
from ml.description.request import DraftRequest

# How far behind the most fluent variant another may be and still be chosen, in nats per token:
# wide enough for two listings to differ, narrow enough to keep out what nobody writes.
VARIETY = 0.8


class Realiser:
    """Writes drafts. The language model only chooses among sentences that say the same thing."""

    name = "realiser"

    def __init__(self, model: LanguageModel, release: str) -> None:
        self.release = release
        self._model = model

    def write(self, request: DraftRequest) -> Iterator[str]:
        """The same request gives the same text; another seed gives other words.

        1. Plan: clean the facts and decide what goes together.
        2. Phrase: several sentences for each part of the plan.
        3. Choose: by fluency, and by the seed among equals.
        """
        plan = make_plan(request.facts)
        groups, used = openings(plan)
        state = conditions(plan)
        groups += details(plan, plan.rest(used))
        if state:
            groups.append(state)
        for place, group in enumerate(groups):
            if group:
                chosen = self._choose(group, f"{request.seed}|{plan.title}|{place}")
                yield f" {chosen.text}" if place else chosen.text

    def _choose(self, options: Sequence[Sentence], key: str) -> Sentence:
        scores = [self._model.fluency(option.text) for option in options]
        close = [
            option
            for option, score in zip(options, scores, strict=True)
            if score >= max(scores) - VARIETY
        ]
        number = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16)
        return close[number % len(close)]


def load_realiser(folder: Path) -> Realiser:
    """A realiser from an artefact. Raises ArtefactError with the reason when it cannot be used."""
    artefact = load_artefact(folder, kind=KIND, format_version=FORMAT_VERSION)
    return Realiser(LanguageModel.from_tensors(artefact.tensors), artefact.release)
