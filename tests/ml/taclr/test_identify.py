"""The bundled model on taxonomies that training never saw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.artefacts import bundled
from ml.encoders.registry import load_text_encoder
from ml.taclr.predict import Identified, ValueRetriever, load_taclr
from ml.taclr.taxonomy import AttributeSpec, ValueSpec

COLOURS = ("Black", "White", "Red", "Blue", "Green")


def spec(
    name: str, *values: str, kind: str = "choice", units: tuple[str, ...] = ()
) -> AttributeSpec:
    listed = tuple(ValueSpec(value) for value in values)
    return AttributeSpec("Dresses", name, listed, kind, units)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def retriever() -> ValueRetriever:
    return load_taclr(bundled("taclr"), load_text_encoder("bundled"))


def answer(
    retriever: ValueRetriever, spec: AttributeSpec, title: str, description: str = ""
) -> Identified:
    return retriever.identify([spec], category="Dresses", title=title, description=description)[0]


@pytest.mark.parametrize(
    ("attribute", "title", "value", "words"),
    [
        (spec("Colour", *COLOURS), "Zara red midi dress", "Red", "red"),
        (spec("Size", "S", "M", "L"), "Dress size M", "M", "M"),
        (spec("Brand", "Zara", "Mango", kind="text"), "Dress by MANGO, new", "Mango", "MANGO"),
        (spec("Storage", kind="number", units=("GB",)), "Phone 256GB blue", "256 GB", "256GB"),
    ],
)
def test_a_stated_value_is_found_with_its_words(
    retriever: ValueRetriever, attribute: AttributeSpec, title: str, value: str, words: str
) -> None:
    found = answer(retriever, attribute, title)
    assert (found.value, found.stated) == (value, True)
    assert found.span is not None
    assert title[found.span.start : found.span.end] == found.span.text == words


def test_a_value_added_to_the_taxonomy_is_found_without_training(
    retriever: ValueRetriever,
) -> None:
    title = "Dress in zorblat, never worn"
    assert answer(retriever, spec("Material", "Cotton", "Silk"), title).value is None
    assert (
        answer(retriever, spec("Material", "Cotton", "Silk", "Zorblat"), title).value == "Zorblat"
    )


def test_a_labelled_value_outside_the_list_is_answered_for_free_text_only(
    retriever: ValueRetriever,
) -> None:
    description = "Brand: Acme\nhardly worn"
    free = answer(retriever, spec("Brand", "Zara", kind="text"), "Summer dress", description)
    closed = answer(retriever, spec("Brand", "Zara"), "Summer dress", description)
    assert (free.value, free.span and free.span.field) == ("Acme", "description")
    assert closed.value is None


def test_a_number_with_a_right_check_digit_is_answered_and_one_with_a_wrong_digit_is_not(
    retriever: ValueRetriever,
) -> None:
    barcode = spec("EAN", kind="identifier")
    right = answer(retriever, barcode, "Highlighter 4006381333931 new")
    wrong = answer(retriever, barcode, "Highlighter 4006381333932 new")
    assert (right.value, right.span and right.span.text) == ("4006381333931", "4006381333931")
    assert wrong.value is None


def test_further_values_of_a_multi_attribute_are_answered_too(retriever: ValueRetriever) -> None:
    material = spec("Material", "Cotton", "Silk", "Linen", kind="multi")
    found = retriever.identify([material], category="Dresses", title="Silk and linen dress")
    assert {each.value for each in found} == {"Silk", "Linen"}


@pytest.mark.parametrize("title", ["", "   ", "Kleid", "🔥", "<b></b>"])
def test_where_nothing_is_stated_the_model_abstains(retriever: ValueRetriever, title: str) -> None:
    found = answer(retriever, spec("Colour", *COLOURS), title)
    assert (found.value, found.stated, found.span) == (None, False, None)


class NamesColours:
    """A photo's row holds the probabilities of COLOURS."""

    release = "another than training saw"

    def encode_titles(self, titles: Sequence[str]) -> NDArray[np.float32]:
        return np.ones((len(titles), len(COLOURS)), np.float32)

    def name_values(self, photo: NDArray[np.float32]) -> dict[str, dict[str, float]]:
        return {"colour": dict(zip(map(str.lower, COLOURS), photo.tolist(), strict=True))}


def test_a_photo_answers_only_what_the_text_leaves_open_and_only_when_it_is_clear() -> None:
    retriever = load_taclr(bundled("taclr"), load_text_encoder("bundled"), NamesColours())
    red, between = np.eye(5, dtype=np.float32)[2], np.full(5, 0.2, np.float32)
    specs = [spec("Colour", *COLOURS)]

    def seen(title: str, photo: NDArray[np.float32]) -> Identified:
        found = retriever.identify(specs, category="Dresses", title=title, photo_vector=photo)
        return found[0]

    assert (seen("Dress", red).value, seen("Dress", red).source) == ("Red", "photo")
    assert (seen("Blue dress", red).value, seen("Blue dress", red).source) == ("Blue", "text")
    assert seen("Dress", between).value is None
