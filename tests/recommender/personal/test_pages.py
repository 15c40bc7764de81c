"""The personal strips as parts of the landing page, and as pages of their own."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from listing_assistant.listings.models import Watch
from recommender.items.building import build_table
from recommender.similar.served import read_served

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_stream")]


@pytest.fixture
def market(sold_by_others):
    return [sold_by_others(degrees) for degrees in range(0, 360, 45)]


def part(client, name: str) -> str:
    answer = client.get(reverse(name), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def bobs_page(client, bob, market):
    Watch.objects.create(user=bob, listing=market[0])
    client.force_login(bob)
    return client


def test_the_landing_page_asks_for_both_and_works_without_scripts(client, db):
    html = client.get("/").content.decode()
    assert f'hx-get="{reverse("picked_strip")}"' in html
    assert f'hx-get="{reverse("because_strips")}"' in html
    assert f'<noscript><a href="{reverse("picked_strip")}">' in html


def test_a_strip_names_its_seed_and_can_be_hidden_card_by_card_where_it_is_personal(
    bobs_page, market
):
    html = part(bobs_page, "because_strips")
    assert f'data-strip="because" data-seed="{market[0].public_id}"' in html
    assert "Because you watched" in html
    cards = html.count("data-item=")
    assert cards == 7
    assert html.count("Not interested in") == cards
    token = re.search(r'data-served="([^"]+)"', html)[1]
    assert len(read_served(token)["propensities"]) == cards


def test_picks_without_history_are_called_popular(client, market, did):
    for listing in market:
        did("click", listing, days=1.5)
    build_table()
    html = part(client, "picked_strip")
    assert "Popular right now" in html
    assert "Picked for you" not in html
    assert 'data-seed=""' in html


def test_nothing_known_and_nothing_popular_offers_a_next_step(client, market):
    html = part(client, "picked_strip")
    assert "Nothing is picked for you yet" in html
    assert reverse("search") in html
    assert part(client, "because_strips").strip() == ""


@pytest.mark.parametrize("name", ["picked_strip", "because_strips", "hidden_items"])
def test_no_cache_gives_one_persons_page_to_another(bobs_page, name):
    answer = bobs_page.get(reverse(name))
    assert "<title>" in answer.content.decode()
    assert {"private", "no-store"} <= set(re.split(r",\s*", answer["Cache-Control"]))


def test_only_staff_see_how_picks_came_about(bobs_page, bob):
    assert "How this came about" not in part(bobs_page, "because_strips")
    bob.is_staff = True
    bob.save()
    html = part(bobs_page, "because_strips")
    assert "How this came about" in html
    assert "Price of the rules" in html


@pytest.mark.parametrize("name", ["picked_strip", "because_strips"])
def test_strips_are_only_read(client, db, name):
    assert client.post(reverse(name)).status_code == 405
