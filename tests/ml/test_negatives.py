"""A wrong title is really wrong, and a hard one comes out of the same category."""

from __future__ import annotations

import numpy as np

from ml.negatives import (
    agreement_matrix,
    category_groups,
    hard_negatives,
    random_negatives,
    swapped_titles,
    title_words,
    titles_agree,
    where_they_differ,
)
from ml.records import ItemRecord


def item(number: int, title: str, *category: str, **attributes: str) -> ItemRecord:
    return ItemRecord(f"s:{number}", title, "s", category=category, attributes=attributes)


def test_spelling_of_one_word_does_not_matter():
    assert title_words("T-Shirts") == title_words("tshirt") == {"tshirt"}
    assert title_words("Men’s Shoes, red") == {"men", "shoe", "red"}


def test_titles_agree_when_neither_says_more_than_the_other_could():
    mug, blue_mug, red_mug = map(title_words, ("Mug", "Blue mug", "Red mug"))
    assert titles_agree(mug, blue_mug) and titles_agree(blue_mug, mug)
    assert not titles_agree(blue_mug, red_mug)


def test_the_matrix_agrees_with_pairwise_comparison():
    titles = ["Mug", "blue mug", "Red mugs", "red MUG", "sofa", "", "Blue sofa bed"]
    words = [title_words(title) for title in titles]
    expected = [[titles_agree(first, second) for second in words] for first in words]
    np.testing.assert_array_equal(agreement_matrix(titles, block=3), expected)


def test_random_negatives_are_other_titles_and_repeat_by_seed():
    records = [item(n, title) for n, title in enumerate(["Mug", "mugs", "Blue mug", "Sofa"])]
    drawn = random_negatives(records, seed=0)
    assert drawn[:3].tolist() == [3, 3, 3] and drawn[3] in (0, 1, 2)
    np.testing.assert_array_equal(drawn, random_negatives(records, seed=0))


def test_without_another_title_there_is_no_negative():
    records = [item(0, "Mug"), item(1, "mug")]
    assert random_negatives(records, seed=0).tolist() == [-1, -1]


def test_hard_negatives_share_the_category_and_differ_where_it_is_stated():
    records = [
        item(0, "Acme shirt one", "Clothes", "Shirts", Color="Blue"),
        item(1, "Acme shirt two", "Clothes", "Shirts", Color="Blue"),
        item(2, "Acme shirt three", "Clothes", "Shirts", Color="Red"),
        item(3, "Kettle steel", "Kitchen", "Kettles"),
    ]
    for seed in range(5):
        drawn = hard_negatives(records, seed)
        assert drawn[0] == drawn[1] == 2
        assert drawn[2] in (0, 1)
        assert drawn[3] == -1


def test_a_record_without_category_has_no_hard_negative():
    assert hard_negatives([item(0, "Mug"), item(1, "Sofa")], seed=0).tolist() == [-1, -1]


def test_a_small_leaf_is_grouped_with_its_parent():
    big = [item(n, f"shirt {n}x", "Clothes", "Shirts") for n in range(3)]
    small = [item(9, "one tie", "Clothes", "Ties")]
    groups = category_groups([*big, *small], at_least=3)
    assert groups[:3] == [("s", "Clothes", "Shirts")] * 3
    assert groups[3] == ("s", "Clothes")


def test_a_swapped_title_states_another_value_of_the_same_kind():
    colours = ("red", "blue", "green", "black")
    records = [
        item(n, f"Arrow Men Formal {c.title()} Ties", "Clothes", "Ties", Color=c)
        for n, c in enumerate(colours)
    ]
    records.append(item(9, "Nothing stated", "Clothes", "Ties", Color="red"))
    swapped = swapped_titles(records, seed=0, count=2)
    assert [len(titles) for titles in swapped] == [2, 2, 2, 2, 0]
    for titles, own in zip(swapped, colours, strict=False):
        others = {f"Arrow Men Formal {c} Ties" for c in colours if c != own}
        assert set(titles) <= others and len(set(titles)) == 2


def test_values_of_another_category_are_borrowed_only_where_the_own_knows_few():
    records = [
        item(n, f"{c} tie", "Clothes", "Ties", Color=c)
        for n, c in enumerate(("red", "blue", "green", "black"))
    ]
    records += [item(9, "teal sock", "Clothes", "Socks", Color="teal")]
    swapped = swapped_titles(records, seed=0, count=9)
    assert not any("teal" in title for titles in swapped[:4] for title in titles)
    assert set(swapped[4]) == {"red sock", "blue sock", "green sock", "black sock"}


def test_only_negatives_that_look_different_are_kept():
    records = [
        item(0, "one", "A", "B", Color="Blue", Type="Mug"),
        item(1, "two", "A", "B", Color="blue", Type="Mug"),
        item(2, "three", "A", "B", Color="Red"),
        item(3, "four", "A", "B"),
    ]
    kept = where_they_differ(records, np.array([1, 2, 3, -1]))
    assert kept.tolist() == [-1, 2, -1, -1]
