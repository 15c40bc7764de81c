"""The text so far of a draft that is being written, for whoever waits for it. Nothing is kept."""

from __future__ import annotations

import time
from uuid import UUID

from django.core.cache import cache

from listing_assistant.assistant import policy


class TextSoFar:
    """Called with the whole text so far as often as it grows; stores it now and then."""

    def __init__(self, public_id: UUID) -> None:
        self._public_id = public_id
        self._stored_at = 0.0

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        if now - self._stored_at >= policy.STREAM_SECONDS:
            cache.set(_key(self._public_id), text, policy.STREAM_KEPT_SECONDS)
            self._stored_at = now

    def clear(self) -> None:
        cache.delete(_key(self._public_id))


def text_so_far(public_id: UUID) -> str:
    """Unchecked; empty before the first words and after the last."""
    return str(cache.get(_key(public_id), ""))


def _key(public_id: UUID) -> str:
    return f"assistant:draft-text:{public_id}"
