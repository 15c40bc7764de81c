"""A category's target precision decides how much the assistant dares to say in it."""

from __future__ import annotations

import pytest

from listing_assistant.assistant import inference
from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import attributes_of

from .conftest import make_attribute

pytestmark = pytest.mark.django_db

TITLES = (
    "Red wool dress by Acme",
    "Party frock, size M, burgundy",
    "Summer dress with a round neck",
    "Long evening gown",
    "Cotton midi dress, pink flowers",
)


@pytest.fixture
def dresses(vocabulary):
    category = Category.objects.get(name="Dresses")
    lists = {
        "Material": ["Wool", "Cotton", "Silk"],
        "Neckline": ["Round neck", "V-neck"],
        "Length": ["Mini", "Midi", "Long"],
        "Occasion": ["Party", "Everyday", "Wedding"],
    }
    for place, (name, values) in enumerate(lists.items(), start=2):
        attribute = make_attribute(category.taxonomy, name, values)
        category.category_attributes.create(attribute=attribute, position=place)
    return category


def answers(category, target):
    Category.objects.filter(pk=category.pk).update(target_precision=target)
    category.refresh_from_db()
    rows = attributes_of(category)
    return {
        (title, one.attribute, one.value)
        for title in TITLES
        for one in inference.identify(category, rows, title, None)
        if one.value is not None
    }


def test_a_higher_target_never_says_more_and_keeps_what_is_plainly_stated(dresses):
    daring, careful = answers(dresses, 0.5), answers(dresses, 0.99)
    assert careful <= daring
    assert (TITLES[0], "Colour", "Red") in daring
