"""A trained pair of models that are small and know phones and cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.deeprecs.fit import fit
from ml.deeprecs.model import DeepRecsConfig
from ml.deeprecs.pairs import pairs_of_links
from ml.deeprecs.pairs_file import ItemsAndPairs
from ml.deeprecs.training import DeepRecsFitConfig
from ml.fitting import FitConfig
from ml.records import ItemRecord
from tests.fixtures.fitting import PHONES

COLOURS = ("red", "blue", "green", "black", "white", "pink")
HOW = replace(
    DeepRecsFitConfig(),
    fit=FitConfig(epochs=10, batch_size=64, learning_rate=1e-2, patience=10),
    dim=16,
    hidden_dim=16,
    feature_dropout=0.1,
)


def phone_and_cases() -> ItemsAndPairs:
    phones = [
        ItemRecord(
            f"p{m}{c}", f"{m} {c}", "simulated", category=("Phones",), attributes={"Model": m}
        )
        for m in PHONES
        for c in COLOURS
    ]
    cases = [
        ItemRecord(
            f"c{m}{c}", f"Case {c}", "simulated", category=("Cases",),
            attributes={"Compatible Model": m},
        )
        for m in PHONES
        for c in COLOURS
    ]  # fmt: skip
    records = [*phones, *cases]
    rows = {record.id: row for row, record in enumerate(records)}
    links = {
        (rows[f"p{m}{one}"], rows[f"c{m}{other}"]): 3
        for m in PHONES
        for one in COLOURS
        for other in COLOURS
    }
    pairs = pairs_of_links(links, len(records))
    return ItemsAndPairs(records, pairs, np.zeros((len(records), 0), np.float32))


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Path:
    """A folder with an artefact "deeprecs" that has learnt which case a phone's buyers buy."""
    folder = tmp_path_factory.mktemp("deeprecs")
    config = DeepRecsConfig(trained_on=("simulated",))
    fit(phone_and_cases(), config, HOW, folder / "deeprecs", command="test")
    return folder


@pytest.fixture
def in_service(trained, settings, tmp_path) -> Path:
    """The trained model answers, and snapshots go where no other test's are."""
    settings.ARTEFACTS_DIR = trained
    settings.INDEX_DIR = tmp_path / "index"
    return trained
