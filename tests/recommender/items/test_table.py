"""The item table: its columns and orders, how it is put in service and followed."""

from __future__ import annotations

import json
from datetime import UTC, timedelta

import numpy as np
import pytest
from django.utils import timezone

from listing_assistant.catalogue.models import Attribute
from listing_assistant.listings.models import Listing, ListingAttribute
from recommender.items import table as tables
from recommender.items.building import build_table, table_as_of
from recommender.items.columns import COLUMNS, MOST_DETAILS, key_of
from recommender.items.table import TableError, current_table, open_table
from recommender.models import ItemEmbedding
from recommender.published import MANIFEST

pytestmark = pytest.mark.django_db


def test_the_table_holds_what_is_for_sale_by_ascending_id(make_item, make_listing):
    mugs = [make_item(angle) for angle in (0, 90)]
    make_listing(state="sold")
    build_table()
    table = current_table()
    assert table.items.ids.tolist() == sorted(mug.pk for mug in mugs)
    assert table.items.joint[:, :2].tolist() == [[1, 0], [0, 1]]
    assert table.items.text.tolist() == table.items.joint.tolist()


def test_columns_say_what_the_listing_says(make_listing, category, alice):
    published = timezone.now()
    mug = make_listing(
        price="20.00", currency="EUR", condition="good", format="best_offer", quantity=3,
        ad_rate="2.50", published_at=published,
    )  # fmt: skip
    brand = Attribute.objects.create(taxonomy=category.taxonomy, source_id="b", name="Brand")
    ListingAttribute.objects.create(listing=mug, attribute=brand, text="T-Fal")
    build_table()
    items = current_table().items
    assert (items.sellers[0], items.categories[0]) == (alice.pk, category.pk)
    assert items.departments[0] == category.pk
    assert np.exp(items.log_prices[0]) == pytest.approx(20)
    assert items.currencies[0] == key_of("EUR") and items.brands[0] == key_of("tfal")
    assert items.details[0].tolist() == [key_of(f"{brand.pk}|tfal")] + [0] * (MOST_DETAILS - 1)
    assert (items.conditions[0], items.formats[0], items.quantities[0]) == (3, 2, 3)
    assert items.ad_rates[0] == 2.5
    assert items.published[0] == pytest.approx(published.timestamp(), abs=1e-3)


def test_of_many_details_the_same_are_kept_of_two_listings(make_listing, category):
    mugs = make_listing(), make_listing()
    for number in range(MOST_DETAILS + 8):
        attribute = Attribute.objects.create(
            taxonomy=category.taxonomy, source_id=str(number), name=f"A {number}"
        )
        for mug in mugs[:: 1 if number % 2 else -1]:
            ListingAttribute.objects.create(listing=mug, attribute=attribute, text="x")
    build_table()
    one, other = current_table().items.details
    assert one.tolist() == other.tolist() == sorted(one.tolist()) and one.all()


def test_a_vector_that_is_broken_is_none(make_item):
    mug, whole = make_item(0), make_item(45)
    for field, bad in (("vector", np.full(8, 3)), ("title_vector", np.full(8, np.nan))):
        packed = bad.astype("<f2").tobytes()
        ItemEmbedding.objects.filter(listing=mug).update(**{field: packed})
    build_table()
    table = current_table()
    broken, fine = table.rows_of([mug.pk, whole.pk])
    assert not table.items.joint[broken].any() and not table.items.text[broken].any()
    assert table.items.joint[fine].any()


def test_a_vector_of_another_length_is_none_and_leaves_the_others(make_item):
    mugs = [make_item(angle) for angle in (0, 45, 90)]
    cut = np.ones(1, "<f2").tobytes()
    ItemEmbedding.objects.filter(listing=mugs[0]).update(vector=cut)
    build_table()
    table = current_table()
    assert table.items.dims[0] == 8
    there = table.items.joint.any(axis=1)
    assert there[table.rows_of([mug.pk for mug in mugs])].tolist() == [False, True, True]


