"""Which of several ways of saying a thing a draft takes: fluent, in the seller's voice, varied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from random import Random

from ml.description.facts import Facts
from ml.description.grounding import checked
from ml.description.model import LanguageModel
from ml.description.realiser.patterns import ForeignRuns, own_words
from ml.description.realiser.wording import Option, some_of
from ml.description.request import DraftRequest

# How freely the seed chooses among sentences, in nats per token: wide enough for two listings to
# differ, narrow enough to keep out what nobody writes.
FREEDOM = 0.4
_MOST_SCORED = 14  # options that the language model reads for one sentence


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence of a draft and what stands before it."""

    text: str
    gap: str = " "


def fluencies(
    model: LanguageModel, texts: Sequence[str], before: str, language: str
) -> Sequence[float]:
    """How much each sentence reads like a seller's own after the others, in nats per piece.

    The model has read English alone: of other languages it ranks nothing.
    """
    return [0.0] * len(texts) if language != "en" else model.fluency(texts, before).tolist()


class Chooser:
    """Chooses sentence by sentence, and remembers what the draft has used."""

    def __init__(self, request: DraftRequest, model: LanguageModel, rng: Random) -> None:
        self.rng = rng
        self._model = model
        self._facts: Facts = request.facts
        self._language = request.wishes.language
        examples = [each.text for each in request.examples]
        self._foreign = ForeignRuns(examples, own_words(request.facts))
        self._used: set[str] = set()
        self._before = ""

    def choose(self, options: Iterable[Option], freedom: float = FREEDOM) -> Option | None:
        """One option that the facts back and no example holds; None where there is none.

        1. Leave out forms that the draft has used, if others are left.
        2. Order by fluency and weight, with as much noise as `freedom`.
        3. Take the first that passes the check for claims and for copied words.
        """
        all_options = list({option.text: option for option in options}.values())
        fresh = [option for option in all_options if option.pattern not in self._used]
        left = fresh or all_options
        scored = some_of(left, self.rng, _MOST_SCORED)
        texts = [option.text for option in scored]
        scores = fluencies(self._model, texts, self._before, self._language)
        ranked = [
            (score + option.weight - freedom * log(-log(self.rng.uniform(1e-9, 1 - 1e-9))), place)
            for place, (option, score) in enumerate(zip(scored, scores, strict=True))
        ]
        for _, place in sorted(ranked, reverse=True):
            if self.allows(scored[place].text):
                self.take(scored[place])
                return scored[place]
        return None

    def take(self, option: Option) -> None:
        self._used.add(option.pattern)
        self._before = f"{self._before} {option.text}"

    def allows(self, text: str) -> bool:
        """Whether every claim has a source and no run of words is an example's."""
        return not (
            self._foreign.are_in(text, self._before)
            or checked(text, self._facts, self._language).removed
        )
