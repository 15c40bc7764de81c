"""Sets of photos are what they claim: right ones only, or exactly one wrong."""

from __future__ import annotations

import numpy as np
import pytest

from ml.mismatch.pairs import EncodedItems
from ml.mismatch.planted import clean_sets, planted_sets
from ml.negatives import title_words, titles_agree
from ml.records import ItemRecord


def record(number: int, kind: str, colour: str, source: str) -> ItemRecord:
    attributes = {"Type": kind, "Color": colour}
    return ItemRecord(f"{source}:{number}", f"{colour} {kind}", source, attributes=attributes)


@pytest.fixture
def items() -> EncodedItems:
    """Of two sources: three red mugs, one with three photos, and a blue shoe with two."""
    records = [
        record(number, kind, colour, source)
        for source in ("one", "other")
        for number, (kind, colour) in enumerate([("mug", "red")] * 3 + [("shoe", "blue")])
    ]
    owner = np.repeat(np.arange(8), [3, 1, 1, 2] * 2)
    rows = np.zeros((len(owner), 2), dtype=np.float32)
    return EncodedItems(records, rows, owner, np.zeros((8, 2), dtype=np.float32), (), 0)


def test_own_sets_hold_three_photos_of_the_item(items):
    sets = clean_sets(items, "own", seed=0)
    assert sets.record.tolist() == [0, 4] and (sets.planted == -1).all()
    assert [sorted(row) for row in items.owner[sets.photos].tolist()] == [[0] * 3, [4] * 3]


def test_alike_sets_hold_photos_of_items_of_one_look_and_source(items):
    sets = clean_sets(items, "alike", seed=0)
    assert sets.record.tolist() == [0, 1, 2, 4, 5, 6]
    for record_, photos in zip(sets.record, items.owner[sets.photos], strict=True):
        assert photos[0] == record_ and len(set(photos.tolist())) == 3
        assert {record // 4 for record in photos} == {record_ // 4}


@pytest.mark.parametrize("same_source", [False, True])
def test_one_photo_of_another_thing_is_planted_at_the_place_named(items, same_source):
    places = set()
    for seed in range(8):
        sets = planted_sets(items, "own", seed, same_source=same_source)
        assert set(sets.record.tolist()) == {0, 3, 4, 7}
        for owner, photos, place in zip(sets.record, sets.photos, sets.planted, strict=True):
            words = [title_words(items.records[one].title) for one in items.owner[photos]]
            own = title_words(items.records[owner].title)
            wrong = [n for n, other in enumerate(words) if not titles_agree(own, other)]
            assert wrong == [place]
            planted = items.records[items.owner[photos[place]]]
            assert not same_source or planted.source == items.records[owner].source
            places.add(int(place))
    assert places == {0, 1, 2}


def test_without_another_thing_nothing_is_planted(items):
    mugs = EncodedItems(
        items.records[:3], items.photos[:5], items.owner[:5], items.titles[:3], (), 0
    )
    sets = planted_sets(mugs, "own", seed=0)
    assert sets.photos.shape == (0, 3)
