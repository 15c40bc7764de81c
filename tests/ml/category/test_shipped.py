"""The artefact that ships with the project, on a few listings that it was not trained on."""

from __future__ import annotations

import pytest

from ml.artefacts import bundled
from ml.category.corpus import MARKETPLACE, examples_of, leaves_of
from ml.category.model import KIND
from ml.category.predict import CategoryRetriever, load_category
from ml.category.taxonomy import CategorySpec
from ml.encoders.registry import load_text_encoder
from ml.records import read_catalogue

LISTINGS = 60
LARGEST = 5 * 2**20


def hits_of(retriever: CategoryRetriever, titles: list[str], leaves: list[int]) -> int:
    return sum(
        retriever.suggest(title)[0].id == leaf for title, leaf in zip(titles, leaves, strict=True)
    )


def test_it_finds_the_leaf_of_titles_it_has_not_seen_and_more_of_them_than_without(shared_data):
    examples = examples_of(list(read_catalogue(shared_data)))
    paths = leaves_of(examples)
    held_out = [
        each
        for each in examples
        if each.split == "test" and each.source in MARKETPLACE and each.path in paths
    ]
    chosen = held_out[:: len(held_out) // LISTINGS]
    titles, leaves = [each.title for each in chosen], [paths.index(each.path) for each in chosen]
    encoder = load_text_encoder("bundled")
    hits = []
    for model in (load_category(bundled(KIND), encoder), None):
        retriever = CategoryRetriever(encoder, model=model)
        retriever.index([CategorySpec(place, path) for place, path in enumerate(paths)])
        hits.append(hits_of(retriever, titles, leaves))
    trained, untrained = hits
    assert trained >= 0.9 * len(chosen)
    assert trained > untrained


@pytest.mark.parametrize(
    ("title", "leaf"),
    [("Vintage brass table lamp", 0), ("Kids balance bike 12 inch", 1), ("Puma running shoes", 2)],
)
def test_categories_that_training_never_saw_are_found_by_their_sentences(title, leaf):
    encoder = load_text_encoder("bundled")
    retriever = CategoryRetriever(encoder, model=load_category(bundled(KIND), encoder))
    paths = ["House > Lighting > Lamps", "Toys > Ride-ons > Bikes", "Sport > Trainers"]
    retriever.index([CategorySpec(place, path) for place, path in enumerate(paths)])
    assert retriever.suggest(title)[0].id == leaf


def test_it_is_small():
    assert sum(path.stat().st_size for path in bundled(KIND).iterdir()) < LARGEST
