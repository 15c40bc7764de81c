"""What every answer depends on and hardly ever changes: asked for once in a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.conf import settings

Told = TypeVar("Told")


class Remembered(Generic[Told]):
    """Asks anew after settings.REMEMBERED_SECONDS, so every process follows a change by then.

    Each process asks for itself. Threads that ask at the same time may ask twice.
    """

    def __init__(self, ask: Callable[[], Told]) -> None:
        self._ask = ask
        self._kept: tuple[float, Told] | None = None

    def __call__(self) -> Told:
        # Of the time before the asking: what changes meanwhile is not missed for longer.
        now = time.monotonic()
        kept = self._kept
        if kept is not None and now - kept[0] < settings.REMEMBERED_SECONDS:
            return kept[1]
        told = self._ask()
        self._kept = now, told
        return told
