"""Mugs of a seller each, so that no cap is in the way, and a ranker whose order is known."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from listing_assistant.listings.models import Listing
from ml.ranker.fit import fit, save_ranker
from ml.ranker.model import LEVELS, RankerConfig, RankingData
from ml.ranker.predict import Ranker
from recommender.features import NAMES
from recommender.ranking import inference

GROUPS, SIZE = 120, 8


@pytest.fixture
def make_beside(make_item, django_user_model) -> Callable[..., Listing]:
    """An item at an angle, of a seller of its own."""

    def make(degrees: float, **fields) -> Listing:
        seller = django_user_model.objects.create_user(f"{uuid.uuid4().hex}@example.org", "x")
        return make_item(degrees, **{"seller": seller} | fields)

    return make


@pytest.fixture
def seed(make_item, bob) -> Listing:
    return make_item(0, seller=bob)


@pytest.fixture(scope="session")
def dearest_first() -> Ranker:
    """Trees that learnt one thing: what is dear is bought."""
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(GROUPS * SIZE, len(NAMES))).astype(np.float32)
    prices = matrix[:, NAMES.index("log_price")].reshape(GROUPS, SIZE)
    labels = np.zeros((GROUPS, SIZE), dtype=np.int64)
    labels[np.arange(GROUPS), prices.argmax(axis=1)] = LEVELS.index("purchase")
    data = RankingData(matrix, labels.ravel(), np.full(GROUPS, SIZE), None, NAMES)
    return fit(data, RankerConfig(columns=NAMES, rounds=15, leaves=7, min_data=10), quiet=True)[0]


@pytest.fixture
def ranker_folder(dearest_first, release, settings) -> Path:
    """Of the ranker in service, put there by hand."""
    folder = Path(settings.ARTEFACTS_DIR) / "ranker"
    save_ranker(dearest_first, folder, metrics={}, card="made by a test")
    inference._loaded.cache_clear()
    return folder
