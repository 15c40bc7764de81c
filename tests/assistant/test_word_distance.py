"""The distance between two texts, in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listing_assistant.assistant.quality import words
from listing_assistant.assistant.word_distance import word_distance


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("", "", 0.0),
        ("Red wool dress.", "red WOOL dress", 0.0),
        ("red wool dress", "", 1.0),
        ("red wool dress", "blue wool dress", 1 / 3),
        ("red wool dress", "red dress", 1 / 3),
        ("red dress", "red wool dress", 1 / 3),
        ("a b c d", "d c b a", 1.0),
        ("one two", "three four five", 1.0),
    ],
)
def test_words_left_out_added_and_changed_count_one_each(one, other, distance):
    assert word_distance(one, other) == pytest.approx(distance)


texts = st.lists(st.sampled_from(["red", "wool", "dress", "of"]), max_size=9).map(" ".join)


@given(texts, texts)
def test_it_is_the_textbook_recursion(one, other):
    first, second = words(one), words(other)

    def steps(i: int, j: int, known: dict[tuple[int, int], int]) -> int:
        if not i or not j:
            return i + j
        if (i, j) not in known:
            known[i, j] = min(
                steps(i - 1, j, known) + 1,
                steps(i, j - 1, known) + 1,
                steps(i - 1, j - 1, known) + (first[i - 1] != second[j - 1]),
            )
        return known[i, j]

    longer = max(len(first), len(second), 1)
    assert word_distance(one, other) == pytest.approx(steps(len(first), len(second), {}) / longer)
