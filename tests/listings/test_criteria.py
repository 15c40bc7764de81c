"""Reading what a buyer asks for from an address, and writing it back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from listing_assistant.listings.criteria import Criteria, Sort, read_criteria
from listing_assistant.listings.models import Condition, Format

prices = st.none() | st.decimals(0, 9999, places=2)
criteria = st.builds(
    Criteria,
    words=st.from_regex(r"[a-zé☕]{1,9}( [a-z]{1,5})?", fullmatch=True),
    minimum=prices,
    conditions=st.lists(st.sampled_from(Condition.values), unique=True).map(
        lambda chosen: tuple(value for value in Condition.values if value in chosen)
    ),
    formats=st.sampled_from([(), (Format.AUCTION.value,)]),
    attributes=st.lists(
        st.tuples(st.integers(1, 999), st.from_regex(r"[\w&=+ %]{1,20}", fullmatch=True)),
        unique=True,
        max_size=3,
    ).map(tuple),
    sort=st.sampled_from(Sort),
    page=st.integers(1, 50),
)


@given(criteria)
def test_what_is_written_into_an_address_is_read_back(asked: Criteria) -> None:
    written = asked.query_string(page=asked.page)
    assert read_criteria(QueryDict(written[1:])) == asked


@pytest.mark.parametrize(
    ("query", "notes"),
    [
        ("min=abc", ["abc"]),
        ("min=-1", ["-1"]),
        ("max=NaN&min=Infinity", ["NaN", "Infinity"]),
        ("min=1e999999", ["1e999999"]),
        ("min=9&max=3", ["swapped"]),
        ("q=" + "x" * 300, ["200 characters"]),
    ],
)
def test_what_makes_no_sense_is_left_out_and_said(query: str, notes: list[str]) -> None:
    read = read_criteria(QueryDict(query))
    assert len(read.notes) == len(notes)
    assert all(note in " ".join(read.notes) for note in notes)


@pytest.mark.parametrize(
    "query",
    [
        "condition=stolen",
        "format=x",
        "attr=red",
        "attr=1:",
        "sort=best",
        "page=-1",
        "page=x",
        "currency=$",
    ],
)
def test_unknown_values_are_as_if_not_asked(query: str) -> None:
    assert read_criteria(QueryDict(query)) == Criteria()


def test_a_price_may_be_written_with_a_comma() -> None:
    assert read_criteria(QueryDict("min=2,5")).minimum == Decimal("2.50")


def test_the_bounds_of_a_price_are_put_in_order() -> None:
    read = read_criteria(QueryDict("min=9&max=3"))
    assert (read.minimum, read.maximum) == (Decimal(3), Decimal(9))


def test_nul_bytes_never_reach_the_database() -> None:
    assert read_criteria(QueryDict("q=tea%00pot&attr=1:a%00")).words == "tea pot"
    assert read_criteria(QueryDict("attr=1:a%00")).attributes == ()


def test_a_chip_drops_its_own_filter_and_keeps_the_rest() -> None:
    asked = read_criteria(QueryDict("q=tea&condition=new&attr=7:Red&min=3"))
    chips = {chip.label: chip.query_without for chip in asked.chips()}
    without_red = read_criteria(QueryDict(chips["Red"][1:]))
    assert without_red.attributes == ()
    assert (without_red.words, without_red.conditions) == ("tea", ("new",))
    assert set(chips) == {"New", "Red", "from 3.00 USD"}
