"""The ids of values are for good: a merged one leads to the value that stands for it."""

from __future__ import annotations

import pytest

from listing_assistant.listings import vocabulary


@pytest.fixture
def values(colour):
    return {value.value: value for value in colour.values.all()}


def test_a_value_is_read_by_its_id(stranger, colour, values):
    answer = stranger.get(f"/values/{values['Grey'].pk}")
    assert answer.json() == {
        "id": values["Grey"].pk,
        "attribute": colour.pk,
        "value": "Grey",
        "synonyms": ["gray"],
    }


def test_an_old_id_redirects_to_the_value_that_stands_for_it_now(stranger, values, mona):
    vocabulary.merge_values(value=values["Red"], into=values["Grey"], user=mona)
    moved = stranger.get(f"/values/{values['Red'].pk}")
    assert moved.status_code == 308 and moved.json() == {"id": values["Grey"].pk}
    answer = stranger.client.get(moved["Location"])
    assert answer.json()["value"] == "Grey" and "red" in answer.json()["synonyms"]


def test_an_unknown_id_is_not_found(stranger, db):
    assert stranger.get("/values/987654").status_code == 404
    assert stranger.get("/values/zero").status_code == 422
