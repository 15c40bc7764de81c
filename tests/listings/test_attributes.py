"""Stating attributes in the marketplace's own vocabulary."""

from __future__ import annotations

import pytest

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Attribute, AttributeKind
from listing_assistant.listings import services
from listing_assistant.listings.errors import ListingError, NotYoursError
from listing_assistant.listings.models import Listing
from listing_assistant.listings.selectors import attributes_stated

pytestmark = pytest.mark.django_db


def state(listing: Listing, attribute: Attribute, text: str | list[str] | None) -> list[str]:
    rows = services.set_attribute(
        listing=listing, user=listing.seller, attribute=attribute, text=text
    )
    return [row.text for row in rows]


def test_a_synonym_becomes_the_taxonomys_value(draft: Listing, colour: Attribute) -> None:
    assert state(draft, colour, " GRAY ") == ["Grey"]
    row = draft.attribute_rows.get()
    assert row.value is not None and row.value.value == "Grey"


def test_another_text_is_kept_as_typed(draft: Listing, colour: Attribute) -> None:
    assert state(draft, colour, "Petrol") == ["Petrol"]
    assert draft.attribute_rows.get().value is None


def test_stating_again_replaces(draft: Listing, colour: Attribute) -> None:
    state(draft, colour, "Red")
    assert state(draft, colour, "grey") == ["Grey"]


@pytest.mark.parametrize("nothing", [None, "", "   ", []])
def test_nothing_takes_the_statement_back(
    draft: Listing, colour: Attribute, nothing: str | list[str] | None
) -> None:
    state(draft, colour, "Red")
    assert state(draft, colour, nothing) == []


def test_one_value_only_unless_the_attribute_takes_several(
    draft: Listing, colour: Attribute
) -> None:
    with pytest.raises(ListingError) as caught:
        state(draft, colour, ["Red", "Grey"])
    assert (caught.value.code, caught.value.field) == (
        "several_values",
        f"attribute-{colour.pk}",
    )
    colour.kind = AttributeKind.MULTI
    assert state(draft, colour, ["Red", "gray", "red"]) == ["Red", "Grey"]


@pytest.mark.parametrize(
    ("typed", "stored"), [("10 in", "25.4 cm"), ("30", "30 cm"), ("0.5m", "50 cm")]
)
def test_a_number_is_stored_in_the_attributes_unit(
    draft: Listing, height: Attribute, typed: str, stored: str
) -> None:
    assert state(draft, height, typed) == [stored]


@pytest.mark.parametrize("typed", ["tall", "3 kg", "10-12 cm"])
def test_what_is_no_measure_is_refused_naming_the_unit(
    draft: Listing, height: Attribute, typed: str
) -> None:
    with pytest.raises(ListingError, match=r"Height.* cm") as caught:
        state(draft, height, typed)
    assert caught.value.code == "not_a_measure"


def test_too_long_a_text_is_refused(draft: Listing, colour: Attribute) -> None:
    with pytest.raises(ListingError, match="at most 160"):
        state(draft, colour, "x" * 161)


def test_strangers_state_nothing(draft: Listing, colour: Attribute, bob: User) -> None:
    with pytest.raises(NotYoursError):
        services.set_attribute(listing=draft, user=bob, attribute=colour, text="Red")


def test_the_statements_of_a_listing_are_grouped_by_attribute(
    draft: Listing, colour: Attribute, height: Attribute
) -> None:
    state(draft, height, "30")
    state(draft, colour, "Red")
    stated = attributes_stated(draft)
    assert {pk: [row.text for row in rows] for pk, rows in stated.items()} == {
        height.pk: ["30 cm"],
        colour.pk: ["Red"],
    }
