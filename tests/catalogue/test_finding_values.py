from __future__ import annotations

import pytest

from listing_assistant.catalogue.models import Attribute, AttributeValue, Category, Taxonomy
from listing_assistant.catalogue.selectors import (
    ValueFinder,
    breadcrumbs,
    category_by_path,
    find_value,
    spelling_key,
)


def finder(*values: str) -> ValueFinder:
    """A value for each "Name | synonym | …"."""
    rows = []
    for written in values:
        name, *synonyms = written.split(" | ")
        rows.append(AttributeValue(value=name, synonyms=synonyms))
    return ValueFinder(rows)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("gray", "Grey"),
        (" GREY ", "Grey"),
        ("T shirt", "T-shirt"),
        ("tee", "T-shirt"),
        ("extra  large", "XL"),
        ("Pokemon", "Pokémon"),
        ("H and M", "H&M"),
        ("samsung s21 plus", "Galaxy S21+"),
        ("Samsung S21", "Galaxy S21"),
        ("1000 gb", "1 TB"),
        ("25,4 cm", "10 in"),
        ('10"', "10 in"),
        ("5.5", "5.5"),
        ("5,5", "5.5"),
    ],
)
def test_a_value_is_found_however_it_is_spelled(text: str, value: str) -> None:
    values = finder(
        *("Grey | gray", "T-shirt | tee", "XL | extra large", "Pokémon", "H&M", "1 TB", "10 in"),
        *("Galaxy S21 | samsung s21", "Galaxy S21+ | samsung s21+", "5.5", "55"),
    )
    found = values.find(text)
    assert found is not None and found.value == value


@pytest.mark.parametrize("text", ["", "  ", "?!", "greyish", "5", "56", "2 TB", "large extra"])
def test_what_is_not_in_the_vocabulary_is_not_guessed(text: str) -> None:
    assert finder("Grey | gray", "5-6", "1 TB", "XL | extra large", "55").find(text) is None


def test_a_name_goes_before_a_synonym_of_another_value() -> None:
    found = finder("Brown | tan", "Tan").find("tan")
    assert found is not None and found.value == "Tan"


def test_a_retired_value_is_not_found() -> None:
    assert ValueFinder([AttributeValue(value="Red", is_active=False)]).find("red") is None


@pytest.mark.parametrize(("one", "other"), [("5.5", "55"), ("5-6", "56"), ("S21", "S21+")])
def test_signs_that_matter_keep_values_apart(one: str, other: str) -> None:
    assert spelling_key(one) != spelling_key(other)


def test_values_of_the_starter_are_found_in_the_database(starter_taxonomy: None) -> None:
    size = Attribute.objects.get(source_id="women-size")
    found = find_value(size, "Extra Large")
    assert found is not None and found.value == "XL"
    assert find_value(Attribute.objects.get(source_id="width"), "20 cm") is None


def test_a_category_is_found_by_its_path_and_knows_its_ancestors(starter_taxonomy: None) -> None:
    dresses = category_by_path("fashion >  Women>dresses")
    assert dresses is not None
    assert [part.name for part in breadcrumbs(dresses)] == ["Fashion", "Women", "Dresses"]
    assert category_by_path("Fashion > Dresses") is None


@pytest.mark.django_db
def test_a_taxonomy_that_is_not_offered_is_not_found_by_path() -> None:
    taxonomy = Taxonomy.objects.create(name="other", source_version="1", checksum="")
    Category.objects.create(taxonomy=taxonomy, source_id="a", name="A", slug="a", path="A")
    assert category_by_path("A") is None
