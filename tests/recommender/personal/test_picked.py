"""What is picked for a person: by what they did, never what they have or do not want."""

from __future__ import annotations

import pytest

from listing_assistant.catalogue.models import Category, Product
from listing_assistant.listings.models import Order, State
from recommender.items.building import build_table
from recommender.items.table import current_table
from recommender.similar.context import Asker
from recommender.similar.hidden import hide_item
from recommender.similar.personal import Basis, picked_strip
from recommender.similar.popular import departments_of, popular_in

from .conftest import titles

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_market(sold_by_others):
    """Things all around the circle, 30 degrees apart."""
    return {degrees: sold_by_others(degrees) for degrees in range(0, 360, 30)}


def test_a_visit_gets_what_is_like_the_things_it_opened(visit, round_market):
    asker = visit(round_market[0])
    found = picked_strip(asker, limit=4)
    assert found.basis == Basis.DONE
    assert set(titles(found.strip)[:2]) == {"Mug at 30°", "Mug at 330°"}
    assert {slot.reason for slot in found.strip.slots[:2]} == {"Like “Mug at 0°”"}


def test_what_was_opened_is_not_picked(visit, round_market):
    strip = picked_strip(visit(round_market[0], round_market[30])).strip
    assert not {"Mug at 0°", "Mug at 30°"} & set(titles(strip))


def test_several_things_that_were_opened_all_have_a_say(visit, round_market):
    strip = picked_strip(visit(round_market[0], round_market[180])).strip
    reasons = {slot.reason for slot in strip.slots}
    assert {"Like “Mug at 0°”", "Like “Mug at 180°”"} <= reasons


def test_what_was_done_most_with_before_counts_for_who_is_signed_in(did, round_market, bob):
    did("click", round_market[0], user=bob)
    did("click", round_market[120], user=bob, days=50, times=2)
    strip = picked_strip(Asker(bob.pk)).strip
    assert {"Like “Mug at 0°”", "Like “Mug at 120°”"} <= {slot.reason for slot in strip.slots}
    assert not picked_strip(Asker(session_key="nobody")).strip.slots


def test_purchases_start_nothing(did, round_market, bob):
    did("purchase", round_market[0], user=bob)
    assert not picked_strip(Asker(bob.pk)).strip.slots


def test_nothing_sold_own_bought_or_hidden_is_picked(visit, round_market, bob, sold_by_others):
    own = sold_by_others(1, seller=bob)
    sold = sold_by_others(2, state=State.SOLD)
    bought, hidden = round_market[30], round_market[330]
    Order.objects.create(listing=bought, buyer=bob, amount=5, currency="USD")
    hide_item(hidden, user_id=bob.pk, session_key="")
    strip = picked_strip(visit(round_market[0], viewer_id=bob.pk)).strip
    assert strip.slots
    left_out = {own.title, sold.title, bought.title, hidden.title}
    assert not left_out & set(titles(strip))


def test_another_of_a_product_that_was_bought_is_not_picked(visit, round_market, bob):
    product = Product.objects.create(source="test", source_id="1", name="Mug")
    one, other = round_market[30], round_market[330]
    for listing in (one, other):
        listing.product = product
        listing.save()
    build_table()
    Order.objects.create(listing=one, buyer=bob, amount=5, currency="USD")
    strip = picked_strip(visit(round_market[0], viewer_id=bob.pk)).strip
    assert strip.slots
    assert other.title not in titles(strip)


# --- Nothing known ------------------------------------------------------------------------------


@pytest.fixture
def two_departments(category, sold_by_others, did):
    """Mugs, and lamps that more people click on; yesterday, so that the table counts it."""
    lamps = Category.objects.create(
        taxonomy=category.taxonomy, source_id="l", name="Lamps", slug="lamps", path="Lamps"
    )
    mugs = [sold_by_others(degrees) for degrees in (0, 10, 20, 30, 40)]
    lit = [sold_by_others(degrees, category=lamps) for degrees in (180, 190, 200, 210, 220)]
    for rank, (mug, lamp) in enumerate(zip(mugs, lit, strict=True), start=1):
        did("click", mug, days=1.5, times=rank)
        did("click", lamp, days=1.5, times=10 * rank)
    assert build_table() is not None
    return mugs, lit


def test_a_stranger_sees_what_is_popular_and_is_told_so(two_departments):
    found = picked_strip(Asker(session_key="new"), limit=4)
    assert found.basis == Basis.EVERYBODY
    assert {slot.reason for slot in found.strip.slots} == {"Popular right now"}
    assert {slot.recall_set for slot in found.strip.slots} == {"popular"}


def test_the_popular_are_those_of_the_department_most_done_with_first(two_departments):
    mugs, lamps = two_departments
    table = current_table()
    assert departments_of([mugs[0].pk, mugs[1].pk], table) == [mugs[0].category_id]
    assert list(popular_in([mugs[0].category_id], table)) == [mug.pk for mug in mugs[::-1]]
    everywhere = list(popular_in([], table))
    assert everywhere[:5] == [lamp.pk for lamp in lamps[::-1]]
    assert everywhere[5:] == [mug.pk for mug in mugs[::-1]]


def test_without_a_table_nothing_is_made_up(round_market):
    assert picked_strip(Asker(session_key="new")).strip.slots == []


def test_hidden_things_are_not_popular_either(two_departments):
    mugs, lamps = two_departments
    for listing in lamps:
        hide_item(listing, user_id=None, session_key="new")
    strip = picked_strip(Asker(session_key="new")).strip
    assert set(titles(strip)) == {mug.title for mug in mugs}
