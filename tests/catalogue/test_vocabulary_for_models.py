"""What the models read of the vocabulary: kept in each process, never out of date."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from listing_assistant.catalogue import editing
from listing_assistant.catalogue.inference import specs_of
from listing_assistant.catalogue.models import (
    Attribute,
    AttributeValue,
    Category,
    CategoryAttribute,
)
from tests.workers import own_database


def words(category: Category) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    return {
        spec.attribute: [(value.value, value.synonyms) for value in spec.values]
        for spec in specs_of(Category.objects.get(pk=category.pk)).values()
    }


def test_a_second_look_costs_one_query_and_gives_the_same_objects(
    shoes: Category, colour: Attribute, django_assert_num_queries: Callable[..., object]
) -> None:
    first = specs_of(shoes)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        again = specs_of(shoes)
    assert again[colour.pk] is first[colour.pk]


def test_categories_share_the_lists_of_their_common_attributes(
    fashion: Category, shoes: Category, colour: Attribute
) -> None:
    boots = Category.objects.create(
        taxonomy=shoes.taxonomy, source_id="f-b", parent=fashion, name="Boots", slug="boots",
        path="Fashion > Boots", depth=1,
    )  # fmt: skip
    CategoryAttribute.objects.create(category=boots, attribute=colour)
    one, other = specs_of(shoes)[colour.pk], specs_of(boots)[colour.pk]
    assert one.values is other.values and (one.category, other.category) == ("Trainers", "Boots")


def add(colour: Attribute) -> None:
    editing.add_value(colour, "Zorblat")


def save(colour: Attribute) -> None:
    AttributeValue.objects.create(attribute=colour, source_id="z", value="Zorblat", position=9)


def retire(colour: Attribute) -> None:
    value = colour.values.get(value="Red")
    value.is_active = False
    value.save()


def merge(colour: Attribute) -> None:
    editing.retire_into(colour.values.get(value="Red"), colour.values.get(value="Grey"))


def rename(colour: Attribute) -> None:
    colour.name = "Shade"
    colour.save()


def unlink(colour: Attribute) -> None:
    CategoryAttribute.objects.get(attribute=colour).delete()


GREY, RED = ("Grey", ("gray",)), ("Red", ())


@pytest.mark.parametrize(
    ("edit", "after"),
    [
        (add, {"Colour": [GREY, RED, ("Zorblat", ())]}),
        (save, {"Colour": [GREY, RED, ("Zorblat", ())]}),
        (retire, {"Colour": [GREY]}),
        (merge, {"Colour": [("Grey", ("gray", "red"))]}),
        (rename, {"Shade": [GREY, RED]}),
        (unlink, {}),
    ],
)
def test_an_edit_by_staff_is_seen_at_the_next_look(
    shoes: Category, colour: Attribute, edit: Callable[[Attribute], None], after: object
) -> None:
    assert words(shoes) == {"Colour": [GREY, RED]}
    edit(colour)
    assert words(shoes) == after


def test_an_edit_that_was_rolled_back_is_not_taken_for_the_next_one(
    shoes: Category, colour: Attribute
) -> None:
    """Both raise the version to the same number."""
    with transaction.atomic():
        save(colour)
        assert words(shoes) == {"Colour": [GREY, RED, ("Zorblat", ())]}
        transaction.set_rollback(True)
    assert words(shoes) == {"Colour": [GREY, RED]}
    retire(colour)
    assert words(shoes) == {"Colour": [GREY]}


EDIT = """
import django; django.setup()
from listing_assistant.catalogue.editing import add_value
from listing_assistant.catalogue.models import Attribute
add_value(Attribute.objects.get(source_id="colour"), "Zorblat")
"""


@pytest.mark.django_db(transaction=True)
def test_an_edit_in_another_process_is_seen_at_the_next_look(
    shoes: Category, colour: Attribute
) -> None:
    assert words(shoes) == {"Colour": [GREY, RED]}
    connection.close()
    environment = own_database() | {"DJANGO_SETTINGS_MODULE": "listing_assistant.settings"}
    subprocess.run([sys.executable, "-c", EDIT], env=environment, check=True)
    assert words(shoes) == {"Colour": [GREY, RED, ("Zorblat", ())]}
