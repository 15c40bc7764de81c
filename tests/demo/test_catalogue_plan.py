from __future__ import annotations

from collections import Counter

import pytest

from listing_assistant.catalogue.selectors import attributes_of, find_value, leaf_categories
from listing_assistant.demo.catalogue import COLOURLESS, plan_listings
from listing_assistant.demo.drawing import COLOURS, DRAWERS
from listing_assistant.demo.recipes import PHONES, RECIPES
from listing_assistant.listings.models import Format


@pytest.fixture(scope="module")
def plans():
    return plan_listings()


def test_there_is_enough_of_everything(plans):
    assert len(plans) >= 640
    assert len({plan.category for plan in plans}) >= 24
    assert len({plan.key for plan in plans}) == len(plans)


def test_the_plan_is_the_same_every_time(plans):
    assert plan_listings() == plans


def test_a_smaller_plan_is_a_part_of_the_whole(plans):
    assert {plan.key for plan in plan_listings(0.1)} < {plan.key for plan in plans}
    assert {plan.look.kind for plan in plan_listings(0.1)} == {plan.look.kind for plan in plans}


def test_about_one_in_twenty_five_shows_another_thing_than_it_says(plans):
    planted = [plan for plan in plans if plan.mismatch]

    assert 0.025 < len(planted) / len(plans) < 0.06
    assert {plan.mismatch for plan in planted} == {"colour", "kind"}


def test_the_truth_about_a_mismatch_is_the_difference_of_the_looks(plans):
    for plan in plans:
        assert (plan.shown == plan.look) == (plan.mismatch == "")
        assert (plan.shown.kind != plan.look.kind) == (plan.mismatch == "kind")
        assert (plan.shown.colour != plan.look.colour) == (plan.mismatch == "colour")
        if plan.mismatch == "colour":
            assert plan.look.colour.lower() in plan.title.lower()
            assert plan.look.kind not in COLOURLESS


def test_titles_and_descriptions_are_of_varied_quality(plans):
    assert any(plan.title.islower() for plan in plans)
    assert any(plan.title.isupper() for plan in plans)
    assert any(plan.description == "" for plan in plans)
    assert max(len(plan.title) for plan in plans) <= 120
    brands = [plan.attributes.get("Brand") for plan in plans]
    without = sum(
        bool(brand) and brand.lower() not in plan.title.lower()
        for brand, plan in zip(brands, plans, strict=True)
    )
    assert without > len(plans) / 10


def test_prices_formats_and_quantities_make_sense(plans):
    assert all(plan.price > 0 for plan in plans)
    assert Counter(plan.currency for plan in plans).most_common(1)[0][0] == "USD"
    assert {plan.currency for plan in plans} == {"USD", "EUR", "GBP"}
    assert {plan.format for plan in plans} == set(Format)
    assert not any(plan.quantity > 1 and plan.format == Format.AUCTION for plan in plans)


def test_some_attributes_are_missing_and_the_rest_are_true(plans):
    t_shirts = [plan for plan in plans if plan.look.kind == "t_shirt"]

    assert len({len(plan.attributes) for plan in t_shirts}) > 1
    for plan in plans:
        assert plan.attributes.get("Colour", plan.look.colour) == plan.look.colour


def test_phone_cases_fit_phones_that_are_on_sale(plans):
    models = {model for names in PHONES.values() for model in names}
    fits = {plan.attributes.get("Compatible Model") for plan in plans} - {None}
    phones = {plan.attributes.get("Model") for plan in plans if plan.look.kind == "phone"} - {None}

    assert fits <= models
    assert fits & phones


def test_every_kind_and_colour_of_a_recipe_can_be_drawn():
    for recipe in RECIPES:
        assert recipe.kind in DRAWERS
        assert set(recipe.colours) <= set(COLOURS)
    assert {recipe.kind for recipe in RECIPES} == set(DRAWERS)


def test_recipes_speak_the_starter_taxonomy(starter):
    categories = {category.slug: category for category in leaf_categories()}
    for recipe in RECIPES:
        links = {
            link.attribute.name: link.attribute
            for link in attributes_of(categories[recipe.category])
        }
        assert set(recipe.attributes) <= set(links), (
            recipe.kind,
            set(recipe.attributes) - set(links),
        )
        assert find_value(links["Type"], recipe.type), (recipe.kind, recipe.type)
