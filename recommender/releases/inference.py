"""Which folder of a model answers, and what a trained folder says of itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from recommender.releases.selectors import released_folder

RELEASES = "releases"


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


def registered_folder(kind: str, release: str) -> Path:
    """Where a registered release lies, on every machine: named by its content."""
    return Path(settings.ARTEFACTS_DIR) / RELEASES / kind / release


def artefact_folder(kind: str) -> Path:
    """Of the release in service; else what was put under ARTEFACTS_DIR by hand; else bundled."""
    from ml.artefacts import bundled

    released = released_folder(kind)
    if released is not None:
        return released
    own = Path(settings.ARTEFACTS_DIR) / kind
    return own if own.is_dir() else bundled(kind)
