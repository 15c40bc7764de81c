"""A shop whose complements follow a known rule: a phone's case is of its model, and only that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.deeprecs.pairs import pairs_of_links
from ml.deeprecs.pairs_file import ItemsAndPairs
from ml.deeprecs.training import DeepRecsFitConfig
from ml.fitting import FitConfig
from ml.records import ItemRecord

MODELS = ("alfa", "bravo", "carlo", "delta", "echon", "foxen")
COLOURS = ("red", "blue", "green", "black", "white", "pink", "grey", "gold")
QUICK = replace(
    DeepRecsFitConfig(),
    fit=FitConfig(epochs=6, batch_size=64, learning_rate=1e-2, patience=6),
    dim=16,
    hidden_dim=16,
    feature_dropout=0.1,
)


def phone(model: str, colour: str) -> ItemRecord:
    return ItemRecord(
        id=f"phone-{model}-{colour}",
        title=f"{model.title()} phone {colour}",
        source="simulated",
        category=("Electronics", "Phones"),
        attributes={"Model": model, "Colour": colour},
    )


def case(model: str, colour: str) -> ItemRecord:
    return ItemRecord(
        id=f"case-{model}-{colour}",
        title=f"{colour} case for {model.title()}",
        source="simulated",
        category=("Electronics", "Cases"),
        attributes={"Compatible Model": model, "Colour": colour},
    )


@pytest.fixture(scope="session")
def shop() -> ItemsAndPairs:
    """48 phones and 48 cases; every phone was bought with the cases of its model."""
    records = [make(m, c) for make in (phone, case) for m in MODELS for c in COLOURS]
    rows = {record.id: row for row, record in enumerate(records)}
    links = {
        (rows[f"phone-{model}-{one}"], rows[f"case-{model}-{other}"]): 6
        for model in MODELS
        for one in COLOURS
        for other in COLOURS
    }
    pairs = pairs_of_links(links, len(records))
    return ItemsAndPairs(records, pairs, np.zeros((len(records), 0), np.float32))
