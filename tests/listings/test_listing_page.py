"""The public page of a listing: who sees it, what it offers, what it tells the recommender."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Attribute
from listing_assistant.listings import commerce
from listing_assistant.listings.models import (
    Format,
    Listing,
    Order,
    Photo,
    State,
    StoredImage,
    Watch,
)
from listing_assistant.listings.policy import HIDDEN_STATES

pytestmark = pytest.mark.django_db
Sell = Callable[..., Listing]


def page(client: Client, listing: Listing, query: str = "", **headers: str) -> str:
    response = client.get(listing.get_absolute_url() + query, headers=headers)
    assert response.status_code == 200
    return str(response.content.decode())


def post(client: Client, listing: Listing, action: str, **fields: Any) -> Any:
    return client.post(f"{listing.get_absolute_url()}{action}/", fields)


@pytest.fixture
def as_alice(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def as_bob(bob: User) -> Client:
    client = Client()
    client.force_login(bob)
    return client


def test_it_shows_what_is_for_sale(client: Client, sell: Sell, colour: Attribute) -> None:
    listing = sell(
        "Tea <pot>", price=Decimal("1234.50"), description="One.\n\nTwo.", stated={colour: "Red"}
    )
    text = page(client, listing)
    assert "Tea &lt;pot&gt;" in text
    assert "$1,234.50" in text
    assert "<p>One.</p>" in text
    assert "Colour</th><td>Red" in text
    assert "Alice" in text


@pytest.mark.parametrize(
    ("format", "offered", "missing"),
    [
        (Format.BUY_NOW, ["Buy it now</button>", "Add to cart"], ["Make an offer", "Place bid"]),
        (Format.BEST_OFFER, ["Buy it now</button>", "Make an offer"], ["Place bid"]),
        (Format.AUCTION, ["Place bid"], ["Buy it now</button>", "Add to cart"]),
    ],
)
def test_the_buttons_fit_the_format(
    client: Client, sell: Sell, format: Format, offered: list[str], missing: list[str]
) -> None:
    text = page(client, sell(format=format))
    assert all(button in text for button in offered)
    assert not any(button in text for button in missing)


@pytest.mark.parametrize("state", [State.RESERVED, State.SOLD, State.ENDED])
def test_what_is_gone_stays_readable_but_cannot_be_bought(
    client: Client, sell: Sell, state: State
) -> None:
    text = page(client, sell(state=state))
    assert "Buy it now</button>" not in text
    assert "notice--warn" in text


@pytest.mark.parametrize("state", sorted(HIDDEN_STATES))
def test_a_hidden_listing_is_for_its_seller_and_moderators(
    client: Client, as_alice: Client, as_bob: Client, mona: User, sell: Sell, state: State
) -> None:
    listing = sell(state=state, state_reason="The photo shows a cup")
    address = listing.get_absolute_url()
    assert client.get(address).status_code == 404
    assert as_bob.get(address).status_code == 404
    assert as_bob.post(f"{address}watch/").status_code == 404
    assert "The photo shows a cup" in page(as_alice, listing)
    client.force_login(mona)
    assert client.get(address).status_code == 200


def test_the_seller_edits_and_does_not_buy(as_alice: Client, sell: Sell) -> None:
    text = page(as_alice, sell())
    assert "This is your listing" in text
    assert "Buy it now</button>" not in text


def test_a_listing_that_never_was_is_not_found(client: Client, db: None) -> None:
    assert client.get(f"/listing/{uuid4()}/").status_code == 404


def test_more_photos_and_attributes_cost_no_more_queries(
    client: Client, sell: Sell, colour: Attribute, height: Attribute
) -> None:
    listing = sell(stated={colour: "Red"})
    page(client, listing)
    with CaptureQueriesContext(connection) as few:
        page(client, listing)
    for number in range(1, 8):
        image = StoredImage.objects.create(
            sha256=f"{number:064x}", width=9, height=9, byte_size=1, perceptual_hash="0"
        )
        Photo.objects.create(listing=listing, image=image, position=number, file_name="b")
        listing.attribute_rows.create(attribute=height, text=f"{number} cm")
    with CaptureQueriesContext(connection) as many:
        assert "photo-8" in page(client, listing)
    assert len(many) == len(few)


def test_a_visit_tells_where_it_came_from(
    client: Client, sell: Sell, heard: list[dict[str, Any]]
) -> None:
    page(client, sell(), "?strip=similar&position=3&seed=x&utm=spam")
    assert [event["kind"] for event in heard] == ["click"]
    assert heard[0]["data"] == {"strip": "similar", "position": "3", "seed": "x"}


def test_one_visitor_keeps_one_key_without_a_session(
    client: Client, sell: Sell, heard: list[dict[str, Any]]
) -> None:
    listing = sell()
    page(client, listing)
    page(client, listing)
    first, second = (event["session_key"] for event in heard)
    assert first == second != ""
    assert "sessionid" not in client.cookies


def test_the_sellers_own_look_and_a_prefetch_are_no_visits(
    client: Client, as_alice: Client, sell: Sell, heard: list[dict[str, Any]]
) -> None:
    listing = sell()
    page(as_alice, listing)
    page(client, listing, sec_purpose="prefetch")
    assert heard == []


@pytest.mark.parametrize("action", ["watch", "buy", "cart", "offer"])
def test_strangers_are_sent_to_log_in_and_come_back(
    client: Client, sell: Sell, action: str
) -> None:
    listing = sell()
    response = post(client, listing, action)
    assert response.status_code == 302
    assert response.url == f"/accounts/login/?next={listing.get_absolute_url()}"


def test_a_stranger_who_watches_by_htmx_is_sent_as_a_whole_page(client: Client, sell: Sell) -> None:
    address = sell().get_absolute_url()
    response = client.post(f"{address}watch/", headers={"hx-request": "true"})
    assert response.headers["HX-Redirect"] == f"/accounts/login/?next={address}"


def test_the_watch_button_toggles(as_bob: Client, bob: User, sell: Sell) -> None:
    listing = sell()
    post(as_bob, listing, "watch")
    assert Watch.objects.filter(user=bob).count() == 1
    part = as_bob.post(
        f"{listing.get_absolute_url()}watch/", headers={"hx-request": "true"}
    ).content.decode()
    assert 'aria-pressed="false"' in part
    assert "<html" not in part
    assert not Watch.objects.exists()


def test_buying_goes_to_the_orders(as_bob: Client, bob: User, sell: Sell) -> None:
    listing = sell(quantity=3)
    response = post(as_bob, listing, "buy", quantity=2, price="25.00")
    assert response.url == "/my/orders/"
    assert Order.objects.get().quantity == 2
    assert "Red trainers" in as_bob.get("/my/orders/").content.decode()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"quantity": "x", "price": "25"}, "whole number"),
        ({"quantity": "0", "price": "25"}, "at least one"),
        ({"quantity": "2", "price": "25"}, "Only 1 left"),
        ({"quantity": "1", "price": "24"}, "price is now 25.00 USD"),
    ],
)
def test_a_refused_purchase_says_why(
    as_bob: Client, sell: Sell, fields: dict[str, str], message: str
) -> None:
    listing = sell()
    response = as_bob.post(f"{listing.get_absolute_url()}buy/", fields, follow=True)
    assert message in response.content.decode()
    assert not Order.objects.exists()


def test_a_bid_shows_as_the_new_price(as_bob: Client, sell: Sell) -> None:
    listing = sell(format=Format.AUCTION, price=10)
    post(as_bob, listing, "offer", amount="12.50")
    text = page(as_bob, listing)
    assert "$12.50" in text
    assert "Highest of 1 bid" in text


def test_an_address_of_an_action_leads_to_the_page(as_bob: Client, sell: Sell) -> None:
    address = sell().get_absolute_url()
    assert as_bob.get(f"{address}buy/").url == address


def test_a_sold_listing_says_so_to_the_second_buyer(
    as_bob: Client, charlie: User, sell: Sell
) -> None:
    listing = sell()
    commerce.buy_now(buyer=charlie, listing=listing)
    response = as_bob.post(
        f"{listing.get_absolute_url()}buy/", {"quantity": 1, "price": "25"}, follow=True
    )
    assert "has been sold" in response.content.decode()
