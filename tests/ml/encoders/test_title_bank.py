"""The bank gives every photo its own titles and wrong ones, and knows which might be true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.encoders.corpus import VARIANT_SHARES, Pair
from ml.encoders.title_bank import SWAPS, TEXTS, build_title_bank, texts_of
from ml.encoders.words import learn_vocabulary
from ml.records import ItemRecord

COLOURS = ("red", "blue", "green", "black", "white")


def pair(number: int, colour: str) -> Pair:
    record = ItemRecord(
        f"s:{number}",
        f"Acme {colour} mug",
        "s",
        category=("Kitchen", "Mugs"),
        attributes={"Color": colour, "Type": "mug"},
    )
    return Pair(record, Path(f"{number}.jpg"))


@pytest.fixture
def pairs() -> list[Pair]:
    return [pair(number, colour) for number, colour in enumerate((*COLOURS, "red"))]


@pytest.fixture
def bank(pairs):
    texts = texts_of(pairs)
    vectors = np.zeros((len(pairs), TEXTS, 3), dtype=np.float32)
    vocabulary = learn_vocabulary((one.record.title for one in pairs), least=1)
    return build_title_bank(pairs, texts, vectors, vocabulary)


def test_a_pair_has_true_titles_then_swapped_ones(pairs):
    first = texts_of(pairs)[0]
    assert first[0] == "Acme red mug" and first[2] == "red mug"
    swapped = first[-SWAPS:]
    assert set(swapped) <= {f"Acme {colour} mug" for colour in COLOURS if colour != "red"}
    assert len(set(swapped)) == SWAPS


def test_a_title_without_a_stated_value_has_no_swap(pairs):
    bare = Pair(ItemRecord("s:9", "A thing", "s"), Path("9.jpg"))
    assert texts_of([*pairs, bare])[-1][-SWAPS:] == [""] * SWAPS


def test_the_same_title_of_another_product_is_no_wrong_answer(bank):
    agree = bank.agreement(np.array([0, 1]), np.array([0, 5, 1])).tolist()
    assert agree == [[True, True, False], [False, False, True]]


def test_candidates_begin_with_the_rows_themselves(bank):
    rows = np.array([2, 4])
    drawn = bank.candidates(rows, random=3, hard=2, generator=np.random.default_rng(0))
    assert drawn[:2].tolist() == [2, 4] and len(drawn) == 2 + 3 + 2 * 2


def test_swapped_titles_come_two_a_row_and_say_whether_they_are_there(bank):
    titles, there = bank.swapped(np.array([0, 3]))
    assert len(titles.offsets) == 2 * SWAPS and there.shape == (2, SWAPS) and bool(there.all())
    assert len(VARIANT_SHARES) + SWAPS == TEXTS
