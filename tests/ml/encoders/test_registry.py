"""The name of an encoder is understood, or refused with what would be."""

from __future__ import annotations

import pytest

from ml.artefacts import CorruptArtefactError, IncompatibleArtefactError, MissingArtefactError
from ml.encoders.registry import EncoderSpecError, load_image_encoder, load_text_encoder


@pytest.mark.parametrize("load", [load_image_encoder, load_text_encoder])
@pytest.mark.parametrize("spec", ["", "budnled", "clip", "open_clip:"])
def test_an_unknown_form_names_the_known_ones(load, spec):
    with pytest.raises(EncoderSpecError, match="use 'bundled', 'open_clip:MODEL/TAG'"):
        load(spec)


def test_an_open_clip_name_without_weights_shows_how_to_write_it():
    with pytest.raises(EncoderSpecError, match="open_clip:ViT-B-32/laion2b_s34b_b79k"):
        load_image_encoder("open_clip:ViT-B-32")


@pytest.mark.parametrize("spec", ["open_clip:NoSuchModel/tag", "open_clip:ViT-B-32/no_such_tag"])
@pytest.mark.parametrize("load", [load_image_encoder, load_text_encoder])
def test_an_unknown_model_or_tag_is_missing_and_never_random(load, spec):
    with pytest.raises(MissingArtefactError, match="cannot be fetched"):
        load(spec)


@pytest.mark.parametrize("load", [load_image_encoder, load_text_encoder])
def test_a_folder_that_is_not_there_is_missing(load, tmp_path):
    with pytest.raises(MissingArtefactError, match="no such folder"):
        load(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("text", "error"), [("{", CorruptArtefactError), ("{}", IncompatibleArtefactError)]
)
def test_a_broken_open_clip_folder_is_named(tmp_path, text, error):
    (tmp_path / "open_clip_config.json").write_text(text)
    with pytest.raises(error, match=r"open_clip_config\.json"):
        load_image_encoder(str(tmp_path))
