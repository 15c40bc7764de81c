from __future__ import annotations

from datetime import timedelta

import pytest

from listing_assistant.listings.models import State
from recommender.models import AggregateKind, AggregateRow
from recommender.reports.replay import (
    MemoryAggregates,
    NothingHappenedError,
    PastCatalogue,
    aggregates_until,
)

pytestmark = pytest.mark.django_db


def test_what_was_sold_since_was_for_sale_then(shop, now):
    phone, later = shop["Phones"]
    type(phone).objects.filter(pk=phone.pk).update(
        state=State.SOLD, ended_at=now - timedelta(days=2)
    )
    type(phone).objects.filter(pk=later.pk).update(published_at=now - timedelta(days=3))
    both = [phone.pk, later.pk]

    assert set(PastCatalogue(now - timedelta(days=5)).listed(both)) == {phone.pk}
    assert set(PastCatalogue(now - timedelta(days=2.5)).listed(both)) == {phone.pk, later.pk}
    assert set(PastCatalogue(now).listed(both)) == {later.pk}


def test_tables_know_what_was_done_by_then_and_nothing_later(month, do, people, now):
    phones, cases, tents = (
        str(month[name][0].category_id) for name in ("Phones", "Cases", "Tents")
    )
    for buyer in people[:8]:
        do("purchase", buyer, month["Tents"][0], days=1)

    tables = aggregates_until((now - timedelta(days=3)).date())

    related = tables.rows(AggregateKind.RELATED_CATEGORY, [phones, tents])
    assert [thing for thing, _, support in related[phones] if support == 8] == [cases]
    assert tents not in related
    assert not AggregateRow.objects.exists()


def test_nothing_to_count_is_said(shop, now):
    with pytest.raises(NothingHappenedError, match="Nobody"):
        aggregates_until(now.date())


def test_a_threshold_cuts_the_kinds_it_is_for():
    tables = MemoryAggregates(
        {"a": {"k": [("1", 0.5, 3), ("2", 0.1, 2)]}, "b": {"k": [("3", 0.1, 2)]}}
    )

    cut = tables.above({"a"}, 0.2)

    assert cut.rows("a", ["k", "other"]) == {"k": [("1", 0.5, 3)]}
    assert cut.rows("b", ["k"]) == {"k": [("3", 0.1, 2)]}
    assert tables.rows("a", ["k"])["k"][1] == ("2", 0.1, 2)