def test_orders_lead_to_the_newest_of_a_product_seller_or_category(make_listing, bob, category):
    now = timezone.now()
    ages = {"old": 5, "new": 1, "middle": 3}
    made = {name: make_listing(published_at=now - timedelta(days=n)) for name, n in ages.items()}
    make_listing(seller=bob, category=None)
    build_table()
    for table in (current_table(), table_as_of(now.astimezone(UTC).date())):
        rows = table.of_category(category.pk)
        expected = [made[name].pk for name in ("new", "middle", "old")]
        assert table.items.ids[rows].tolist() == expected
        assert table.items.sellers[table.of_seller(bob.pk)].tolist() == [bob.pk]
        assert len(table.of_product(0)) == len(table.of_category(0)) == 0
        assert len(table.of_seller(10**9)) == 0


def test_rows_are_found_by_id(make_listing):
    mugs = [make_listing() for _ in range(3)]
    build_table()
    ids = [mugs[2].pk, 10**12, mugs[0].pk, -5]
    assert current_table().rows_of(ids).tolist() == [2, -1, 0, -1]


def test_a_market_of_nothing_has_a_table_of_nothing(db):
    build_table()
    table = current_table()
    assert len(table) == 0 and table.rows_of([1]).tolist() == [-1]


# --- In service ---------------------------------------------------------------------------------


def test_without_a_table_there_is_none(db):
    assert current_table() is None


def test_every_process_follows_the_next_table_and_keeps_what_it_holds(make_listing):
    make_listing()
    build_table()
    held = current_table()
    assert current_table() is held
    make_listing()
    build_table()
    build_table()
    assert len(current_table()) == 2
    assert held.items.ids.tolist() and not tables.root().joinpath("nothing").exists()


def test_a_table_killed_while_it_was_made_changes_nothing_and_is_swept_up(make_listing):
    make_listing()
    build_table()
    left = tables.root() / ".draft-killed"
    left.mkdir()
    (left / "ids.npy").write_bytes(b"half")
    assert len(current_table()) == 1
    build_table()
    assert not left.exists()


@pytest.mark.parametrize("name", ["ids", "joint", "by_seller", "prior-history"])
def test_a_table_that_is_not_whole_is_not_used_and_says_what_to_do(make_item, name):
    make_item(0)
    manifest = build_table()
    path = tables.root() / manifest.folder / f"{name}.npy"
    path.unlink()
    with pytest.raises(TableError, match="build_items"):
        open_table()
    np.save(path, np.zeros((7, 1, 1), np.int32))
    with pytest.raises(TableError, match="build_items"):
        open_table()


def test_a_broken_table_is_no_table_for_those_who_serve(make_listing):
    make_listing()
    build_table()
    (tables.root() / MANIFEST).write_text("{")
    assert current_table() is None


def test_a_table_of_another_format_is_built_anew_and_not_opened(make_listing):
    make_listing()
    build_table()
    told = json.loads((tables.root() / MANIFEST).read_text())
    (tables.root() / MANIFEST).write_text(json.dumps(told | {"format": 0, "more": 1}))
    assert open_table() is None


def test_what_is_deleted_while_others_are_read_leaves_no_gap(make_item, monkeypatch):
    from recommender.items import building

    mugs = [make_item(angle) for angle in (0, 45, 90)]
    read = building.read_items

    def deleted_meanwhile(ids, **told):
        Listing.objects.filter(pk=mugs[1].pk).delete()
        return read(ids, **told)

    monkeypatch.setattr(building, "READ_CHUNK", 1)
    monkeypatch.setattr(building, "read_items", deleted_meanwhile)
    build_table()
    items = current_table().items
    assert items.ids.tolist() == [mugs[0].pk, mugs[2].pk]
    assert items.joint[:, :2].tolist() == [[1, 0], [0, 1]]
    assert all(len(getattr(items, name)) == 2 for name in COLUMNS)
