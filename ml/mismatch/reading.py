"""Text seen on the thing in a photo, as evidence for or against the title. An optional extra.

What is read supports the title's words that it repeats. It contradicts one that it does not repeat
where it says another name of the same sort: another known brand, or another model of the same
shape ("WH-1000XM5" beside "WH-1000XM4"). Anything else that is printed on things says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
from PIL import Image

from ml.encoders.base import as_rgb

LEAST_CONFIDENCE = 0.8  # of a line: what is read below it is as often wrong
SIDE = 960  # pixels of the longest side in which text is looked for
SHORTEST_MODEL = 4  # characters; "M5" is a screw, a size, a generation

_MODEL = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")
_DIGIT = re.compile(r"\d")


class ReaderMissingError(Exception):
    """The library that reads is not installed; the message names the extra that brings it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text seen in a photo; edges are shares 0..1 of the upright picture."""

    text: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line says to `title[start:end] == text`: the same, or `seen` in its place."""

    start: int
    end: int
    text: str
    seen: str
    line: Line

    @property
    def contradicts(self) -> bool:
        return _plain(self.seen) != _plain(self.text)


class TextReader(Protocol):
    def read(self, image: Image.Image) -> list[Line]:
        """The lines of an upright picture in any Pillow mode, the surest first."""
        ...


class RapidReader:
    """PP-OCR by rapidocr on ONNX Runtime; its models come in its package, nothing is fetched."""

    def __init__(self) -> None:
        """Raises ReaderMissingError."""
        if find_spec("rapidocr") is None or find_spec("onnxruntime") is None:
            raise ReaderMissingError(
                "rapidocr is not installed: pip install 'listing-assistant[ocr]', or set OCR=off"
            )
        from rapidocr import RapidOCR

        # More threads than one fight for the cores with the other workers.
        threads = {"intra_op_num_threads": 1, "inter_op_num_threads": 1}
        engine = {f"EngineConfig.onnxruntime.{name}": value for name, value in threads.items()}
        self._engine = RapidOCR(params={"Global.log_level": "warning", **engine})

    def read(self, image: Image.Image) -> list[Line]:
        picture = as_rgb(image).copy()
        picture.thumbnail((SIDE, SIDE))
        blue_green_red = np.ascontiguousarray(np.asarray(picture)[..., ::-1])
        found = self._engine(blue_green_red)
        if found.txts is None:
            return []
        lines = [
            _line(text, float(score), box, picture.size)
            for text, score, box in zip(found.txts, found.scores, found.boxes, strict=True)
            if score >= LEAST_CONFIDENCE
        ]
        whole = [line for line in lines if line.left < line.right and line.top < line.bottom]
        return sorted(whole, key=lambda line: -line.confidence)


def compare(lines: Sequence[Line], title: str, names: Collection[str]) -> list[Reading]:
    """What the lines say to the title's known names and models, contradictions first.

    `names` are of one sort, such as all brands. Where one that the title states is read, nothing
    contradicts the others: things carry the names of their makers, not all that they go with.
    """
    known = {plain for name in names if len(plain := _plain(name)) > 2}
    found = _of_sort(lines, title, lambda text: _names_in(text, known), rival=lambda *_: True)
    found += _of_sort(lines, title, _models_in, rival=_same_shape)
    return sorted(found, key=lambda one: (not one.contradicts, -one.line.confidence))


_Span = tuple[int, int]
_Find = Callable[[str], list[_Span]]


def _of_sort(
    lines: Sequence[Line], title: str, find: _Find, rival: Callable[[str, str], bool]
) -> list[Reading]:
    """Readings of the names that `find` finds, in the title and in the lines alike."""
    seen = [(line.text[start:end], line) for line in lines for start, end in find(line.text)]
    stated = find(title)
    pairs = [
        Reading(start, end, title[start:end], text, line)
        for start, end in stated
        for text, line in seen
    ]
    same = [pair for pair in pairs if not pair.contradicts]
    if same:
        return same
    return [pair for pair in pairs if rival(pair.text, pair.seen)]


def _names_in(text: str, known: Collection[str]) -> list[_Span]:
    """Known names of up to three words, the longest where they overlap."""
    words = [match.span() for match in _MODEL.finditer(text)]
    spans: list[_Span] = []
    at = 0
    while at < len(words):
        for count in (3, 2, 1):
            start, end = words[at][0], words[min(at + count, len(words)) - 1][1]
            if _plain(text[start:end]) in known:
                spans.append((start, end))
                at += count - 1
                break
        at += 1
    return spans


def _models_in(text: str) -> list[_Span]:
    """Words with both letters and digits, such as "WH-1000XM4" or "750ml"."""
    spans = [match.span() for match in _MODEL.finditer(text)]
    plain = [_plain(text[start:end]) for start, end in spans]
    return [
        span
        for span, word in zip(spans, plain, strict=True)
        if len(word) >= SHORTEST_MODEL and not word.isalpha() and not word.isdigit()
    ]


def _same_shape(first: str, second: str) -> bool:
    """The same but for their digits."""
    return _DIGIT.sub("0", _plain(first)) == _DIGIT.sub("0", _plain(second))


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _line(text: str, confidence: float, corners: Any, size: tuple[int, int]) -> Line:
    """`corners` (4, 2) in pixels, of a line that may be tilted."""
    shares = np.clip(np.asarray(corners, dtype=np.float64) / size, 0, 1)
    (left, top), (right, bottom) = shares.min(axis=0).tolist(), shares.max(axis=0).tolist()
    return Line(text, confidence, left, top, right, bottom)
