"""The quality score: parts that add up, graded, each with its reason."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listing_assistant.assistant import policy
from listing_assistant.assistant.quality import Contents, Detail, grade, is_shouted, score

COLOUR = Detail("Colour", "Red", weight=2.0)
SIZE = Detail("Size", "", weight=1.0)
FULL = Contents(
    title="Acme Aurora red wool dress size medium belted",
    photos=6,
    has_category=True,
    condition="good",
    condition_note="Small mark on the hem",
    details=(COLOUR,),
    description="Red " + "dress of wool that was worn twice and washed by hand " * 4,
    has_price=True,
)


def part(contents, key):
    return next(one for one in grade(contents) if one.key == key)


def test_a_full_listing_has_a_hundred_points_and_nothing_to_earn():
    assert score(grade(FULL)) == 100
    assert [one.earn for one in grade(FULL) if one.earn] == []


def test_an_empty_listing_has_none_and_every_part_says_how_to_earn():
    parts = grade(Contents())
    assert score(parts) == 0
    assert all(one.earn for one in parts)


def test_all_parts_together_are_worth_a_hundred():
    assert sum(one.of for one in grade(Contents())) == 100


def test_each_photo_earns_less_than_the_one_before_and_the_seventh_nothing():
    points = [part(Contents(photos=count), "photos").points for count in range(9)]
    gains = [after - before for before, after in pairwise(points)]
    assert points[0] == 0 and points[6] == policy.POINTS_PHOTOS
    assert gains == sorted(gains, reverse=True)
    assert gains[6:] == [0, 0]


def test_the_gain_that_a_photo_promises_is_what_it_brings():
    for count in range(8):
        now, then = (part(Contents(photos=number), "photos") for number in (count, count + 1))
        promised = int(now.earn.rpartition("+")[2].rstrip(".")) if now.earn else 0
        assert then.points - now.points == promised


def test_words_said_twice_and_fillers_count_once_or_not():
    plain = part(Contents(title="red dress"), "title").points
    assert part(Contents(title="red dress red DRESS with the a"), "title").points == plain


@pytest.mark.parametrize(
    "title",
    [
        "ACME AURORA RED WOOL DRESS SIZE MEDIUM BELTED",
        "Acme Aurora red wool dress size medium belted!!!",
        "Acme Aurora red wool dress size medium belted " + "x" * 80,
    ],
)
def test_shouting_decoration_and_length_cost_points_and_say_so(title):
    found = part(replace(FULL, title=title), "title")
    assert found.points < policy.POINTS_TITLE
    assert found.earn


def test_a_model_number_in_capitals_is_no_shouting():
    assert not is_shouted("WH-1000XM4 headphones by Sony")
    assert not is_shouted("NWT XL")
    assert is_shouted("BRAND NEW HEADPHONES")


def test_a_title_without_spaces_between_words_is_counted_too():
    assert part(Contents(title="红色羊毛连衣裙中号腰带款式新"), "title").points > 10


def test_a_used_thing_without_a_note_on_its_wear_lacks_points_and_a_new_one_does_not():
    used = replace(FULL, condition_note="")
    assert 0 < part(used, "condition").points < policy.POINTS_CONDITION
    assert part(replace(used, is_new=True), "condition").passed


def test_details_count_by_what_buyers_want():
    wanted = part(Contents(details=(COLOUR, SIZE)), "attributes")
    other = part(
        Contents(details=(replace(COLOUR, value=""), replace(SIZE, value="M"))), "attributes"
    )
    assert wanted.points == round(policy.POINTS_DETAILS * 2 / 3)
    assert other.points == round(policy.POINTS_DETAILS * 1 / 3)
    assert "size" in wanted.earn and "colour" in other.earn


def test_a_required_detail_is_named_before_a_popular_one():
    required = Detail("Brand", "", weight=0.5, is_required=True)
    assert "brand" in part(Contents(details=(SIZE, required)), "attributes").earn


def test_of_forty_details_only_those_that_matter_most_count():
    many = tuple(Detail(f"d{number}", weight=40 - number) for number in range(40))
    said = tuple(replace(one, value="x") for one in many[: policy.DETAILS_COUNTED])
    assert part(Contents(details=(*said, *many[policy.DETAILS_COUNTED :])), "attributes").passed


def test_a_category_without_details_costs_nothing():
    assert part(Contents(has_category=True), "attributes").passed


def test_a_description_earns_by_length_up_to_enough_and_loses_when_endless():
    lengths = (5, 15, policy.DESCRIPTION_WORDS_ENOUGH, policy.DESCRIPTION_WORDS_MOST, 1000)
    points = [
        part(Contents(description="word " * count), "description").points for count in lengths
    ]
    assert points[0] < points[1] < points[2] == points[3] > points[4]


def test_a_description_that_leaves_out_a_stated_detail_is_told_which():
    found = part(replace(FULL, description="A dress that was worn twice. " * 8), "description")
    assert found.points < policy.POINTS_DESCRIPTION
    assert "colour" in found.earn


@given(
    st.builds(
        Contents,
        title=st.text(max_size=120),
        photos=st.integers(0, 40),
        has_category=st.booleans(),
        condition=st.sampled_from(["", "good"]),
        condition_note=st.text(max_size=20),
        details=st.lists(
            st.builds(
                Detail,
                st.sampled_from(["Colour", "Size"]),
                st.text(max_size=9),
                st.floats(0.1, 9),
                st.booleans(),
            ),
            max_size=12,
        ).map(tuple),
        description=st.text(max_size=400),
        has_price=st.booleans(),
    )
)
def test_whatever_a_listing_says_each_part_stays_within_its_points(contents):
    for one in grade(contents):
        assert 0 <= one.points <= one.of
        assert one.why
        assert not (one.passed and one.earn)
