"""What an engine that writes descriptions is. It is not trusted: `predict.py` checks its text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ml.description.request import DraftRequest


class GeneratorError(Exception):
    """The engine cannot write now; `reason` is a short phrase fit for a page and a log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Generator(Protocol):
    """Writes the text of a request in pieces, as they come. Attributes: `name`, `release`."""

    @property
    def name(self) -> str:
        """Which engine: what the setting calls it."""

    @property
    def release(self) -> str:
        """What its text depends on besides the request."""

    def write(self, request: DraftRequest) -> Iterator[str]:
        """Pieces of text, which joined make the whole. Raises GeneratorError, also midway."""
