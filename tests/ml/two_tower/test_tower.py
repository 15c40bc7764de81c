"""The tower: one set of weights for both sides, unit rows, and what a missing side changes."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from ml.artefacts import (
    CorruptArtefactError,
    IncompatibleArtefactError,
    MissingArtefactError,
    save_artefact,
)
from ml.encoders.base import unit_rows
from ml.two_tower.model import FORMAT_VERSION, KIND, ItemTower, TwoTowerConfig
from ml.two_tower.predict import EncodedItem, TwoTowerPredictor, load_two_tower
from ml.two_tower.transh import GOES_WITH, RELATIONS

CONFIG = TwoTowerConfig(
    image_dim=6,
    text_dim=5,
    image_release="images",
    text_release="texts",
    dim=16,
    hidden_dim=8,
    vocabulary=("red", "mug"),
)


def save(folder, config=CONFIG, **changed):
    torch.manual_seed(5)
    tensors = {name: row.numpy() for name, row in ItemTower(config).state_dict().items()}
    save_artefact(
        folder,
        kind=KIND,
        format_version=FORMAT_VERSION,
        config=asdict(config) | changed,
        tensors=tensors,
        metrics={},
        card="random weights, made by a test",
    )
    return folder


@pytest.fixture
def predictor(tmp_path) -> TwoTowerPredictor:
    return load_two_tower(save(tmp_path / "two_tower"), "images", "texts")


def item(seed: int, photos: int = 1, title: str = "Red mug") -> EncodedItem:
    generator = np.random.default_rng(seed)
    rows = unit_rows(generator.normal(size=(photos, 6)).astype(np.float32))
    return EncodedItem(rows, title, generator.normal(size=5).astype(np.float32))


def test_every_item_gets_a_unit_row_whatever_it_lacks(predictor):
    items = [item(1), item(2, photos=0), item(3, title=""), item(4, photos=0, title="")]
    rows = predictor.item_vectors(items)
    assert rows.shape == (4, 16) and rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(4), abs=1e-5)


def test_an_item_has_the_same_vector_on_either_side_of_a_pair_and_alone(predictor):
    """Shared parameters: there is one tower, so nothing depends on the side or the company."""
    one, other = item(1), item(2)
    forth, back = predictor.item_vectors([one, other]), predictor.item_vectors([other, one])
    assert forth == pytest.approx(back[::-1], abs=1e-6)
    assert predictor.item_vectors([one])[0] == pytest.approx(forth[0], abs=1e-6)


def test_the_row_of_a_title_without_a_word_does_not_matter(predictor):
    blank, other = item(1, title=" - "), item(2, title="")
    same_photo = replace(other, photos=blank.photos)
    rows = predictor.item_vectors([blank, same_photo])
    assert rows[0] == pytest.approx(rows[1], abs=1e-6)


def test_photos_count_by_their_mean_in_any_order(predictor):
    three = item(1, photos=3)
    turned = replace(three, photos=three.photos[::-1].copy())
    mean = replace(three, photos=three.photos.mean(axis=0, keepdims=True))
    rows = predictor.item_vectors([three, turned, mean])
    assert rows[1] == pytest.approx(rows[0], abs=1e-5)
    assert rows[2] == pytest.approx(rows[0], abs=1e-5)


def test_photo_title_and_known_words_each_move_the_vector(predictor):
    base = item(1)
    changed = [
        replace(base, photos=item(9).photos),
        replace(base, title_row=item(9).title_row),
        replace(base, title="Blue mug"),
        replace(base, photos=base.photos[:0]),
    ]
    rows = predictor.item_vectors([base, *changed])
    assert all(float(rows[0] @ row) < 0.9999 for row in rows[1:])


def test_no_items_give_no_rows(predictor):
    assert predictor.item_vectors([]).shape == (0, 16)


def test_a_translated_item_searches_the_hyperplane_through_the_index_of_items(predictor):
    """By hand from the weights: an inner product with an item is that with its projection."""
    torch.manual_seed(5)
    planes = ItemTower(CONFIG).relations
    rows = predictor.item_vectors([item(seed) for seed in range(6)])
    query = predictor.translate(rows[:1], GOES_WITH)[0]
    w = planes.w(GOES_WITH).detach().numpy()
    d = planes.d(GOES_WITH).detach().numpy()
    expected = rows[0] - (rows[0] @ w) * w + d
    assert query == pytest.approx(expected / np.linalg.norm(expected), abs=1e-5)
    flat_query = query - (query @ w) * w
    flat_rows = rows - np.outer(rows @ w, w)
    d_along = abs(float(d @ w))
    assert rows @ flat_query == pytest.approx(flat_rows @ flat_query, abs=1e-5)
    assert rows @ query == pytest.approx(rows @ flat_query, abs=d_along + 1e-5)


def test_an_unknown_relation_is_refused_with_the_known_ones(predictor):
    rows = predictor.item_vectors([item(1)])
    with pytest.raises(ValueError, match=f"'fits'.*{', '.join(RELATIONS)}"):
        predictor.translate(rows, "fits")


@pytest.mark.parametrize(
    "changed", [{"photos": np.ones((1, 7), np.float32)}, {"title_row": np.ones(4, np.float32)}]
)
def test_a_row_of_another_encoder_s_size_is_refused_by_name(predictor, changed):
    with pytest.raises(ValueError, match=next(iter(changed))):
        predictor.item_vectors([replace(item(1), **changed)])


def test_it_refuses_rows_of_encoders_it_was_not_trained_on(tmp_path):
    folder = save(tmp_path / "two_tower")
    with pytest.raises(IncompatibleArtefactError, match=r"image encoder images, not others.*fit"):
        load_two_tower(folder, "others", "texts")
    with pytest.raises(IncompatibleArtefactError, match="text encoder texts, not others"):
        load_two_tower(folder, "images", "others")


def test_a_missing_folder_a_field_and_a_weight_are_told_apart(tmp_path):
    with pytest.raises(MissingArtefactError):
        load_two_tower(tmp_path / "nowhere", "images", "texts")
    with pytest.raises(CorruptArtefactError, match="do not fit"):
        load_two_tower(save(tmp_path / "wider", dim=17), "images", "texts")
    config = asdict(CONFIG)
    del config["transh"]
    save_artefact(
        tmp_path / "bare",
        kind=KIND,
        format_version=FORMAT_VERSION,
        config=config,
        tensors={},
        metrics={},
        card="",
    )
    with pytest.raises(IncompatibleArtefactError, match="transh"):
        load_two_tower(tmp_path / "bare", "images", "texts")
