"""The key vectors of the vocabulary, built anew when the vocabulary or the model has changed.

Nothing waits for it: what the file does not hold yet is encoded by whoever asks for it first.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings

from listing_assistant.assistant import inference
from listing_assistant.catalogue.selectors import offered_editions

if TYPE_CHECKING:
    from ml.taclr.value_store import BuildReport

log = structlog.get_logger(__name__)

MARK = "built.json"  # beside the vectors: what they were built for
Progress = Callable[[int, int], None]


def is_due() -> bool:
    """Whether the vocabulary, the model or its text encoder is not what was built for."""
    try:
        return bool(json.loads(_mark().read_text()) != _wanted())
    except (FileNotFoundError, ValueError):
        return True


def build_due(*, seconds: float) -> bool:
    """Build for so many seconds if there is need; whether something is left to do.

    False too while another process is at it, and while the model cannot be used.
    """
    if not is_due():
        return False
    try:
        report = build(wait=False, seconds=seconds)
    except inference.UnavailableError:
        return False
    return report is not None and not report.complete


def build(
    progress: Progress | None = None, *, wait: bool, seconds: float | None = None
) -> BuildReport | None:
    """Build, due or not. None while another process is at it and `wait` is false.

    Raises UnavailableError with the reason why the model cannot be used.
    """
    # Read first: what is edited meanwhile is due again.
    wanted = _wanted()
    report = inference.build_values(progress, wait=wait, seconds=seconds)
    if report is not None and report.complete:
        _put_mark(wanted)
        log.info("values_built", encoded=report.encoded, kept=report.kept, dropped=report.dropped)
    return report


def _wanted() -> list[Any]:
    return [inference.values_release(), [list(each) for each in offered_editions()]]


def _put_mark(wanted: list[Any]) -> None:
    beside = _mark().with_suffix(".draft")
    beside.write_text(json.dumps(wanted))
    beside.replace(_mark())


def _mark() -> Path:
    return Path(settings.VALUES_DIR) / MARK
