"""Which word disagrees, and what the title must lose: judges whose right answers are known."""

from __future__ import annotations

import re

import numpy as np
import pytest

from ml.mismatch.evidence import explain_title


def judge_of(doubts: dict[str, float]):
    """A judge who adds up what he thinks of each word; -2 of a title that says nothing doubtful.

    Also returned: every batch of titles he was asked about.
    """
    asked: list[list[str]] = []

    def logits_of(titles):
        asked.append(list(titles))
        return np.array([logit_of(title) for title in titles])

    def logit_of(title):
        return -2 + sum(doubts.get(word, 0.0) for word in re.findall(r"[\w.]+", title))

    return logits_of, logit_of, asked


def verdict_of(score: float):
    return "mismatch" if score > 0.6 else "match" if score < 0.4 else "unsure"


def explain(title: str, doubts: dict[str, float]):
    logits_of, logit_of, _ = judge_of(doubts)
    return explain_title(title, logit_of(title), logits_of, verdict_of)


def test_every_word_has_what_the_judge_thinks_of_it_the_worst_first():
    words = explain("leather belt for men", {"leather": 4, "belt": -1}).words
    assert [(word.text, word.contribution) for word in words] == [
        ("leather", pytest.approx(4)),
        ("men", pytest.approx(0)),
        ("belt", pytest.approx(-1)),
    ]


def test_neighbours_that_are_both_denied_are_one_phrase_with_its_own_contribution():
    title = "Cotton shirt, navy blue, size M"
    words = explain(title, {"navy": 3, "blue": 2}).words
    assert words[0].text == "navy blue" == title[words[0].start : words[0].end]
    assert words[0].contribution == pytest.approx(5)
    assert [word.text for word in words[1:]] == ["Cotton", "shirt", "size", "M"]


def test_a_comma_or_a_harmless_word_keeps_suspects_apart():
    apart = explain("red, phone", {"red": 3, "phone": 3}).words
    assert {word.text for word in apart} == {"red", "phone"}
    far = explain("red big phone case", {"red": 3, "phone": 3}).words
    assert {word.text for word in far[:2]} == {"red", "phone"}


def test_words_that_name_nothing_are_no_evidence():
    words = explain("watch with a strap", {"watch": 3, "with": 2}).words
    assert {word.text for word in words} == {"watch", "strap"}
    assert explain("with", {"with": 3}).words[0].text == "with"


def test_a_phrase_is_never_the_whole_title():
    assert {word.text for word in explain("black watch", {"black": 3, "watch": 3}).words} == {
        "black",
        "watch",
    }


def test_one_word_is_enough_where_it_clears_the_warning():
    found = explain("brown leather belt", {"leather": 4}).counterfactual
    assert (found.words, found.spans, found.title) == (("leather",), ((6, 13),), "brown belt")
    assert found.verdict == "match"
    assert found.score == pytest.approx(1 / (1 + np.exp(2)))


def test_of_several_words_that_clear_it_the_clearest_is_named():
    found = explain("dark leather belt", {"leather": 3, "dark": 2.5, "belt": -1}).counterfactual
    assert found.words == ("leather",)


def test_a_phrase_is_left_out_where_no_word_alone_is_enough():
    found = explain("cotton shirt navy blue", {"navy": 3, "blue": 3}).counterfactual
    assert (found.words, found.title) == (("navy blue",), "cotton shirt")


def test_two_words_apart_are_left_out_where_no_phrase_is_enough():
    found = explain("red cotton mug", {"red": 3, "mug": 3}).counterfactual
    assert (found.words, found.title, found.verdict) == (("red", "mug"), "cotton", "match")
    assert found.spans == ((0, 3), (11, 14))


def test_there_is_none_where_nothing_so_small_clears_it():
    everything = {"red": 5, "cotton": 5, "mug": 5, "set": 5}
    assert explain("red cotton mug set", everything).counterfactual is None


@pytest.mark.parametrize("doubts", [{}, {"leather": 2.1}])
def test_there_is_none_without_a_warning(doubts):
    assert explain("brown leather belt", doubts).counterfactual is None


def test_a_harmless_title_costs_one_batch():
    logits_of, logit_of, asked = judge_of({})
    explain_title("brown leather belt", logit_of(""), logits_of, verdict_of)
    assert asked == [["leather belt", "brown belt", "brown leather"]]


def test_a_title_of_one_word_is_its_own_evidence_and_cannot_lose_it():
    found = explain("watch", {"watch": 5})
    assert [(word.text, word.contribution) for word in found.words] == [("watch", 3)]
    assert found.counterfactual is None
