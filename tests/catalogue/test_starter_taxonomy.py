"""The starter taxonomy keeps what the rest of the product relies on."""

from __future__ import annotations

from collections import Counter

import pytest

from listing_assistant.catalogue import starter
from listing_assistant.catalogue.models import (
    Attribute,
    AttributeKind,
    AttributeValue,
    Category,
    CompatibilityPair,
    Taxonomy,
)
from listing_assistant.catalogue.selectors import (
    attributes_of,
    compatibility_pairs,
    leaf_categories,
    root_categories,
    spelling_key,
)
from listing_assistant.catalogue.services import load_starter_taxonomy
from listing_assistant.catalogue.source import TaxonomyError, TaxonomySource


@pytest.fixture(scope="module")
def source() -> TaxonomySource:
    return starter.parse_files(starter.read_files())


def test_it_covers_the_departments_with_enough_leaves(source: TaxonomySource) -> None:
    parents = {record.parent for record in source.categories}
    roots = {record.source_id for record in source.categories if record.parent is None}
    leaves = [record for record in source.categories if record.source_id not in parents]
    assert len(leaves) >= 64
    assert roots >= {"fashion", "home", "electronics", "hobbies", "baby", "sport"}


def test_every_category_can_be_searched_by_another_word(source: TaxonomySource) -> None:
    assert [record.source_id for record in source.categories if not record.synonyms] == []


def test_every_attribute_is_used(source: TaxonomySource) -> None:
    used = {attribute for record in source.categories for attribute in record.attributes}
    assert {record.source_id for record in source.attributes} - used == set()


def test_choices_have_values_and_numbers_have_units(source: TaxonomySource) -> None:
    for record in source.attributes:
        chosen = record.kind in (AttributeKind.CHOICE, AttributeKind.MULTI)
        assert bool(record.values) == chosen, record.source_id
        assert bool(record.unit) == (record.kind == AttributeKind.NUMBER), record.source_id


def test_no_spelling_means_two_values_of_one_attribute(source: TaxonomySource) -> None:
    for record in source.attributes:
        owners: dict[str, set[str]] = {}
        for value in record.values:
            for spelling in (value.name, *value.synonyms):
                owners.setdefault(spelling_key(spelling), set()).add(value.name)
        assert [key for key, names in owners.items() if len(names) > 1] == [], record.source_id


def test_both_sides_of_a_compatibility_pair_share_their_values(source: TaxonomySource) -> None:
    values = {record.source_id: set(record.values) for record in source.attributes}
    assert ("compatible-phone-model", "phone-model") in source.pairs
    for fits, property_ in source.pairs:
        assert values[fits] == values[property_] != set(), (fits, property_)


def test_leaves_have_about_ten_attributes_and_both_sides_of_every_pair(
    starter_taxonomy: None,
) -> None:
    offered: set[int] = set()
    for category in leaf_categories():
        links = attributes_of(category)
        names = Counter(link.attribute.name for link in links)
        assert 8 <= len(names) <= 20, category
        assert set(names.values()) == {1}, category
        offered |= {link.attribute_id for link in links}
    pairs = list(compatibility_pairs())
    assert len(pairs) == 10
    for pair in pairs:
        assert {pair.fits_id, pair.property_id} <= offered, pair


def test_phones_require_brand_model_and_storage_and_use_the_brands_of_phones(
    starter_taxonomy: None,
) -> None:
    links = attributes_of(Category.objects.get(slug="mobile-phones"))
    assert [link.attribute.name for link in links if link.is_required] == [
        *("Brand", "Model", "Storage Capacity"),
    ]
    assert links[0].attribute.source_id == "phone-brand"
    assert "Apple" in [value.value for value in links[0].attribute.values.all()]


def test_attributes_with_all_values_take_few_queries(
    starter_taxonomy: None, django_assert_max_num_queries
) -> None:
    category = Category.objects.get(slug="mobile-phones")
    with django_assert_max_num_queries(6):
        for link in attributes_of(category):
            list(link.attribute.values.all())


def test_loading_again_changes_nothing(starter_taxonomy: None, source: TaxonomySource) -> None:
    again = load_starter_taxonomy()
    forced = load_starter_taxonomy(force=True)
    assert not again.changed and not forced.changed
    for counts in (forced.categories, forced.attributes, forced.values):
        assert counts.created == counts.updated == counts.retired == 0
    assert forced.categories.unchanged == len(source.categories) == Category.objects.count()
    assert forced.attributes.unchanged == len(source.attributes) == Attribute.objects.count()
    assert forced.pairs == len(source.pairs) == CompatibilityPair.objects.count()
    assert Taxonomy.objects.get().version == 1


def test_a_synonym_added_by_staff_survives_the_next_import(starter_taxonomy: None) -> None:
    grey = AttributeValue.objects.get(attribute__source_id="colour", value="Grey")
    grey.synonyms = [*grey.synonyms, "elephant"]
    grey.save()
    load_starter_taxonomy(force=True)
    grey.refresh_from_db()
    assert "elephant" in grey.synonyms and "gray" in grey.synonyms


def test_departments_come_in_the_order_of_their_files(starter_taxonomy: None) -> None:
    assert [category.slug for category in root_categories()][:2] == ["electronics", "fashion"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.yaml": b"categories: {x: {name: X, attributes: [nope]}}"}, "'nope' is not defined"),
        ({"a.yaml": b"categories: {x: {also: [y]}}"}, "a.yaml, x, name"),
        ({"a.yaml": b"attributes: {c: {name: C, values: nope}}"}, "no list 'nope'"),
        ({"a.yaml": b"attributes: {c: {name: C, kind: odd}}"}, "a.yaml, attributes, c, kind"),
        ({"a.yaml": b"a: 1\nb: [c"}, "a.yaml, line 2"),
        ({"a.yaml": b"compatibility: {x: y}"}, "'x' is not defined"),
        ({"a.yaml": b"attributes: {c: {name: C, values: ['Red | ']}}"}, "empty name or synonym"),
        ({"a.yaml": b"attributes: {c: {name: C, values: [Red, red]}}"}, "'red' is there twice"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_place(files: dict[str, bytes], message: str) -> None:
    with pytest.raises(TaxonomyError, match=message.replace("[", r"\[")):
        starter.parse_files(files).check()
