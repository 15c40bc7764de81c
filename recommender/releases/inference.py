"""What a trained folder says of itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class TrainedFolder:
    """What an artefact says of itself."""

    release: str
    metrics: dict[str, Any]


class ArtefactUnusableError(Exception):
    """A folder is no whole artefact of the kind asked for; the message says what it lacks."""


def read_artefact(folder: Path, kind: str) -> TrainedFolder:
    """Checked against its checksums. Raises ArtefactUnusableError."""
    from ml.artefacts import ArtefactError, verify_checksums

    try:
        release = verify_checksums(folder)
        config = json.loads((folder / "config.json").read_text())
        metrics = json.loads((folder / "metrics.json").read_text())
    except ArtefactError as error:
        raise ArtefactUnusableError(error.reason) from error
    except (OSError, ValueError) as error:
        raise ArtefactUnusableError(f"cannot be read ({error})") from error
    if config.get("kind") != kind:
        raise ArtefactUnusableError(f"holds a model of kind {config.get('kind')!r}, not {kind!r}")
    return TrainedFolder(release, metrics)
