"""The pages behind the log-in: cart, watchlist, orders, offers, my listings."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from listing_assistant.accounts.models import User
from listing_assistant.listings import commerce
from listing_assistant.listings.models import CartItem, Format, Listing, Offer, Order, State

pytestmark = pytest.mark.django_db
Sell = Callable[..., Listing]
PAGES = ["/cart/", "/my/watchlist/", "/my/orders/", "/my/offers/", "/my/listings/"]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.parametrize("address", PAGES)
def test_strangers_log_in_first(client: Client, address: str) -> None:
    response = client.get(address)
    assert (response.status_code, response.url) == (302, f"/accounts/login/?next={address}")


@pytest.mark.parametrize("address", [*PAGES, "/my/orders/?as=seller", "/my/offers/?as=seller"])
def test_an_empty_page_names_a_next_step(bob: User, address: str) -> None:
    text = text_of(signed_in(bob), address)
    assert 'class="empty"' in text
    assert "button--primary" in text


def fill(sell: Sell, bob: User, charlie: User) -> None:
    """One more of everything on every page of Bob's."""
    commerce.watch(user=bob, listing=sell())
    commerce.add_to_cart(user=bob, listing=sell())
    commerce.buy_now(buyer=bob, listing=sell())
    offered = sell(format=Format.BEST_OFFER)
    commerce.make_offer(buyer=bob, listing=offered, amount=Decimal(5))
    own = sell(seller=bob, format=Format.BEST_OFFER)
    commerce.make_offer(buyer=charlie, listing=own, amount=Decimal(5))
    commerce.buy_now(buyer=charlie, listing=sell(seller=bob))


@pytest.mark.parametrize(
    "address", [*PAGES, "/my/orders/?as=seller", "/my/offers/?as=seller", "/my/listings/?tab=sold"]
)
def test_a_longer_list_costs_no_more_queries(
    sell: Sell, bob: User, charlie: User, address: str
) -> None:
    client = signed_in(bob)
    fill(sell, bob, charlie)
    text_of(client, address)
    with CaptureQueriesContext(connection) as few:
        text_of(client, address)
    for _ in range(4):
        fill(sell, bob, charlie)
    with CaptureQueriesContext(connection) as many:
        assert text_of(client, address).count('class="card line"') == 5
    assert len(many) == len(few)


def test_the_cart_shows_totals_and_checks_out(sell: Sell, bob: User) -> None:
    client = signed_in(bob)
    dear, foreign = sell("Lamp", price=30, quantity=2), sell("Vase", price=9, currency="EUR")
    client.post(f"{dear.get_absolute_url()}cart/", {"quantity": 2})
    client.post(f"{foreign.get_absolute_url()}cart/", {"quantity": 1})
    text = text_of(client, "/cart/")
    assert "$60.00" in text
    assert "€9.00" in text
    done = client.post("/cart/check-out/", {"seen": [f"{dear.pk}:30.00", f"{foreign.pk}:8"]})
    assert "Bought 2" in done.content.decode()
    assert "The price is now 9.00 EUR" in done.content.decode()
    assert Order.objects.get().listing == dear


def test_cart_lines_change_and_go(sell: Sell, bob: User, charlie: User) -> None:
    client = signed_in(bob)
    item = commerce.add_to_cart(user=bob, listing=sell(quantity=5))
    client.post(f"/cart/{item.pk}/", {"quantity": 4})
    assert CartItem.objects.get().quantity == 4
    assert (
        "only 5" in client.post(f"/cart/{item.pk}/", {"quantity": 6}, follow=True).content.decode()
    )
    assert signed_in(charlie).post(f"/cart/{item.pk}/", {"remove": 1}).status_code == 404
    client.post(f"/cart/{item.pk}/", {"remove": 1})
    assert not CartItem.objects.exists()


def test_a_seller_accepts_and_declines_offers(sell: Sell, alice: User, bob: User) -> None:
    client = signed_in(alice)
    first, second = (
        commerce.make_offer(
            buyer=bob, listing=sell(format=Format.BEST_OFFER), amount=Decimal(amount)
        )
        for amount in (20, 5)
    )
    client.post(f"/my/offers/{first.pk}/accept/")
    client.post(f"/my/offers/{second.pk}/decline/")
    assert Order.objects.get().amount == 20
    assert Offer.objects.get(pk=second.pk).state == Offer.State.DECLINED
    assert "Accepted" in text_of(signed_in(bob), "/my/offers/")


def test_an_offer_is_nobody_elses_business(sell: Sell, bob: User, charlie: User) -> None:
    listing = sell(format=Format.BEST_OFFER)
    offer = commerce.make_offer(buyer=bob, listing=listing, amount=Decimal(5))
    assert signed_in(charlie).post(f"/my/offers/{offer.pk}/accept/").status_code == 404
    told = signed_in(bob).post(f"/my/offers/{offer.pk}/accept/", follow=True).content.decode()
    assert "belongs to another seller" in told
    assert Offer.objects.get().state == Offer.State.OPEN


def test_only_the_seller_refunds(sell: Sell, alice: User, bob: User) -> None:
    order = commerce.buy_now(buyer=bob, listing=sell())
    assert signed_in(bob).post(f"/my/orders/{order.public_id}/refund/").status_code == 404
    signed_in(alice).post(f"/my/orders/{order.public_id}/refund/")
    assert "Refunded" in text_of(signed_in(bob), "/my/orders/")


def test_my_listings_open_where_there_is_something(sell: Sell, alice: User) -> None:
    sell("Unfinished", state=State.DRAFT)
    sell("Held back", state=State.HELD, state_reason="Photo and title disagree")
    client = signed_in(alice)
    assert "Unfinished" in text_of(client, "/my/listings/")
    held = text_of(client, "/my/listings/?tab=held")
    assert "Photo and title disagree" in held
    assert "Unfinished" not in held


def test_a_seller_ends_and_relists(live_listing: Listing, alice: User, bob: User) -> None:
    client = signed_in(alice)
    address = live_listing.get_absolute_url()
    signed_in(bob).post(f"{address}end/")
    live_listing.refresh_from_db()
    assert live_listing.state == State.LIVE
    client.post(f"{address}end/")
    live_listing.refresh_from_db()
    assert live_listing.state == State.ENDED
    client.post(f"{address}relist/")
    live_listing.refresh_from_db()
    assert live_listing.state == State.LIVE


def test_an_auction_is_closed_from_its_page(sell: Sell, alice: User, bob: User) -> None:
    auction = sell(format=Format.AUCTION, price=5)
    commerce.place_bid(bidder=bob, listing=auction, amount=Decimal(6))
    response = signed_in(alice).post(f"{auction.get_absolute_url()}close/", follow=True)
    assert "Sold to Bob" in response.content.decode()
