from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ml.artefacts import ArtefactError, CorruptArtefactError, MissingArtefactError
from recommender.inference import current_release, release_in_service


def test_equal_models_have_equal_releases(release_models):
    first = release_models("one")
    assert release_models("two") != first
    assert release_models("one") == first


def test_another_encoder_is_another_release(release_models, settings):
    before = release_models("one")
    settings.TEXT_ENCODER = "transformers:another/model"
    assert current_release() != before


def test_a_downloaded_folder_is_known_by_its_contents(release_models, settings, tmp_path):
    release_models("one")
    weights = tmp_path / "downloaded" / "model.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"one")
    settings.TEXT_ENCODER = str(weights.parent)
    before = current_release()
    weights.write_bytes(b"another")
    assert current_release() != before


def test_a_reworded_card_changes_nothing(release_models, settings):
    before = release_models("one")
    folder = Path(settings.ARTEFACTS_DIR) / "mismatch"
    sums = (folder / "SHA256SUMS").read_text()
    (folder / "card.md").write_text("better words")
    with pytest.raises(CorruptArtefactError):
        current_release()
    (folder / "card.md").write_text("made by a test")
    assert (folder / "SHA256SUMS").read_text() == sums
    assert current_release() == before


@pytest.mark.parametrize(
    ("name", "error"),
    [("SHA256SUMS", MissingArtefactError), ("config.json", MissingArtefactError)],
)
def test_a_missing_file_is_a_named_reason(release_models, settings, name, error):
    release_models("one")
    folder = Path(settings.ARTEFACTS_DIR) / "mismatch"
    for path in [folder / name] if name != "SHA256SUMS" else list(folder.iterdir()):
        path.unlink()
    with pytest.raises(error) as caught:
        current_release()
    assert name in caught.value.reason


def test_a_broken_model_is_logged_once_and_not_for_every_page(release_models, settings):
    release_models("one")
    (Path(settings.ARTEFACTS_DIR) / "mismatch" / "config.json").write_text("{}")
    with capture_logs() as logs:
        assert [release_in_service() for _ in range(3)] == [None, None, None]
    assert [line["event"] for line in logs] == ["release_unknown"]


def test_a_repaired_model_is_noticed(release_models, settings):
    release = release_models("one")
    config = Path(settings.ARTEFACTS_DIR) / "mismatch" / "config.json"
    content = config.read_bytes()
    config.write_text("{}")
    with pytest.raises(ArtefactError):
        current_release()
    config.write_bytes(content)
    assert current_release() == release
