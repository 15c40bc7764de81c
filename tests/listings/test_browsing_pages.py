"""The front page, search and category pages as pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Category
from listing_assistant.listings import commerce
from listing_assistant.listings.models import Listing, State

pytestmark = pytest.mark.django_db
Sell = Callable[..., Listing]


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


def text_of(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return str(response.content.decode())


def test_an_empty_marketplace_asks_for_the_first_listing(client: Client) -> None:
    assert "Be the first to sell" in text_of(client, "/")


def test_the_front_page_has_departments_and_what_is_fresh(
    client: Client, sell: Sell, fashion: Category
) -> None:
    sell("Blue shoes")
    sell("Secret shoes", state=State.DRAFT)
    text = text_of(client, "/")
    assert "/category/fashion/" in text
    assert "1 listing" in text
    assert "Blue shoes" in text
    assert "Secret shoes" not in text


def test_the_front_page_costs_the_same_for_many_listings(client: Client, sell: Sell) -> None:
    sell()
    text_of(client, "/")
    cache.clear()
    with CaptureQueriesContext(connection) as few:
        text_of(client, "/")
    for _ in range(10):
        sell()
    cache.clear()
    with CaptureQueriesContext(connection) as many:
        text_of(client, "/")
    assert len(many) == len(few) <= 6


def test_a_category_page_shows_its_listings_and_the_way_up(
    client: Client, sell: Sell, shoes: Category
) -> None:
    sell("Blue shoes")
    text = text_of(client, "/category/trainers/")
    assert "Blue shoes" in text
    assert "/category/fashion/" in text


def test_an_unknown_category_is_not_found(client: Client) -> None:
    assert client.get("/category/nowhere/").status_code == 404


def test_a_page_costs_the_same_for_many_hits(client: Client, sell: Sell) -> None:
    sell("Teapot")
    text_of(client, "/search/?q=teapot")
    cache.clear()
    with CaptureQueriesContext(connection) as few:
        text_of(client, "/search/?q=teapot")
    for _ in range(10):
        sell("Teapot")
    cache.clear()
    with CaptureQueriesContext(connection) as many:
        text_of(client, "/search/?q=teapot")
    assert len(many) == len(few)


def test_what_is_sold_or_edited_changes_at_once_though_cards_are_cached(
    client: Client, sell: Sell, bob: User, alice: User
) -> None:
    from listing_assistant.listings.services import edit_listing

    teapot, other = sell("Red teapot"), sell("Blue teapot")
    assert "Red teapot" in text_of(client, "/search/?q=teapot")
    edit_listing(listing=other, user=alice, changes={"title": "Green teapot"}, version=None)
    commerce.buy_now(buyer=bob, listing=teapot)
    text = text_of(client, "/search/?q=teapot")
    assert "Green teapot" in text
    assert "Red teapot" not in text
    assert "Blue teapot" not in text


def test_no_hits_say_what_to_loosen(client: Client, shoes: Category) -> None:
    text = text_of(client, "/category/trainers/?q=teapot&condition=new&min=5")
    assert "Without “New”" in text
    assert "Without any filter" in text
    assert "/search/?q=teapot" in text


def test_htmx_gets_the_part_and_a_clean_address(client: Client, sell: Sell) -> None:
    sell("Teapot")
    response = client.get("/search/?q=teapot&min=&max=", headers={"hx-request": "true"})
    assert b"<html" not in response.content
    assert b"Teapot" in response.content
    assert response.headers["HX-Push-Url"] == "/search/?q=teapot"
    assert "HX-Request" in response.headers["Vary"]


def test_the_filters_stay_open_until_the_results_are_asked_for(client: Client) -> None:
    changed = text_of(client, "/search/?condition=new", hx_request="true")
    assert '<details class="filters" open>' in changed
    asked = text_of(client, "/search/?condition=new&done=1", hx_request="true")
    assert '<details class="filters">' in asked
    assert '<details class="filters">' in text_of(client, "/search/?condition=new")


def test_going_back_gets_the_whole_page(client: Client) -> None:
    headers = {"hx-request": "true", "hx-history-restore-request": "true"}
    assert "<html" in text_of(client, "/search/", **headers)


def test_what_was_typed_is_shown_as_text(client: Client) -> None:
    text = text_of(client, "/search/?q=<script>alert(1)</script>")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_pages_are_linked(client: Client, sell: Sell) -> None:
    for _ in range(25):
        sell("Teapot")
    assert "?q=teapot&amp;page=2" in text_of(client, "/search/?q=teapot")
    assert 'rel="prev"' in text_of(client, "/search/?q=teapot&page=2")


def test_a_search_is_told_once_not_for_every_page(
    client: Client, sell: Sell, heard: list[dict[str, Any]]
) -> None:
    for _ in range(25):
        sell("Teapot")
    text_of(client, "/search/?q=teapot")
    text_of(client, "/search/?q=teapot&page=2")
    text_of(client, "/search/")
    assert [(event["kind"], event["data"]["query"]) for event in heard] == [("search", "teapot")]


def test_a_search_tells_which_details_it_filtered_by(
    client: Client, shoes: Category, heard: list[dict[str, Any]]
) -> None:
    text_of(client, f"/category/{shoes.slug}/?attr=7:Red&attr=7:Blue&attr=3:L")
    text_of(client, f"/category/{shoes.slug}/?condition=new")
    [event] = heard
    assert event["data"]["attributes"] == [3, 7]
    assert event["data"]["category"] == shoes.pk
