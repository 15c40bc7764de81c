"""What every recall set of similar items owes, whatever it is made of: all of the registry's run
through each of these, in a market where all of them find something."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Category, Product
from listing_assistant.listings.models import Listing, State
from recommender import policy
from recommender.aggregates import replace_rows
from recommender.items.building import build_table
from recommender.items.table import current_table
from recommender.models import AggregateKind
from recommender.recall_sets.base import Candidate, RecallSet, Seed
from recommender.recall_sets.similar.registry import similar_sets
from recommender.recall_sets.similar.surroundings import Surroundings
from recommender.similar.finding import find_similar

pytestmark = pytest.mark.django_db

GONE = 999_999_999
NAMES = {"same_product", "joint", "text", "co_viewed", "sellers_style", "promoted", "fresh"}


@pytest.fixture
def product() -> Product:
    return Product.objects.create(source="test", source_id="1", name="The mug")


@pytest.fixture
def shelf(category) -> Category:
    """In another department, and much alike."""
    return Category.objects.create(
        taxonomy=category.taxonomy, source_id="shelf", name="Shelves", slug="shelf", path="Shelves"
    )


@pytest.fixture
def listing(make_item, product, bob, shelf, monkeypatch) -> Listing:
    """A mug beside twenty others: every fourth is promoted, every third is of its product, five are
    its seller's. The offline tables name things twice, the mug itself, what is sold, gone, or of
    another department."""
    monkeypatch.setattr(policy, "SMALL_CATEGORY", 8)
    monkeypatch.setattr(policy, "ENOUGH_IN_BAND", 6)
    mug = make_item(0, seller=bob, product=product, price=10)
    beside = [
        make_item(
            5 + 3 * n,
            seller=bob if n < 5 else seller(n),
            ad_rate=4 if n % 4 == 0 else 0,
            product=product if n % 3 == 0 else None,
            price=10 + n,
            published_at=timezone.now() - timedelta(minutes=n),
        )
        for n in range(20)
    ]
    elsewhere = make_item(1, category=shelf, seller=seller(99), ad_rate=9)
    sold = make_item(2, seller=seller(98))
    Listing.objects.filter(pk=sold.pk).update(state=State.SOLD)
    ids = [mug.pk, elsewhere.pk, sold.pk, GONE, *(each.pk for each in beside[::2]), beside[0].pk]
    viewed = [(str(pk), 1 / (place + 1), 20 - place) for place, pk in enumerate(ids)]
    key = f"p{product.pk}"
    replace_rows(kind=AggregateKind.CO_VIEW_ITEM, rows=[(str(mug.pk), viewed)])
    replace_rows(kind=AggregateKind.CO_VIEW_PRODUCT, rows=[(key, [(key, 0.3, 9)])])
    build_table()
    return mug


def seller(number: int) -> User:
    name = f"seller{number}"
    found, _ = User.objects.get_or_create(email=f"{name}@example.org", display_name=name)
    return found


def seed_of(listing: Listing) -> Seed:
    return Seed(
        listing_id=listing.pk,
        seller_id=listing.seller_id,
        category_id=listing.category_id,
        product_key=f"p{listing.product_id}" if listing.product_id else "",
        price=listing.price,
        currency=listing.currency,
    )


def sets_for(seed: Seed) -> list[RecallSet]:
    """Of one strip: they share what they read."""
    return similar_sets(Surroundings(seed, current_table()))


def answers(seed: Seed, *, limit: int = 50) -> dict[str, list[Candidate]]:
    return {each.name: each.candidates(seed, limit=limit) for each in sets_for(seed)}


def test_names_are_unique_and_those_that_are_logged():
    seed = Seed(1, 1, None, "")
    assert sorted(each.name for each in similar_sets(Surroundings(seed, None))) == sorted(NAMES)


def test_each_finds_something_where_there_is_something(listing):
    assert {name for name, found in answers(seed_of(listing)).items() if found} == NAMES


def test_none_gives_the_seed_or_anything_twice(listing):
    for name, found in answers(seed_of(listing)).items():
        ids = [each.listing_id for each in found]
        assert listing.pk not in ids, name
        assert len(set(ids)) == len(ids), name


def test_vectors_of_two_releases_are_not_compared(listing, make_item):
    """Until the next table is built, what is published has vectors of another space."""
    late, table = make_item(0), current_table()
    rows = table.rows_of([listing.pk])
    assert Surroundings(seed_of(late), table).likeness(rows)[0] == pytest.approx(1, abs=1e-3)
    before = replace(table, release="before")
    assert Surroundings(seed_of(late), before).likeness(rows)[0] == 0


def test_each_gives_the_best_first(listing):
    for name, found in answers(seed_of(listing)).items():
        scores = [each.score for each in found]
        assert scores == sorted(scores, reverse=True), name


def test_each_says_why(listing):
    for name, found in answers(seed_of(listing)).items():
        assert all(each.reason for each in found), name


def test_a_limit_changes_nothing_of_what_is_first(listing):
    seed = seed_of(listing)
    whole = answers(seed)
    for limit in (0, 1, 3):
        for name, found in answers(seed, limit=limit).items():
            assert found == whole[name][:limit], name


def test_each_says_the_same_when_asked_again(listing):
    assert answers(seed_of(listing)) == answers(seed_of(listing))


def test_none_leaves_a_large_category(listing, shelf):
    for name, found in answers(seed_of(listing)).items():
        ids = [each.listing_id for each in found]
        assert not Listing.objects.filter(pk__in=ids, category=shelf).exists(), name
        assert GONE not in ids, name


def test_none_says_anything_of_a_thing_that_is_like_nothing(make_listing, alice, category):
    bare = make_listing(seller=alice, category=None)
    assert not any(answers(seed_of(bare)).values())


def test_each_can_do_without_an_item_table(listing):
    seed = seed_of(listing)
    for each in similar_sets(Surroundings(seed, None)):
        ids = [one.listing_id for one in each.candidates(seed, limit=50)]
        assert listing.pk not in ids
        assert bool(ids) == (each.name in {"joint", "text", "co_viewed", "fresh"}), each.name


def test_the_number_of_queries_does_not_grow_with_what_there_is(listing, make_item):
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answers(seed_of(listing))
        return len(queries)

    answers(seed_of(listing))
    before = count()
    for n in range(15):
        make_item(4 + n, seller=seller(200 + n), price=11)
    build_table()
    answers(seed_of(listing))
    assert count() == before


def test_what_they_find_is_one_list_with_the_word_of_each(listing):
    found = find_similar(listing).sources
    told = answers(seed_of(listing), limit=policy.SIMILAR_A_SET)
    assert set(found) == {each.listing_id for named in told.values() for each in named}
    for name, candidates in told.items():
        assert all(found[each.listing_id][name] == each for each in candidates)


def test_the_list_is_cut_so_that_each_set_has_its_best_in_it(listing, monkeypatch):
    monkeypatch.setattr(policy, "RANKED_CANDIDATES", 8)
    found = find_similar(listing).sources
    assert len(found) == 8
    firsts = {candidates[0].listing_id for candidates in answers(seed_of(listing)).values()}
    assert firsts <= set(found)


def test_a_price_band_is_kept_to_while_it_has_enough(listing, make_item):
    dear = make_item(1, seller=seller(300), price=500)
    build_table()
    found = answers(seed_of(listing))
    for name in ("joint", "text", "promoted", "fresh"):
        assert dear.pk not in [each.listing_id for each in found[name]], name


def test_a_price_band_widens_until_there_is_enough(listing, make_item, monkeypatch):
    dear = make_item(1, seller=seller(300), price=500)
    build_table()
    monkeypatch.setattr(policy, "ENOUGH_IN_BAND", 30)
    assert dear.pk in [each.listing_id for each in answers(seed_of(listing))["joint"]]


def test_prices_in_another_currency_or_none_do_not_put_a_thing_out(listing, make_item):
    yen = make_item(1, seller=seller(301), price=5000, currency="JPY")
    unpriced = make_item(2, seller=seller(302), price=None)
    build_table()
    ids = [each.listing_id for each in answers(seed_of(listing))["joint"]]
    assert {yen.pk, unpriced.pk} <= set(ids)


def test_a_small_category_is_joined_by_its_department_and_no_other(
    make_item, category, monkeypatch
):
    monkeypatch.setattr(policy, "SMALL_CATEGORY", 50)
    cups, bowls = (
        Category.objects.create(
            taxonomy=category.taxonomy, source_id=name, name=name, slug=name, path=name,
            parent=category,
        )
        for name in ("cups", "bowls")
    )  # fmt: skip
    foreign = Category.objects.create(
        taxonomy=category.taxonomy, source_id="tools", name="Tools", slug="tools", path="Tools"
    )
    seed = make_item(0, category=cups)
    beside = [make_item(3 + n, category=bowls, seller=seller(n)) for n in range(4)]
    make_item(1, category=foreign, seller=seller(9))
    build_table()
    found = [each.listing_id for each in answers(seed_of(seed))["joint"]]
    assert found == [each.pk for each in beside]


def test_what_was_published_after_the_table_is_found_at_once(listing, make_item):
    new = make_item(1, seller=seller(400), price=11)
    found = answers(seed_of(listing))
    for name in ("joint", "text", "fresh"):
        assert new.pk in [each.listing_id for each in found[name]], name


def test_the_seed_may_be_newer_than_the_table(listing, make_item, bob, product):
    new = make_item(0, seller=bob, product=product, price=10)
    found = answers(seed_of(new))
    assert {name for name, candidates in found.items() if candidates} >= NAMES - {"co_viewed"}
