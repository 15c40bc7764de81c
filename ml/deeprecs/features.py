"""An item's words as hashed features: title, details and category to rows of a table.

A feature that training did not meet often enough has no row and says nothing, so a title of new
words is read by the pieces of its words, its details and its category.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ml.negatives import normalised_word
from ml.records import ItemRecord

WORDS, PIECES, DETAILS, CATEGORY = "words", "pieces", "details", "category"
FIELDS = (WORDS, PIECES, DETAILS, CATEGORY)
PIECE_LENGTH = 4

Hashes = NDArray[np.uint64]

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


@dataclass(frozen=True)
class Bags:
    """Weighted table rows of many items: those of item i are `rows[ends[i - 1]:ends[i]]`."""

    rows: NDArray[np.int64]
    weights: NDArray[np.float32]
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ends)

    def of(self, items: NDArray[np.int64]) -> Bags:
        """The bags of these items alone, in the order given."""
        starts = np.concatenate([[0], self.ends])[items]
        lengths = self.ends[items] - starts
        ends = np.cumsum(lengths)
        within = np.arange(lengths.sum()) - np.repeat(ends - lengths, lengths)
        places = np.repeat(starts, lengths) + within
        return Bags(self.rows[places], self.weights[places], ends)


def learn_hashes(
    records: Iterable[ItemRecord], fields: Sequence[str], *, least: int, most: int
) -> Hashes:
    """The features of at least `least` items, at most the `most` most frequent; ascending."""
    counts: Counter[int] = Counter()
    for record in records:
        counts.update({one for field in fields for one in features_of(record, field)})
    kept = sorted(
        (one for one in counts if counts[one] >= least), key=lambda one: (-counts[one], one)
    )
    return np.sort(np.array(kept[:most], dtype=np.uint64))


def bags_of(records: Iterable[ItemRecord], hashes: Hashes, fields: Sequence[str]) -> Bags:
    """Every item's known features. A field of n weighs 1/√n each, so that long titles do not
    drown the category."""
    found: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float32]] = []
    ends, total = [], 0
    for record in records:
        for field in fields:
            rows = known_rows(features_of(record, field), hashes)
            found.append(rows)
            weights.append(np.full(len(rows), 1 / max(1, len(rows)) ** 0.5, np.float32))
            total += len(rows)
        ends.append(total)
    return Bags(
        np.concatenate([np.empty(0, np.int64), *found]),
        np.concatenate([np.empty(0, np.float32), *weights]),
        np.array(ends, dtype=np.int64),
    )


def known_rows(features: Sequence[int], hashes: Hashes) -> NDArray[np.int64]:
    """Where features stand in the ascending `hashes`; unknown ones are left out."""
    wanted = np.array(features, dtype=np.uint64)
    places = np.searchsorted(hashes, wanted)
    places[places == len(hashes)] = 0
    known = hashes[places] == wanted if len(hashes) else np.zeros(len(wanted), bool)
    return np.asarray(places[known], dtype=np.int64)


def features_of(record: ItemRecord, field: str) -> list[int]:
    """The distinct features of one field, hashed; raises ValueError for an unknown field."""
    if field == WORDS:
        return _distinct(_hash("w", word) for word in _words(record.title))
    if field == PIECES:
        return _distinct(one for word in _words(record.title) for one in _pieces(word))
    if field == DETAILS:
        return _distinct(
            _hash("d", f"{name.lower()}={' '.join(value.lower().split())}")
            for name, value in record.attributes.items()
        )
    if field == CATEGORY:
        return _distinct(_category_features(tuple(record.category)))
    raise ValueError(f"field is {field!r}; use some of {', '.join(FIELDS)}")


def _words(text: str) -> list[str]:
    return [normalised_word(word) for word in _WORD.findall(text)]


@lru_cache(maxsize=2**16)
def _category_features(path: tuple[str, ...]) -> tuple[int, ...]:
    """Every prefix of the path, and the words of its last name: "Wall lamp" is a lamp."""
    prefixes = (_hash("k", " > ".join(path[:depth]).lower()) for depth in range(1, len(path) + 1))
    words = (_hash("l", word) for word in _words(path[-1] if path else ""))
    return (*prefixes, *words)


@lru_cache(maxsize=2**17)
def _pieces(word: str) -> tuple[int, ...]:
    """Runs of letters of a word with its ends marked; a short word is one piece."""
    marked = f"<{word}>"
    last = max(1, len(marked) - PIECE_LENGTH + 1)
    return tuple(_hash("p", marked[start : start + PIECE_LENGTH]) for start in range(last))


@lru_cache(maxsize=2**17)
def _hash(kind: str, text: str) -> int:
    digest = hashlib.blake2b(f"{kind}:{text}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _distinct(features: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(features))
