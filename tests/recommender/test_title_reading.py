"""The oracle is a regular expression, written without the reader's tables."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listing_assistant.catalogue.starter import parse_files, read_files
from recommender.title_reading import TitleReader, after_made_for, tokens_of


@pytest.fixture(scope="module")
def starter_reader():
    """A reader of the values of an attribute of the starter taxonomy."""
    attributes = {each.source_id: each for each in parse_files(read_files()).attributes}

    def reader(source_id: str) -> TitleReader:
        values = attributes[source_id].values
        names = [(value.name, value.name) for value in values]
        return TitleReader([*names, *((s, v.name) for v in values for s in v.synonyms)])

    return reader


@pytest.mark.parametrize(
    ("title", "models"),
    [
        ("Case for iPhone 15", {"iPhone 15"}),
        ("CASE FOR IPHONE15 BLACK!!", {"iPhone 15"}),
        ("iPhone-15 Pro case", {"iPhone 15 Pro"}),
        ("iPhone15ProMax", {"iPhone 15 Pro Max"}),
        ("Case for iPhone 15 (Pro)", {"iPhone 15 Pro"}),
        ("Case for iPhone 14 / iPhone 15", {"iPhone 14", "iPhone 15"}),
        ("iPhone 14, iPhone 15 Plus cover", {"iPhone 14", "iPhone 15 Plus"}),
        ("iPhone 15 128 GB", {"iPhone 15"}),
        ("iPhone 15 128GB", {"iPhone 15"}),
        ("Galaxy S21+ case", {"Galaxy S21+"}),
        ("Galaxy S21 Plus case", {"Galaxy S21+"}),
        ("Galaxy S23 5G 256GB", {"Galaxy S23"}),
        ("Samsung S24 Ultra", {"Galaxy S24 Ultra"}),
        ("Pixel 6a", {"Pixel 6a"}),
        ("Google Pixel 6 a", {"Pixel 6a"}),
        ("iPhone SE (2022) 64GB", {"iPhone SE (2022)"}),
        ("Nothing Phone (2)", {"Nothing Phone (2)"}),
        # What follows makes it another model, which this vocabulary does not have.
        ("Galaxy S23 FE case", set()),
        ("Galaxy S24+ case", set()),
        ("iPhone 13 Pro Ultra", set()),
        ("iPhone 15 e", set()),
        ("Pixel 8 XL", set()),
        ("OnePlus 9 Pro", set()),
        ("iPhone 12 13 14 case", set()),
        ("iPhone 12-14 case", set()),
        ("Galaxy S23 FELite", set()),
        ("iPhone 150", set()),
        ("Xiaomi 13T", set()),
        ("myiPhone 15", set()),
        # What is not there, or not meant.
        ("Case, not for iPhone 15", set()),
        ("Case, iPhone", set()),
        ("", set()),
    ],
)
def test_a_title_names_the_models_that_it_names(starter_reader, title, models):
    assert starter_reader("phone-model").read(tokens_of(title)) == models


@pytest.mark.parametrize(
    ("attribute", "title", "values"),
    [
        ("laptop-size", 'Laptop 15.6"', {"15.6 in"}),
        ("laptop-size", "Sleeve 13-inch", {"13.3 in"}),
        ("laptop-size", "Sleeve 13,3 Zoll", {"13.3 in"}),
        ("laptop-size", "15 in 1 hub", set()),
        ("lens-mount", "Canon EF 50mm f/1.8", {"Canon EF"}),
        ("lens-mount", "Canon EF-S 18-55 mm", {"Canon EF-S"}),
        ("lens-mount", "Fujifilm X-T30", set()),
        ("platform", "Controller for Xbox Series X", {"Xbox Series X/S"}),
        ("platform", "PS5 controller", {"PlayStation 5"}),
        ("platform", "PlayStation VR", set()),
        ("platform", "Xbox One controller", {"Xbox One"}),
    ],
)
def test_other_properties_are_read_as_strictly(starter_reader, attribute, title, values):
    assert starter_reader(attribute).read(tokens_of(title)) == values


def test_every_value_of_the_starter_taxonomy_reads_as_itself(starter_reader):
    reader = starter_reader("phone-model")
    attributes = {each.source_id: each for each in parse_files(read_files()).attributes}
    for value in attributes["phone-model"].values:
        assert reader.read(tokens_of(f"Case for {value.name}, black")) == {value.name}


def test_a_brand_after_for_is_what_the_thing_is_made_for():
    makers = TitleReader([("Samsung", "Samsung"), ("Dell", "Dell")])
    tokens = tokens_of("Samsung charger compatible with Dell laptops")
    assert makers.read(after_made_for(tokens)) == {"Dell"}
    assert makers.read(after_made_for(tokens_of("Samsung charger"))) == frozenset()


MODELS = ("iPhone 15", "iPhone 15 Pro", "iPhone 15 Pro Max", "Pixel 6", "Pixel 6 a")
WORDS = ("iphone", "pixel", "15", "6", "a", "pro", "max", "mini", "case", "black", "gb", "128", "/")
ALTERNATIVES = "|".join(sorted((model.lower() for model in MODELS), key=len, reverse=True))
ORACLE = re.compile(
    rf"(?<!\S)({ALTERNATIVES})(?!\S)(?! (?:pro|max|mini|[a-z])(?!\S))(?! \d+(?! gb(?!\S)))"
)


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_reads_what_a_regular_expression_finds(words):
    names = {model.lower(): model for model in MODELS}
    found = {names[match] for match in ORACLE.findall(" ".join(words))}
    assert TitleReader((model, model) for model in MODELS).read(words) == found
