"""Listings by id: from the table or the database, the same bits, in few queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from recommender.items.building import build_table, table_as_of
from recommender.items.columns import COLUMNS, HISTORY
from recommender.items.facts import items_of
from recommender.items.table import current_table
from recommender.models import BehaviourEvent

pytestmark = pytest.mark.django_db


def same(one, other) -> bool:
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in COLUMNS)


def test_facts_from_the_database_are_those_of_the_table_to_the_bit(make_item):
    ids = [make_item(angle, price=angle + 1).pk for angle in (0, 45, 90)]
    build_table()
    assert same(items_of(ids[::-1], current_table()), items_of(ids[::-1], None))


def test_they_come_in_the_order_asked_and_leave_out_what_does_not_exist(make_item):
    first, second = make_item(0), make_item(10)
    build_table()
    late = make_item(20)
    asked = [late.pk, 10**12, second.pk, first.pk, late.pk]
    there = [late.pk, second.pk, first.pk, late.pk]
    assert items_of(asked, current_table()).ids.tolist() == there
    assert items_of(asked, None).ids.tolist() == there
    assert len(items_of([], current_table())) == len(items_of([10**12], None)) == 0


def test_what_is_not_in_the_table_has_the_tables_histories_and_priors(make_item):
    yesterday = timezone.now() - timedelta(days=1)
    mug, back = make_item(0), make_item(10, state="sold")
    for _ in range(120):
        BehaviourEvent.objects.create(kind="click", listing=back, happened_at=yesterday)
    build_table()
    late = make_item(20)
    found = items_of([mug.pk, back.pk, late.pk], current_table())
    clicks = HISTORY.index("click")
    worth = 0.5 ** (1 / 14)
    assert found.history[:, clicks] == pytest.approx([0, 120 * worth, 0])
    assert found.prior[:, clicks] == pytest.approx([120 * worth] * 3)
    trained = table_as_of(timezone.now().date())
    assert same(found, items_of([mug.pk, back.pk, late.pk], trained))


def test_queries_are_none_for_the_table_and_three_for_all_others(
    make_item, django_assert_num_queries
):
    known = [make_item(angle).pk for angle in range(5)]
    build_table()
    late = [make_item(angle).pk for angle in range(5)]
    table = current_table()
    with django_assert_num_queries(0):
        items_of(known, table)
    with django_assert_num_queries(3):
        items_of([*known, *late], table)
    with django_assert_num_queries(3):
        items_of([*known, *late], None)


def test_a_draft_has_no_age_and_a_listing_without_vectors_none(make_listing):
    draft = make_listing(state="draft", published_at=None, price=None)
    found = items_of([draft.pk], None)
    assert found.published[0] != found.published[0]
    assert found.log_prices[0] != found.log_prices[0]
    assert found.dims == (0, 0, 0)
