"""Category suggestion: words, synonyms, photos and neighbours each count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.encoders.registry import load_text_encoder
from ml.taclr.category import CategoryRetriever, CategorySpec

CATEGORIES = [
    CategorySpec(1, "Fashion > Women > Dresses", ("gown",)),
    CategorySpec(2, "Fashion > Men > Trainers", ("sneakers",)),
    CategorySpec(3, "Electronics > Phones > Mobile Phones", ("smartphone", "iphone")),
    CategorySpec(4, "Electronics > Phones > Phone Cases"),
    CategorySpec(5, "Home > Kitchen > Coffee Makers"),
]


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
    ],
)
def test_the_title_leads_to_its_category(
    retriever: CategoryRetriever, title: str, category: int
) -> None:
    assert retriever.suggest(title)[0].id == category


def test_candidates_are_sorted_named_by_evidence_and_no_more_than_asked(
    retriever: CategoryRetriever,
) -> None:
    found = retriever.suggest("Red dress", k=3)
    confidences = [candidate.confidence for candidate in found]
    assert len(found) == 3
    assert confidences == sorted(confidences, reverse=True)
    assert "dress" in found[0].evidence


def test_neighbours_decide_where_the_title_says_nothing(retriever: CategoryRetriever) -> None:
    best = retriever.suggest("", neighbours=[(5, 0.9), (99, 3.0), (1, 0.2)])[0]
    assert (best.id, best.evidence) == (5, ("similar listings",))


def test_the_photo_counts_when_its_space_is_given(tmp_path: Path) -> None:
    def keys(texts: object) -> np.ndarray:
        assert isinstance(texts, list)
        return np.eye(len(texts), dtype=np.float32)

    made = CategoryRetriever(load_text_encoder("bundled"), keys)
    made.index(CATEGORIES)
    best = made.suggest("", photo_vectors=np.eye(5, dtype=np.float32)[[3]])[0]
    assert (best.id, best.evidence) == (4, ("photo",))


def test_a_taxonomy_is_encoded_once_and_read_from_its_file_after(tmp_path: Path) -> None:
    encoder = load_text_encoder("bundled")
    first = CategoryRetriever(encoder, cache=tmp_path)
    first.index(CATEGORIES)
    (file,) = tmp_path.glob("*.npy")
    stamp = file.stat().st_mtime_ns
    second = CategoryRetriever(encoder, cache=tmp_path)
    second.index(CATEGORIES)
    assert file.stat().st_mtime_ns == stamp
    assert second.suggest("Evening gown") == first.suggest("Evening gown")


def test_an_empty_taxonomy_has_no_answer() -> None:
    made = CategoryRetriever(load_text_encoder("bundled"))
    made.index([])
    assert made.suggest("Red dress") == []
