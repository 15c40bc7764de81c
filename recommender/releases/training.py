"""Where every training keeps its work, and how a model's own command line is run.

Training is a process of its own: its memory goes when it ends, and what stops it stops nothing
else.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.utils import timezone

TRAINING = "training"


class TrainingError(Exception):
    """Training or evaluation cannot start, or failed; the message says why and what to do."""


def new_folder(name: str) -> Path:
    """One a run, so that two that run at once do not meet."""
    stamp = timezone.now().strftime("%Y%m%d-%H%M%S-%f")
    folder = Path(settings.ARTEFACTS_DIR) / TRAINING / f"{name}-{stamp}"
    folder.mkdir(parents=True)
    return folder


def run_module(module: str, *arguments: str) -> None:
    """Its progress and errors go to the terminal. Raises TrainingError where it fails."""
    command = [sys.executable, "-m", module, *arguments]
    status = subprocess.run(command, cwd=settings.BASE_DIR, check=False).returncode
    if status:
        raise TrainingError(f"python -m {module} failed with status {status}; it says why above.")
