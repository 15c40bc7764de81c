"""Which encoders run, and on what, is a deployment's choice; a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.artefacts import ArtefactError
from recommender import inference

TITLES = ["blue cotton shirt", "mug", "running shoes size 42"]


@pytest.fixture
def text_encoder(settings, tmp_path):
    """Load anew with the settings of the test, conversions kept in its own folder."""
    settings.VAR_DIR = tmp_path
    inference.text_encoder.cache_clear()
    yield inference.text_encoder
    inference.text_encoder.cache_clear()


def test_a_misspelt_encoder_names_its_setting_and_what_would_do(settings, text_encoder):
    settings.TEXT_ENCODER = "budnled"
    with pytest.raises(ArtefactError, match=r"TEXT_ENCODER: 'budnled' .* use 'bundled'"):
        text_encoder()


def test_both_engines_give_vectors_that_can_be_compared(settings, text_encoder, tmp_path):
    settings.ENCODER_ENGINE = "torch"
    eager = text_encoder()
    assert not list(tmp_path.glob("cache/encoders/*"))
    text_encoder.cache_clear()
    settings.ENCODER_ENGINE = "openvino"
    fast = text_encoder()
    assert list(tmp_path.glob("cache/encoders/text-*/model.xml"))
    assert fast.release == eager.release
    cosines = np.sum(fast.encode(TITLES) * eager.encode(TITLES), axis=1)
    assert cosines.min() > 0.99


def test_insisting_on_an_engine_that_cannot_run_is_a_named_reason(settings, text_encoder, tmp_path):
    Path(tmp_path / "cache").touch()
    settings.ENCODER_ENGINE = "openvino"
    with pytest.raises(ArtefactError, match="ENCODER_ENGINE=auto falls back to torch"):
        text_encoder()
