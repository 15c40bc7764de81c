"""Titles as words: one form however it is spelt, and the place where it stands."""

from __future__ import annotations

import numpy as np
import pytest

from ml.category.taxonomy import CategorySpec, Lexicon
from ml.category.words import MOST_WORDS, hashed, phrases_of, words_of


@pytest.mark.parametrize("title", ["T-Shirt", "t shirt", "TSHIRTS", "T - shirts"])
def test_spellings_of_one_thing_share_a_phrase(title):
    assert "tshirt" in phrases_of(words_of(title))


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("Men's", "men"),
        ("Dresses", "dress"),
        ("Batteries", "battery"),
        ("GLASS", "glass"),
        ("Crêpes", "crepe"),
        ("Straße", "strasse"),
        ("الساعات", "الساعات"),
    ],
)
def test_a_word_loses_case_accents_possessive_and_plural(word, form):
    assert [each.form for each in words_of(word)] == [form]


def test_a_word_keeps_its_place():
    title = "🔥 Men's Běžecké boty"
    assert [title[word.start : word.end] for word in words_of(title)] == [
        "Men's",
        "Běžecké",
        "boty",
    ]


def test_no_more_words_are_read_than_a_title_has():
    assert len(words_of("word " * 10_000)) == MOST_WORDS


def test_pairs_of_neighbours_are_hashed_beside_the_words():
    one, two, pair = hashed(["phone", "case"], 1 << 20)
    assert hashed(["phone"], 1 << 20) == [one]
    assert pair not in (one, two)
    assert hashed(["case", "phone"], 1 << 20)[2] != pair


def test_a_whole_name_scores_above_a_part_and_says_where():
    lexicon = Lexicon(
        [CategorySpec(1, "Electronics > Phone Cases"), CategorySpec(2, "Electronics > Phones")]
    )
    scores, said = lexicon.scores("Leather phone case", words_of("Leather phone case"))
    assert scores[0] > scores[1] > 1
    assert said[0][0] == "phone case"


def test_a_rare_word_tells_more_than_a_common_one():
    specs = [CategorySpec(place, f"All > Red {name}") for place, name in enumerate("ABCDEF")]
    lexicon = Lexicon([*specs, CategorySpec(9, "All > Red Kettle")])
    alone, _ = lexicon.scores("red", words_of("red"))
    kettle, _ = lexicon.scores("kettle", words_of("kettle"))
    assert kettle[-1] > alone[-1] > 0
    assert np.count_nonzero(kettle) == 1
