"""The trigram judge: a distribution, worked out by hand, better than word counts."""

from __future__ import annotations

import numpy as np
import pytest

from ml.description.ngram import NgramModel, fit_ngrams, perplexity, words_of

LINES = [
    line.split()
    for line in (
        "the lamp is in good condition",
        "the chair is in good condition",
        "this is a red lamp",
        "this is a blue chair",
        "the lamp works",
    )
] * 4


@pytest.fixture(scope="module")
def model() -> NgramModel:
    return fit_ngrams(LINES)


def test_the_next_word_has_a_probability_distribution(model: NgramModel) -> None:
    words = sorted({word for line in LINES for word in line})
    chances = [np.exp(model.log_probabilities(["is", "in", word])[2]) for word in [*words, "zzz"]]
    ends = np.exp(model.log_probabilities(["is", "in"])[2])
    assert sum(chances) + ends == pytest.approx(1.0)


def test_a_trigram_has_the_probability_worked_out_by_hand(model: NgramModel) -> None:
    # After the line's start: "the" 12 times, "this" 8 times, discount 0.75 on both levels.
    tokens = sum(len(line) + 1 for line in LINES)
    kinds = len({word for line in LINES for word in line}) + 2  # the end, and the unknown word
    unigram = (12 + 0.5) / (tokens + 0.5 * kinds)
    bigram = (12 - 0.75) / 20 + (1.5 / 20) * unigram
    trigram = (12 - 0.75) / 20 + (1.5 / 20) * bigram
    assert np.exp(model.log_probabilities(["the"])[0]) == pytest.approx(trigram)


def test_history_lowers_perplexity(model: NgramModel) -> None:
    unseen = [["the", "chair", "is", "in", "good", "condition"]]
    assert perplexity(model, unseen) < perplexity(model, unseen, order=1) / 2


def test_words_are_lower_case_and_figures_all_one() -> None:
    assert words_of("Size 12, Levi's!") == ["size", "<number>", ",", "levi's", "!"]
