"""The starter taxonomy as the models read it."""

from __future__ import annotations

from listing_assistant.catalogue.inference import offered_specs, specs_of
from listing_assistant.catalogue.selectors import attributes_of, leaf_categories


def test_it_is_what_the_pages_show_in_every_ninth_category(starter_taxonomy: None) -> None:
    for category in leaf_categories().select_related("taxonomy")[::9]:
        shown = attributes_of(category)
        specs = specs_of(category)
        assert list(specs) == [link.attribute_id for link in shown]
        for link in shown:
            spec, attribute = specs[link.attribute_id], link.attribute
            assert (spec.category, spec.attribute) == (category.name, attribute.name)
            assert (spec.kind, "".join(spec.units)) == (attribute.kind, attribute.unit)
            assert [(value.value, list(value.synonyms)) for value in spec.values] == [
                (value.value, value.synonyms) for value in attribute.values.all()
            ]


def test_all_that_is_offered_is_read_one_category_after_the_other(starter_taxonomy: None) -> None:
    one_by_one = [spec for category in leaf_categories() for spec in specs_of(category).values()]
    assert list(offered_specs()) == one_by_one
