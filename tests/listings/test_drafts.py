"""Making and editing a listing's fields: every fault is named, nothing is lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Category
from listing_assistant.listings import fields, selectors, services, signals
from listing_assistant.listings.errors import ListingError, NotYoursError, StaleEditError
from listing_assistant.listings.models import Listing, State

pytestmark = pytest.mark.django_db


def edit(listing: Listing, **changes: Any) -> Listing:
    return services.edit_listing(
        listing=listing, user=listing.seller, changes=changes, version=listing.version
    )


def test_a_draft_starts_in_the_sellers_currency(alice: User) -> None:
    alice.currency = "EUR"
    draft = services.create_draft(seller=alice, title="Chair")
    assert (draft.state, draft.currency, draft.title) == (State.DRAFT, "EUR", "Chair")


def test_somebody_who_does_not_sell_is_told_where_to_begin(alice: User) -> None:
    alice.roles = ["buyer"]
    with pytest.raises(ListingError, match="Turn on selling") as caught:
        services.create_draft(seller=alice)
    assert caught.value.code == "not_a_seller"


def test_every_field_is_stored_as_meant(draft: Listing, shoes: Category) -> None:
    edit(
        draft, title="  Blue\tshoes ", description="One\r\ntwo ", category=str(shoes.pk),
        condition="new", price="1,234.50", currency="eur", format="best_offer", quantity="3",
        ad_rate="2,5",
    )  # fmt: skip
    stored = Listing.objects.get(pk=draft.pk)
    assert (stored.title, stored.description) == ("Blue shoes", "One\ntwo")
    assert (stored.category, stored.condition) == (shoes, "new")
    assert (stored.price, stored.currency) == (Decimal("1234.50"), "EUR")
    assert (stored.format, stored.quantity) == ("best_offer", 3)
    assert stored.ad_rate == Decimal("2.5")


def test_each_edit_raises_the_version_once(draft: Listing) -> None:
    assert edit(draft, title="A").version == 2
    assert edit(draft, price=3, quantity=2).version == 3


def test_saving_the_same_again_is_no_edit(draft: Listing) -> None:
    edit(draft, title="A")
    assert edit(draft, title="A").version == 2


def test_an_edit_from_an_older_version_is_refused_with_the_newer_text(
    draft: Listing, alice: User
) -> None:
    services.edit_listing(listing=draft, user=alice, changes={"title": "Phone"}, version=1)
    with pytest.raises(StaleEditError) as caught:
        services.edit_listing(listing=draft, user=alice, changes={"title": "Tablet"}, version=1)
    assert caught.value.current.title == "Phone"
    assert caught.value.current.version == 2
    assert Listing.objects.get(pk=draft.pk).title == "Phone"


def test_an_edit_without_a_version_overwrites(draft: Listing, alice: User) -> None:
    edit(draft, title="Phone")
    services.edit_listing(listing=draft, user=alice, changes={"title": "Tablet"}, version=None)
    assert Listing.objects.get(pk=draft.pk).title == "Tablet"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("title", "x" * 121, "too_long"),
        ("title", 5, "not_text"),
        ("title", "broken \ud800", "bad_characters"),
        ("description", "x" * 8001, "too_long"),
        ("category", 999_999_999, "no_such_category"),
        ("category", "abc", "not_a_number"),
        ("category", 10**30, "no_such_category"),
        ("condition", "shiny", "not_a_choice"),
        ("price", "ten", "not_a_number"),
        ("price", "0", "out_of_range"),
        ("price", "-1", "out_of_range"),
        ("price", "1.999", "too_precise"),
        ("price", "NaN", "out_of_range"),
        ("price", "1e400", "out_of_range"),
        ("price", "99999999999", "out_of_range"),
        ("currency", "XYZ", "not_a_choice"),
        ("format", "", "not_a_choice"),
        ("quantity", "0", "out_of_range"),
        ("quantity", "1.5", "not_a_number"),
        ("quantity", "", "not_a_number"),
        ("ad_rate", "31", "out_of_range"),
        ("seller", "bob", "unknown_field"),
        ("state", "live", "unknown_field"),
    ],
)
def test_a_bad_value_is_refused_naming_its_field(
    draft: Listing, field: str, value: Any, code: str
) -> None:
    with pytest.raises(ListingError) as caught:
        edit(draft, **{field: value})
    assert caught.value.code == "invalid"
    assert [(each.field, each.code) for each in caught.value.problems] == [(field, code)]
    assert draft.version == 1


def test_every_bad_field_is_named_and_none_is_saved(draft: Listing) -> None:
    with pytest.raises(ListingError) as caught:
        edit(draft, title="Good", price="ten", quantity="0")
    assert [problem.field for problem in caught.value.problems] == ["price", "quantity"]
    assert Listing.objects.get(pk=draft.pk).title == ""


def test_a_category_with_parts_is_refused(draft: Listing, fashion: Category) -> None:
    with pytest.raises(ListingError) as caught:
        edit(draft, category=fashion)
    assert caught.value.field == "category"


def test_a_field_can_be_emptied_in_a_draft(draft: Listing, shoes: Category) -> None:
    edit(draft, title="A", price="5", category=shoes, condition="new")
    edit(draft, title="", price="", category=None, condition="")
    stored = Listing.objects.get(pk=draft.pk)
    assert (stored.title, stored.price, stored.category, stored.condition) == ("", None, None, "")


@pytest.mark.parametrize("change", [{"title": ""}, {"price": None}, {"category": None}])
def test_a_live_listing_stays_fit_to_be_shown(
    live_listing: Listing, change: dict[str, Any]
) -> None:
    with pytest.raises(ListingError) as caught:
        edit(live_listing, **change)
    assert caught.value.problems[0].field in change
    assert edit(live_listing, price="30").price == Decimal(30)


def test_what_is_sold_cannot_be_edited(live_listing: Listing) -> None:
    services.mark_sold(listing=live_listing)
    with pytest.raises(ListingError, match="It is sold"):
        edit(live_listing, title="Other")


def test_strangers_cannot_edit(draft: Listing, bob: User) -> None:
    with pytest.raises(NotYoursError):
        services.edit_listing(listing=draft, user=bob, changes={"title": "Mine"}, version=None)


def test_strangers_cannot_open_the_editor(draft: Listing, alice: User, bob: User) -> None:
    assert selectors.listing_for_editing(alice, draft.public_id) == draft
    with pytest.raises(NotYoursError):
        selectors.listing_for_editing(bob, draft.public_id)


def test_a_draft_is_seen_by_its_seller_and_moderators_only(
    draft: Listing, alice: User, bob: User, mona: User
) -> None:
    seen_by = [selectors.may_view(user, draft) for user in (alice, mona, bob, None)]
    assert seen_by == [True, True, False, False]


def test_the_layers_above_hear_of_content_and_not_of_price(draft: Listing) -> None:
    heard: list[Listing] = []

    def listen(listing: Listing, **_: Any) -> None:
        heard.append(listing)

    signals.content_changed.connect(listen)
    try:
        edit(draft, price="5")
        assert heard == []
        edit(draft, title="Phone")
        assert [listing.title for listing in heard] == ["Phone"]
    finally:
        signals.content_changed.disconnect(listen)


def test_a_draft_can_be_thrown_away_and_a_live_listing_not(
    draft: Listing, live_listing: Listing, alice: User
) -> None:
    services.delete_draft(listing=draft, user=alice)
    assert not Listing.objects.filter(pk=draft.pk).exists()
    with pytest.raises(ListingError, match="End the listing"):
        services.delete_draft(listing=live_listing, user=alice)


@given(
    price=st.decimals("0.01", "9999999999.99", places=2, allow_nan=False),
    style=st.sampled_from(["{:f}", "{:,.2f}", " {:f} "]),
)
def test_any_price_with_two_places_is_read_as_written(price: Decimal, style: str) -> None:
    assert fields.clean({"price": style.format(price)}) == {"price": price}


@pytest.mark.parametrize(
    ("typed", "read"),
    [("12,5", "12.5"), ("1,234", "1234"), ("1 234.5", "1234.5"), ("1'234.50", "1234.5")],
)
def test_prices_are_read_as_people_write_them(typed: str, read: str) -> None:
    assert fields.clean({"price": typed}) == {"price": Decimal(read)}


@given(st.text(max_size=150))
def test_any_text_is_a_title_or_is_refused(text: str) -> None:
    try:
        title = fields.clean({"title": text})["title"]
    except ListingError as error:
        assert error.problems[0].code in {"too_long", "bad_characters"}
    else:
        assert "\x00" not in title and len(title) <= 120
        title.encode()
