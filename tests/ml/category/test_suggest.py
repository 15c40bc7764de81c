"""Category suggestion without a model: words, synonyms, photos and neighbours each count."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ml.category.predict import CategoryRetriever, best_places
from ml.category.taxonomy import CategorySpec
from ml.encoders.registry import load_text_encoder

CATEGORIES = [
    CategorySpec(1, "Fashion > Women > Dresses", ("gown",)),
    CategorySpec(2, "Fashion > Men > Trainers", ("sneakers",)),
    CategorySpec(3, "Electronics > Phones > Mobile Phones", ("smartphone", "iphone")),
    CategorySpec(4, "Electronics > Phones > Phone Cases"),
    CategorySpec(5, "Home > Kitchen > Coffee Makers"),
]


class OneAxisEach:
    """A photo space in which the nth sentence lies on the nth axis."""

    release = "axes"
    dim = 5

    def encode_photos(self, images: Sequence[object]) -> np.ndarray:
        raise AssertionError("categories are compared with rows, not with pictures")

    def encode_titles(self, titles: Sequence[str]) -> np.ndarray:
        return np.eye(len(titles), self.dim, dtype=np.float32)


@pytest.fixture(scope="module")
def retriever() -> CategoryRetriever:
    made = CategoryRetriever(load_text_encoder("bundled"))
    made.index(CATEGORIES)
    return made


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("Red summer dress size M", 1),
        ("Evening gown", 1),
        ("Nike sneaker white 42", 2),
        ("Apple smartphone 128GB", 3),
        ("Leather phone case for iPhone 13", 4),
        ("Espresso machine", 5),
        ("🔥🔥 <b>Espresso</b> machine 🔥🔥", 5),
    ],
)
def test_the_title_leads_to_its_category(retriever, title, category):
    assert retriever.suggest(title)[0].id == category


def test_candidates_are_sorted_named_by_evidence_and_no_more_than_asked(retriever):
    found = retriever.suggest("Red dress", k=3)
    confidences = [candidate.confidence for candidate in found]
    assert len(found) == 3
    assert confidences == sorted(confidences, reverse=True)
    assert "dress" in found[0].evidence


def test_the_chances_of_all_categories_add_up_to_one(retriever):
    found = retriever.suggest("Red dress", k=len(CATEGORIES))
    assert sum(candidate.confidence for candidate in found) == pytest.approx(1, abs=1e-5)


def test_neighbours_decide_where_the_title_says_nothing(retriever):
    best = retriever.suggest("", neighbours=[(5, 0.9), (99, 3.0), (1, 0.2)])[0]
    assert (best.id, best.evidence) == (5, ("similar listings",))


def test_the_photo_counts_when_its_space_is_given():
    made = CategoryRetriever(load_text_encoder("bundled"), OneAxisEach())
    made.index(CATEGORIES)
    best = made.suggest("", photo_vectors=np.eye(5, dtype=np.float32)[[3]])[0]
    assert (best.id, best.evidence) == (4, ("photo",))


def test_a_title_of_ten_megabytes_is_read_like_its_beginning(retriever):
    long = retriever.suggest("Evening gown " + "x " * 5_000_000)
    assert long[0].id == 1


def test_a_taxonomy_is_encoded_once_and_read_from_its_file_after(tmp_path: Path):
    encoder = load_text_encoder("bundled")
    first = CategoryRetriever(encoder, cache=tmp_path)
    first.index(CATEGORIES)
    (file,) = tmp_path.glob("*.npy")
    stamp = file.stat().st_mtime_ns
    second = CategoryRetriever(encoder, cache=tmp_path)
    second.index(CATEGORIES)
    assert file.stat().st_mtime_ns == stamp
    assert second.suggest("Evening gown") == first.suggest("Evening gown")


def test_a_renamed_category_is_encoded_anew(tmp_path: Path):
    made = CategoryRetriever(load_text_encoder("bundled"), cache=tmp_path)
    made.index(CATEGORIES)
    made.index([*CATEGORIES[:4], CategorySpec(5, "Home > Garden > Lawn Mowers")])
    assert made.suggest("Petrol lawn mower")[0].id == 5


def test_an_empty_taxonomy_has_no_answer():
    made = CategoryRetriever(load_text_encoder("bundled"))
    assert made.suggest("Red dress") == []
    made.index([])
    assert made.suggest("Red dress") == []


def test_the_best_places_are_those_of_a_full_sort():
    scores = np.random.default_rng(0).integers(0, 9, 200).astype(np.float32)
    for k in (1, 5, 199, 200, 500):
        assert best_places(scores, k) == np.argsort(-scores, kind="stable")[:k].tolist()
