"""Who is in an experiment and in which arm: the same everywhere and for good.

Two hashes of a unit decide. That of the layer's salt gives its bucket, and the experiment that owns
the bucket has it: experiments of one layer share nobody, those of two layers share people by
chance. That of the experiment's own salt gives the arm, whatever the buckets, so that a ramp moves
nobody from one arm to another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import accumulate

BUCKETS = 10_000
HASHED_BYTES = 8


def bucket_of(salt: str, unit: str) -> int:
    """From 0 to below BUCKETS."""
    return _hashed(salt, unit) * BUCKETS >> 8 * HASHED_BYTES


def arm_of(salt: str, unit: str, shares: Sequence[float]) -> int:
    """The place of the unit's arm; `shares` add up to 1."""
    point = _hashed(salt, unit) / 2 ** (8 * HASHED_BYTES)
    ends = list(accumulate(shares))[:-1]
    return sum(point >= end for end in ends)


def _hashed(salt: str, unit: str) -> int:
    # Of bytes, so that every process and version of Python finds the same.
    digest = hashlib.sha256(f"{salt}\n{unit}".encode()).digest()
    return int.from_bytes(digest[:HASHED_BYTES], "big")
