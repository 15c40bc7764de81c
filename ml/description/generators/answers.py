"""What language models answer beside the text: their thinking aloud, which is no description."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_OPEN, _CLOSE = "<think>", "</think>"


def spoken(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces without a block of thoughts in front, and without space in front of the text."""
    held, is_open = "", True
    for piece in pieces:
        if not is_open:
            yield piece
            continue
        held = (held + piece).lstrip()
        if held.startswith(_OPEN):
            _, closed, rest = held.partition(_CLOSE)
            held = rest.lstrip() if closed else held
            if not closed:
                continue
        if held and not _OPEN.startswith(held):
            yield held
            is_open = False
    if is_open and held and not held.startswith(_OPEN):
        yield held
