"""An interpolated trigram model with absolute discounting: the baseline and an independent judge.

Ney, Essen and Kneser, "On structuring probabilistic dependences in stochastic language modelling",
Computer Speech and Language 8, 1994. It is counted when it is needed and never saved.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Gram = tuple[str, ...]
START, END, UNKNOWN, NUMBER = "<s>", "</s>", "<unk>", "<number>"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*|[.,;:!?]")


def words_of(text: str) -> list[str]:
    """Lower-case words and marks; figures are all one word."""
    return [
        NUMBER if token[0].isdigit() else token for token in _WORD.findall(text.lower()) if token
    ]


@dataclass(frozen=True)
class NgramModel:
    """Probabilities of tokens after at most two others."""

    vocabulary: frozenset[str]
    unigrams: dict[str, float]
    grams: dict[Gram, float]  # discounted probability of the last token after the others
    left_over: dict[Gram, float]  # of a history: what its discounts leave to shorter ones

    def log_probabilities(self, tokens: Sequence[str], order: int = 3) -> NDArray[np.float64]:
        """Natural log-probability of every token and of the end, (tokens + 1,)."""
        line = [START, START, *self._known(tokens), END]
        return np.log([self._chance(line, place, order) for place in range(2, len(line))])

    def _chance(self, line: list[str], place: int, order: int) -> float:
        chance = self.unigrams[line[place]]
        for length in range(2, order + 1):
            history = tuple(line[place - length + 1 : place])
            if history in self.left_over:
                own = self.grams.get((*history, line[place]), 0.0)
                chance = own + self.left_over[history] * chance
        return chance

    def _known(self, tokens: Sequence[str]) -> list[str]:
        return [token if token in self.vocabulary else UNKNOWN for token in tokens]


def fit_ngrams(
    lines: Iterable[Sequence[str]], *, vocabulary: int = 12_000, discount: float = 0.75
) -> NgramModel:
    """Count and discount. The same lines give the same model."""
    kept = [list(line) for line in lines]
    counts = Counter(token for line in kept for token in line)
    known = frozenset(token for token, _ in counts.most_common(vocabulary))
    full = [
        [START, START, *(token if token in known else UNKNOWN for token in line), END]
        for line in kept
    ]
    grams: dict[Gram, float] = {}
    left_over: dict[Gram, float] = {}
    for length in (2, 3):
        found = Counter(
            tuple(line[place - length + 1 : place + 1])
            for line in full
            for place in range(2, len(line))
        )
        totals: Counter[Gram] = Counter()
        kinds: Counter[Gram] = Counter()
        for gram, count in found.items():
            totals[gram[:-1]] += count
            kinds[gram[:-1]] += 1
        grams |= {gram: (count - discount) / totals[gram[:-1]] for gram, count in found.items()}
        left_over |= {history: discount * kinds[history] / totals[history] for history in totals}
    return NgramModel(known, _unigrams(full, known), grams, left_over)


def _unigrams(lines: Sequence[Sequence[str]], known: frozenset[str]) -> dict[str, float]:
    counts = Counter(token for line in lines for token in line[2:])
    tokens = [*sorted(known), END, UNKNOWN]
    total = sum(counts[token] + 0.5 for token in tokens)
    return {token: (counts[token] + 0.5) / total for token in tokens}


def perplexity(model: NgramModel, lines: Iterable[Sequence[str]], order: int = 3) -> float:
    """Per token and end of line."""
    logs = [model.log_probabilities(line, order) for line in lines]
    return float(np.exp(-np.concatenate(logs).mean()))
