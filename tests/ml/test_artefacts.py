"""An artefact is written whole, loaded strictly, and known by its content."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ml.artefacts import (
    Artefact,
    CorruptArtefactError,
    IncompatibleArtefactError,
    MissingArtefactError,
    bundled,
    load_artefact,
    save_artefact,
    verify_checksums,
)


def save(folder: Path, *, weight: float = 1.5, card: str = "made for a test") -> Artefact:
    return save_artefact(
        folder,
        kind="toy",
        format_version=3,
        config={"dim": 2},
        tensors={"w": np.array([weight, 2.0], dtype=np.float32)},
        metrics={"auc": 0.5},
        card=card,
    )


def load(folder: Path) -> Artefact:
    return load_artefact(folder, kind="toy", format_version=3)


def test_what_is_saved_comes_back(tmp_path):
    save(tmp_path / "toy")
    loaded = load(tmp_path / "toy")
    assert loaded.config == {"kind": "toy", "format_version": 3, "dim": 2}
    np.testing.assert_array_equal(loaded.tensors["w"], np.array([1.5, 2.0], dtype=np.float32))
    assert json.loads((tmp_path / "toy" / "metrics.json").read_text()) == {"auc": 0.5}


def test_a_transposed_tensor_keeps_its_values(tmp_path):
    array = np.arange(6, dtype=np.float32).reshape(2, 3).T
    saved = save_artefact(
        tmp_path / "toy",
        kind="toy",
        format_version=3,
        config={},
        tensors={"w": array},
        metrics={},
        card="",
    )
    np.testing.assert_array_equal(saved.tensors["w"], array)


def test_saving_again_replaces_the_folder_and_leaves_no_litter(tmp_path):
    save(tmp_path / "toy", weight=1.0)
    save(tmp_path / "toy", weight=9.0)
    assert load(tmp_path / "toy").tensors["w"][0] == 9.0
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_the_release_follows_weights_and_not_the_card(tmp_path):
    first = save(tmp_path / "a").release
    reworded = save(tmp_path / "b", card="said otherwise").release
    retrained = save(tmp_path / "c", weight=1.6).release
    assert first == reworded != retrained
    assert len(first) == 12 and int(first, 16) >= 0


def test_a_failed_save_leaves_the_old_artefact_in_place(tmp_path):
    before = save(tmp_path / "toy").release
    with pytest.raises(TypeError):
        save_artefact(
            tmp_path / "toy",
            kind="toy",
            format_version=3,
            config={"not": {"json"}},
            tensors={},
            metrics={},
            card="",
        )
    assert load(tmp_path / "toy").release == before
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_a_folder_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(MissingArtefactError, match="no such folder"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "SHA256SUMS"])
def test_a_file_that_is_gone_is_named(tmp_path, name):
    save(tmp_path / "toy")
    (tmp_path / "toy" / name).unlink()
    with pytest.raises(MissingArtefactError, match=f"{name} is missing"):
        load(tmp_path / "toy")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "card.md"])
def test_one_flipped_byte_is_corrupt(tmp_path, name):
    save(tmp_path / "toy")
    path = tmp_path / "toy" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptArtefactError, match=f"{name} does not match"):
        load(tmp_path / "toy")


def test_another_kind_of_model_is_incompatible(tmp_path):
    save(tmp_path / "toy")
    with pytest.raises(IncompatibleArtefactError, match="is a 'toy' model, not a 'tower'"):
        load_artefact(tmp_path / "toy", kind="tower", format_version=3)


def test_another_format_is_incompatible(tmp_path):
    save(tmp_path / "toy")
    with pytest.raises(IncompatibleArtefactError, match="format 3, this code reads 4"):
        load_artefact(tmp_path / "toy", kind="toy", format_version=4)


def test_errors_carry_a_reason_without_the_folders_path(tmp_path):
    with pytest.raises(MissingArtefactError) as caught:
        verify_checksums(tmp_path / "toy")
    assert caught.value.reason == "no such folder"
    assert str(caught.value) == "toy: no such folder"


@pytest.mark.parametrize(
    "folder", sorted(path.name for path in bundled("").iterdir() if path.is_dir())
)
def test_every_bundled_artefact_matches_its_checksums_and_has_a_card(folder):
    assert len(verify_checksums(bundled(folder))) == 12
    for name in ("card.md", "metrics.json"):
        assert (bundled(folder) / name).stat().st_size > 40


def test_checksums_that_name_no_file_are_corrupt(tmp_path):
    (tmp_path / "SHA256SUMS").write_text("nonsense\n")
    with pytest.raises(CorruptArtefactError, match="names no file"):
        verify_checksums(tmp_path)
