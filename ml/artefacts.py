"""What a saved model is: a folder that is written whole or not at all, and loaded strictly.

    config.json        the model's dataclass, format version, thresholds chosen from data
    model.safetensors  the weights (absent when a model has none)
    metrics.json       what the thresholds earned, and on which data
    card.md            data, licence, the command that made it, limits
    SHA256SUMS         checksums of the files above, and of what else belongs to the model

Nothing is pickled: loading an artefact never runs code that came with it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

WEIGHTS_DIR = Path(__file__).parent / "weights"
CHECKSUMS = "SHA256SUMS"
# What answers depend on: model.txt are LightGBM's trees, the last two LoRA's weights, by the names
# that peft gives them.
_CONTENT = (
    *("config.json", "model.safetensors", "model.txt"),
    *("adapter_config.json", "adapter_model.safetensors"),
)


class ArtefactError(Exception):
    """A model cannot be loaded. `reason` is a sentence fit for a log or a status page."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder.name}: {reason}")
        self.folder = folder
        self.reason = reason


class MissingArtefactError(ArtefactError):
    """The folder, or a file that belongs in it, is not there."""


class IncompatibleArtefactError(ArtefactError):
    """Another kind of model, or a format version that this code does not read."""


class CorruptArtefactError(ArtefactError):
    """A file does not match its checksum, or does not parse."""


@dataclass(frozen=True)
class Artefact:
    """A model at rest. `release` identifies its content: equal releases give equal answers."""

    folder: Path
    config: dict[str, Any]
    tensors: dict[str, NDArray[Any]]
    release: str


def bundled(name: str) -> Path:
    """The folder of a model that ships with the project."""
    return WEIGHTS_DIR / name


def save_artefact(
    folder: Path,
    *,
    kind: str,
    format_version: int,
    config: Mapping[str, Any],
    tensors: Mapping[str, NDArray[Any]],
    metrics: Mapping[str, Any],
    card: str,
    files: Sequence[Path] = (),
) -> Artefact:
    """Write beside `folder`, then rename over it: a reader sees the old artefact or the new one.

    `files` are copied in under their own names.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        written = {"kind": kind, "format_version": format_version, **config}
        (draft / "config.json").write_text(_json(written))
        if tensors:
            contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
            save_file(contiguous, draft / "model.safetensors")
        (draft / "metrics.json").write_text(_json(metrics))
        (draft / "card.md").write_text(card)
        for path in files:
            shutil.copyfile(path, draft / path.name)
        _write_checksums(draft)
        draft.chmod(0o755)
        for file in draft.iterdir():
            # safetensors writes for its owner alone; whoever serves the model must read it.
            file.chmod(0o644)
        if folder.exists():
            retired = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
            folder.rename(retired / folder.name)
            draft.rename(folder)
            shutil.rmtree(retired)
        else:
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return load_artefact(folder, kind=kind, format_version=format_version)


def load_artefact(folder: Path, *, kind: str, format_version: int) -> Artefact:
    """Read and verify an artefact.

    Raises MissingArtefactError, IncompatibleArtefactError or CorruptArtefactError; the caller
    decides how to do without the model.
    """
    release = verify_checksums(folder)
    try:
        config = json.loads((folder / "config.json").read_text())
    except FileNotFoundError as error:
        raise MissingArtefactError(folder, "config.json is missing") from error
    except ValueError as error:
        raise CorruptArtefactError(folder, "config.json is not JSON") from error
    if config.get("kind") != kind:
        raise IncompatibleArtefactError(
            folder, f"is a {config.get('kind')!r} model, not a {kind!r}"
        )
    if config.get("format_version") != format_version:
        found = config.get("format_version")
        reason = f"has format {found}, this code reads {format_version}"
        raise IncompatibleArtefactError(folder, reason)
    weights = folder / "model.safetensors"
    try:
        tensors = load_file(weights) if weights.exists() else {}
    except SafetensorError as error:
        raise CorruptArtefactError(folder, "model.safetensors does not parse") from error
    return Artefact(folder, config, tensors, release)


def verify_checksums(folder: Path) -> str:
    """Compare every file with SHA256SUMS and return the artefact's release, 12 hex digits.

    The release is made from config and weights alone: a reworded card or a new metric does not
    invalidate the vectors and answers that a model has already given.
    """
    try:
        lines = (folder / CHECKSUMS).read_text().splitlines()
    except FileNotFoundError as error:
        why = f"{CHECKSUMS} is missing" if folder.is_dir() else "no such folder"
        raise MissingArtefactError(folder, why) from error
    release = hashlib.sha256()
    for line in lines:
        digest, _, name = line.partition("  ")
        if not name:
            raise CorruptArtefactError(folder, f"{CHECKSUMS} has a line that names no file")
        try:
            found = _sha256(folder / name)
        except FileNotFoundError as error:
            raise MissingArtefactError(folder, f"{name} is missing") from error
        if found != digest:
            raise CorruptArtefactError(folder, f"{name} does not match its checksum")
        if name in _CONTENT:
            release.update(line.encode())
    return release.hexdigest()[:12]


def _write_checksums(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir())
    lines = [f"{_sha256(folder / name)}  {name}" for name in names]
    (folder / CHECKSUMS).write_text("\n".join(lines) + "\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
