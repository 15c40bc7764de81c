"""Server-sent events (WHATWG HTML, section 9.2), as far as a stream of completions uses them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_LINE_END = re.compile(r"\r\n|\n|\r")


def data_of_events(chunks: Iterable[str]) -> Iterator[str]:
    """The `data` of each event, its lines joined. Comments and other fields are passed over.

    An event that the stream ends in without an empty line counts: some servers leave it out.
    """
    held: list[str] = []
    for line in _lines(chunks):
        if line:
            name, _, value = line.partition(":")
            if name == "data":
                held.append(value.removeprefix(" "))
        elif held:
            yield "\n".join(held)
            held = []
    if held:
        yield "\n".join(held)


def _lines(chunks: Iterable[str]) -> Iterator[str]:
    held: list[str] = []
    is_first, after_return = True, False
    for chunk in filter(None, chunks):
        if is_first:
            chunk, is_first = chunk.removeprefix("\ufeff"), False
        if after_return:  # whose line has ended; a line feed here only completes the pair
            chunk = chunk.removeprefix("\n")
        after_return = chunk.endswith("\r")
        start, *others = _LINE_END.split(chunk)
        held.append(start)
        for part in others:
            yield "".join(held)
            held = [part]
    if last := "".join(held):
        yield last
