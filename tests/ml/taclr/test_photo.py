"""A photo answers what it shows clearly, by a head where one names the values, else by nearness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml.taclr.photo import PhotoReader, is_visible
from ml.taclr.taxonomy import AttributeSpec, ValueSpec


class Space:
    """Sentences lie where their pattern does; the head reads its answer from the photo itself."""

    release = "space"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_titles(self, titles: Sequence[str]) -> np.ndarray:
        self.encoded += titles
        rows = [[1.0, 0.0] if "striped" in title.lower() else [0.0, 1.0] for title in titles]
        return np.array(rows, dtype=np.float32)

    def name_values(self, photo: np.ndarray) -> dict[str, dict[str, float]]:
        red = float(photo[0])
        return {"colour": {"red": red, "navy blue": 1 - red}, "gender": {"men": 0.5, "women": 0.5}}


def spec(attribute: str, *values: str) -> AttributeSpec:
    return AttributeSpec("Clothes > Shirts", attribute, tuple(map(ValueSpec, values)))


def answer(attribute: AttributeSpec, *photo: float):
    return PhotoReader(Space()).answer(attribute, "Shirts", np.array(photo, dtype=np.float32))


def test_the_head_names_a_colour_whatever_its_spelling():
    seen = answer(spec("Colour", "Navy Blue", "RED", "Green"), 0.9, 0.0)
    assert (seen.value, round(seen.confidence, 3), seen.runner_up) == ("RED", 0.9, "Navy Blue")


def test_a_colour_that_is_none_of_the_list_is_not_answered():
    assert answer(spec("Color", "Red", "Green"), 0.1, 0.0) is None


def test_where_two_values_are_near_each_other_nothing_is_said():
    assert answer(spec("Gender", "Men", "Women"), 0.9, 0.0) is None


def test_the_colour_of_a_part_is_not_that_of_the_whole():
    space = Space()
    PhotoReader(space).answer(spec("Dial Color", "Red", "Green"), "Watches", np.ones(2, np.float32))
    assert space.encoded


def test_other_attributes_are_answered_by_the_nearest_sentence():
    seen = answer(spec("Pattern", "Striped", "Plain"), 1.0, 0.0)
    assert seen.value == "Striped" and seen.confidence > 0.99


def test_what_no_photo_shows_is_not_asked():
    assert not is_visible(spec("Warranty", "1 year", "2 years"))
    assert answer(spec("Warranty", "1 year", "2 years"), 1.0, 0.0) is None
