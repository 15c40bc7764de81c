"""A folder of files that all processes map, put in service by a rename.

    root/manifest.json   names the folder in service, and says what it is
    root/<folder>/…      the files

A reader sees the old folder or the new one; killed at any point, a writer leaves the old one in
service. A folder may go while processes have its files mapped: the file system keeps them until the
last lets go.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
DRAFT = ".draft-"


class ManifestError(Exception):
    """A manifest that cannot be read; the message says why."""


def new_draft(root: Path) -> Path:
    """A folder to write the files in, which nobody reads yet."""
    draft = root / f"{DRAFT}{uuid.uuid4().hex}"
    draft.mkdir(parents=True)
    return draft


def name_of(draft: Path) -> str:
    """What the folder will be called in service."""
    return draft.name.removeprefix(DRAFT)


def put_in_service(root: Path, draft: Path, manifest: Mapping[str, Any]) -> None:
    """`manifest` names the folder by `name_of`. Sweeps up what is no longer in service."""
    folder = name_of(draft)
    draft.rename(root / folder)
    beside = root / f"{MANIFEST}{DRAFT}{folder}"
    beside.write_text(json.dumps(manifest, indent=2) + "\n")
    beside.replace(root / MANIFEST)
    _remove_old(root, folder)


def read_manifest(root: Path) -> dict[str, Any] | None:
    """What is in service; None for nothing. Raises ManifestError."""
    try:
        found = json.loads((root / MANIFEST).read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ManifestError(f"{MANIFEST} is no manifest: {error}") from error
    if not isinstance(found, dict):
        raise ManifestError(f"{MANIFEST} is no manifest: it names no folder")
    return found


def changed_at(root: Path) -> int:
    """Tells what is in service from what was before; 0 for nothing. Costs microseconds."""
    return file_changed_at(root / MANIFEST)


def file_changed_at(path: Path) -> int:
    """Tells a file that was replaced from the one before; 0 for none."""
    try:
        about = path.stat()
    except FileNotFoundError:
        return 0
    return hash((about.st_ino, about.st_mtime_ns))


def _remove_old(root: Path, in_service: str, *, kept: int = 1) -> None:
    """One before stays: a process of another machine may be about to map it."""
    others = [path for path in root.iterdir() if path.is_dir() and path.name != in_service]
    drafts = [path for path in others if path.name.startswith(DRAFT)]
    before = sorted(set(others) - set(drafts), key=lambda path: path.stat().st_mtime_ns)
    for path in [*drafts, *before[: max(0, len(before) - kept)]]:
        shutil.rmtree(path)
    for path in root.glob(f"{MANIFEST}{DRAFT}*"):
        path.unlink()
