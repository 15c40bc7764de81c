"""A fit on a small world where the title tells the type and the photo the colour."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from ml.encoders.words import Vocabulary
from ml.fitting import FitConfig, FitError
from ml.records import read_catalogue
from ml.two_tower.evaluate import (
    alike_truth,
    embed,
    filtered_hits,
    linked_truth,
    similar_recalls,
    translated,
)
from ml.two_tower.fit import Corpus, fit, fit_tower, read_corpus
from ml.two_tower.items import encode_items, items_of, joined, read_styles, two_words
from ml.two_tower.model import ItemTower
from ml.two_tower.predict import EncodedItem, load_two_tower
from ml.two_tower.training import TowerFitConfig, TowerTraining
from ml.two_tower.transh import GOES_WITH

from .small import ReadsTypes, SeesColours, write_catalogue

QUICK = TowerFitConfig(
    fit=FitConfig(epochs=4, batch_size=128, learning_rate=3e-3),
    without_photo=0.1,
    without_title=0.1,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_catalogue(tmp_path_factory.mktemp("world") / "data")


@pytest.fixture(scope="module")
def corpus(data) -> Corpus:
    return read_corpus(data, list(read_catalogue(data)), SeesColours(), ReadsTypes())


@pytest.fixture(scope="module", params=["triplet", "info_nce"])
def fitted(request, corpus):
    config = replace(QUICK, objective=request.param)
    return config, *fit_tower(corpus, config)


def recall(tower, corpus, **sides) -> float:
    vectors = embed(tower, Vocabulary(corpus.model.vocabulary), corpus.valid, **sides)
    return float(similar_recalls(vectors, alike_truth(corpus.valid.records)).mean())


def test_both_sides_together_find_far_more_than_chance_or_either_alone(fitted, corpus):
    _, tower, result = fitted
    both = recall(tower, corpus)
    alone = max(recall(tower, corpus, photos=False), recall(tower, corpus, titles=False))
    chance = 10 / len(corpus.valid.records)
    assert both == pytest.approx(result.best_score)
    assert both > 0.8 > 3 * chance
    assert both > 1.5 * alone


def test_the_same_seed_gives_the_same_weights(fitted, corpus):
    config, tower, _ = fitted
    again, _ = fit_tower(corpus, config)
    for name, tensor in tower.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name


def test_translations_stay_in_their_hyperplanes_while_training(fitted):
    _, tower, _ = fitted
    planes = tower.relations
    cosines = torch.cosine_similarity(planes.normals, planes.translations, dim=1)
    assert cosines.abs().max().item() < 0.1


def test_modality_dropout_takes_one_side_at_the_stated_rate_and_never_both(corpus):
    config = replace(QUICK, without_photo=0.3, without_title=0.2)
    tower = ItemTower(corpus.model)
    training = TowerTraining(
        tower, corpus.train, corpus.links, Vocabulary(corpus.model.vocabulary), config
    )
    rows = np.tile(np.arange(len(corpus.train.records)), 20)
    given = training.drawn(rows)
    assert (given.has_photo | given.has_title).all()
    assert 1 - given.has_photo.float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert 1 - given.has_title.float().mean().item() == pytest.approx(0.2, abs=0.02)


def test_an_item_without_a_photo_keeps_its_title_through_the_dropout(corpus):
    bare = encode_items(
        [replace(record, photos=()) for record in corpus.train.records[:8]],
        SeesColours(),
        ReadsTypes(),
    )
    config = replace(QUICK, without_photo=0.0, without_title=1.0)
    training = TowerTraining(
        ItemTower(corpus.model), bare, corpus.links[:0], Vocabulary(corpus.model.vocabulary), config
    )
    given = training.drawn(np.arange(8))
    assert given.has_title.all() and not given.has_photo.any()


def test_wrong_are_other_types_and_colours_and_never_the_alike(corpus):
    tower = ItemTower(corpus.model)
    training = TowerTraining(
        tower, corpus.train, corpus.links, Vocabulary(corpus.model.vocabulary), QUICK
    )
    rows = np.arange(60)
    wrong = training.wrong(rows)
    for row in rows:
        for column in rows:
            one, other = (corpus.train.records[place].attributes for place in (row, column))
            assert wrong[row, column].item() == (one != other)


def test_weights_that_are_no_numbers_stop_the_fit_by_name(corpus):
    photos = corpus.train.photos.copy()
    photos[0, 3] = np.nan
    spoilt = replace(corpus, train=replace(corpus.train, photos=photos))
    with pytest.raises(FitError, match="two_tower: loss is nan"):
        fit_tower(spoilt, replace(QUICK, fit=replace(QUICK.fit, batch_size=700)))


def test_a_catalogue_without_alike_items_is_refused_with_what_it_lacks(tmp_path):
    data = write_catalogue(tmp_path / "data", items=3)
    with pytest.raises(FitError, match="type and colour"):
        read_corpus(data, list(read_catalogue(data)), SeesColours(), ReadsTypes())


def test_what_is_saved_embeds_as_what_was_measured(data, tmp_path):
    records = list(read_catalogue(data))
    artefact = fit(
        data,
        records,
        SeesColours(),
        ReadsTypes(),
        replace(QUICK, fit=replace(QUICK.fit, epochs=1)),
        tmp_path / "two_tower",
        command="a test",
    )
    metrics = json.loads((artefact.folder / "metrics.json").read_text())
    assert all(array.dtype == np.float16 for array in artefact.tensors.values())
    predictor = load_two_tower(artefact.folder, SeesColours.release, ReadsTypes.release)
    test = encode_items(items_of(records, "test"), SeesColours(), ReadsTypes())
    rows = predictor.item_vectors(
        [
            EncodedItem(test.photos[0][[place]], record.title, test.titles[0][place])
            for place, record in enumerate(test.records)
        ]
    )
    measured = metrics["test"]["similar_recall_at_10"]["photo and title"]["value"]
    truth = alike_truth(test.records)
    assert float(similar_recalls(rows, truth).mean()) == pytest.approx(measured)
    assert "photo and title" in (artefact.folder / "card.md").read_text()


def test_two_words_keep_their_order_and_short_titles_stay():
    generator = np.random.default_rng(0)
    drawn = {two_words("one two three four", generator) for _ in range(200)}
    assert drawn == {
        *("one two", "one three", "one four", "two three", "two four", "three four"),
    }
    assert two_words("Red mug", generator) == "Red mug"


def test_titles_without_photos_are_read_for_training_alone(tmp_path):
    (tmp_path / "text").mkdir()
    columns = ["id", "gender", "masterCategory", "subCategory", "articleType", "baseColour"]
    with gzip.open(tmp_path / "text" / "myntra_styles_all_44k.csv.gz", "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, "productDisplayName"])
        for number in range(200):
            writer.writerow(
                [number, "Men", "Apparel", "Topwear", "Shirts", "Blue", f"No. {number}"]
            )
    found = read_styles(tmp_path, ["myntra:7"])
    everyone = {f"myntra:{number}" for number in range(200)}
    assert {record.id for record in found} == {
        record.id for record in found if record.id in everyone - {"myntra:7"}
    }
    assert 130 < len(found) < 190
    assert read_styles(tmp_path / "elsewhere", []) == []


def test_joining_never_loses_a_view_of_a_photo(corpus):
    with pytest.raises(ValueError, match="views"):
        joined(corpus.valid, replace(corpus.valid, photos=corpus.train.photos[:2]))


def test_drift_is_the_gap_to_the_encoders_cosines_of_pairs_without_a_label(corpus):
    """Naive loop over a few labelled items and a few whose colour nobody states."""
    items = corpus.train.chosen(np.arange(8))
    bare = [replace(record, attributes={}) for record in items.records[:3]]
    items = replace(items, records=[*bare, *items.records[3:]])
    training = TowerTraining(
        ItemTower(corpus.model), items, corpus.links, Vocabulary(corpus.model.vocabulary), QUICK
    )
    vectors = torch.nn.functional.normalize(torch.randn(8, 16), dim=1)
    title, photo = items.titles[0], items.photos[0]
    gaps = [
        (float(vectors[a] @ vectors[b]) - (title[a] @ title[b] + photo[a] @ photo[b]) / 2) ** 2
        for a in range(8)
        for b in range(8)
        if a < 3 or b < 3
    ]
    assert training.drift_of(vectors, np.arange(8)).item() == pytest.approx(np.mean(gaps), rel=1e-4)


def test_linked_items_are_found_by_the_relation_and_not_by_likeness(corpus):
    """Every shirt goes with the lamps of its colour: neither its type nor anything like it."""

    def pairs(records) -> list[tuple[int, int]]:
        looks = [(record.attributes["Type"], record.attributes["Color"]) for record in records]
        return [
            (head, tail)
            for head, (kind, colour) in enumerate(looks)
            for tail, look in enumerate(looks)
            if kind == "shirt" and look == ("lamp", colour)
        ]

    links = np.array(pairs(corpus.train.records))
    config = replace(QUICK, fit=replace(QUICK.fit, epochs=6), goes_with=1.0, drift=0.0)
    tower, _ = fit_tower(replace(corpus, links=links), config)
    valid = corpus.valid
    ids = [record.id for record in valid.records]
    named = [(ids[head], ids[tail]) for head, tail in pairs(valid.records)]
    truth = linked_truth(valid.records, named)
    vectors = embed(tower, Vocabulary(corpus.model.vocabulary), valid)
    queries = vectors[truth.queries]
    by_relation = filtered_hits(translated(tower, queries, GOES_WITH) @ vectors.T, truth, k=1)
    by_likeness = filtered_hits(queries @ vectors.T, truth, k=1)
    assert by_relation.mean() > 0.8 > 0.1 > by_likeness.mean()
