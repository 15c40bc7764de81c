"""The words on a card are true of the card, and the strongest of them are said."""

from __future__ import annotations

import math

import pytest

from recommender.features import NAMES
from recommender.similar.reasons import BESIDE_A_LISTING, reason_because_of, reason_of

UNKNOWN = dict.fromkeys(NAMES, math.nan)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"same_product": 1, "detail_overlap": 1}, "Same product"),
        ({"same_product": 1, "detail_overlap": 0.5}, "Same make and type"),
        ({"same_seller": 1}, "Also from this seller"),
        ({"image_similarity": 0.9}, "Looks alike"),
        ({"text_similarity": 0.9}, "Similar title"),
        ({"age": math.log1p(1)}, "Just listed"),
        ({"same_brand": 1, "same_category": 1}, "Same brand"),
        ({"same_category": 1}, "Same category"),
    ],
)
def test_each_reason_rests_on_what_is_known(known, words):
    assert reason_of({"fresh"}, UNKNOWN | known) == words


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"image_similarity": 0.2, "text_similarity": 0.2, "same_category": 0, "same_product": 0},
        {"age": math.log1p(30)},
    ],
)
def test_where_nothing_is_true_nothing_is_said(known):
    assert reason_of({"joint"}, UNKNOWN | known) == ""


def test_what_others_viewed_needs_their_word():
    assert reason_of({"co_viewed"}, UNKNOWN) == "Often viewed with this"
    same = {"same_product": 1, "detail_overlap": 1}
    assert reason_of({"co_viewed"}, UNKNOWN | same) == "Same product"


def test_reasons_name_columns_that_the_ranker_has():
    read: set[str] = set()

    class Reading(dict):
        def get(self, name, default=None):
            read.add(name)
            return default

    for _, holds in BESIDE_A_LISTING:
        holds((), Reading())
    assert read <= set(NAMES)


@pytest.mark.parametrize(
    ("sets", "words"),
    [
        (["joint"], "Like “Red mug”"),
        (["fresh", "co_viewed"], "Often viewed with “Red mug”"),
        (["fresh"], "Because of “Red mug”"),
    ],
)
def test_a_persons_own_strips_name_the_thing_that_led_there(sets, words):
    assert reason_because_of("Red mug", sets) == words


def test_a_long_title_is_cut():
    assert len(reason_because_of("x" * 120, ["joint"])) < 45
