"""The n-gram model: a distribution, better than word counts, and free of its texts."""

from __future__ import annotations

import numpy as np
import pytest

from ml.description.fit import fit, perplexity, sentences_of
from ml.description.model import LanguageModel, LanguageModelConfig

SENTENCES = [
    "the lamp is in good condition",
    "the chair is in good condition",
    "this is a red lamp",
    "this is a blue chair",
    "the lamp works",
] * 4


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return fit(SENTENCES, LanguageModelConfig(vocabulary=50))


def test_the_next_word_has_a_probability_distribution(model: LanguageModel) -> None:
    words = sorted({word for sentence in SENTENCES for word in sentence.split()})
    chances = [np.exp(model.log_probabilities(f"is in {word}")[2]) for word in [*words, "zzz", "7"]]
    ends = np.exp(model.log_probabilities("is in")[2])
    assert sum(chances) + ends == pytest.approx(1.0, abs=2e-3)


def test_a_bigram_has_the_probability_worked_out_by_hand(model: LanguageModel) -> None:
    # After the sentence's start: "the" 12 times, "this" 8 times, discount 0.75 on both levels.
    unigram = np.exp(model.unigram_log_probabilities("the")[0])
    bigram = (12 - 0.75) / 20 + (1.5 / 20) * unigram
    trigram = (12 - 0.75) / 20 + (1.5 / 20) * bigram
    assert np.exp(model.log_probabilities("the lamp")[0]) == pytest.approx(trigram, abs=2e-3)


def test_word_order_matters(model: LanguageModel) -> None:
    assert model.fluency("this is a red lamp") > model.fluency("lamp red a is this")


def test_history_lowers_perplexity(model: LanguageModel) -> None:
    reached, baseline = perplexity(model, ["the chair is in good condition"])
    assert reached < baseline / 2


def test_a_round_trip_through_tensors_changes_nothing(model: LanguageModel) -> None:
    again = LanguageModel.from_tensors(model.tensors())
    text = "this is a blue lamp"
    assert np.array_equal(again.log_probabilities(text), model.log_probabilities(text))


def test_sentences_about_the_deal_are_left_out() -> None:
    text = (
        "A glass lamp in green. Buyer pays shipping!! Free <b>counters</b>. Stands ten inches tall."
    )
    assert sentences_of(text) == ["A glass lamp in green.", "Stands ten inches tall."]
