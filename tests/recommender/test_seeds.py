"""What the recall sets know of a listing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from django.utils import timezone

from recommender.events.event import Event
from recommender.events.sessions import remember
from recommender.products import product_keys_of
from recommender.seeds import seed_of


def test_says_what_the_listing_states_in_one_spelling_and_in_its_own(shop):
    phone = shop.sell(shop.phones, "A Phone", {shop.model: "iPhone 15", shop.colour: "Jet Black"})
    seed = seed_of(phone)
    assert set(zip(seed.attributes, seed.said, strict=True)) == {
        ((shop.model.pk, "iphone15"), "iPhone 15"),
        ((shop.colour.pk, "jetblack"), "Jet Black"),
    }
    assert (seed.title, seed.price, seed.currency) == ("A Phone", Decimal(20), "USD")


def test_knows_the_related_categories(shop):
    shop.relate(shop.phones, shop.cases, shop.belts)
    assert seed_of(shop.phone()).related_ids == {shop.cases.pk, shop.belts.pk}


def test_a_thing_without_a_category_is_related_to_nothing(shop):
    seed = seed_of(shop.sell(None))
    assert (seed.category_id, seed.related, seed.product_key) == (None, (), "")


def test_its_product_is_the_one_that_other_readers_find(shop):
    phone = shop.sell(shop.phones, "Phone", {shop.model: "iPhone 15", shop.maker: "Apple"})
    assert seed_of(phone).product_key == product_keys_of([phone.pk])[phone.pk] != ""


def test_a_thing_that_states_too_little_is_no_product(shop):
    phone = shop.phone()
    assert seed_of(phone).product_key == ""
    assert product_keys_of([phone.pk]) == {}


def test_costs_few_queries(shop, django_assert_max_num_queries):
    phone = shop.phone()
    shop.relate(shop.phones, shop.cases)
    seed_of(phone)
    with django_assert_max_num_queries(3):
        seed_of(phone)


def test_knows_what_the_visit_searched_for_last(shop, own_stream):
    now = timezone.now()
    for minutes, query in ((5, "mug"), (1, " iPhone  15 ")):
        at = now - timedelta(minutes=minutes)
        search = Event(str(uuid4()), "search", at, at, session_key="visit", data={"query": query})
        remember([search])
    assert seed_of(shop.phone(), session_key="visit").queries == ("iphone 15", "mug")
    assert seed_of(shop.phone(), session_key="another").queries == ()
