"""Sentences name photos as people count them."""

from __future__ import annotations

import pytest

from listing_assistant.assistant.wording import outlier_sentence


@pytest.mark.parametrize(
    ("positions", "sentence"),
    [
        ([1], "Photo 2 seems to show another thing than the other photos."),
        ([0, 3], "Photos 1 and 4 seem to show another thing than the other photos."),
    ],
)
def test_a_photo_that_differs_from_the_rest_is_named(positions, sentence):
    assert outlier_sentence(positions) == sentence
