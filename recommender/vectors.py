"""How a vector is kept in a row: float16, little endian, unit length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

STORED = np.dtype("<f2")
# float16 keeps about three digits, so the length of a stored unit vector is off by 0.001 at most.
# A truncated row, or one of another meaning, is further off than this.
LENGTH_TOLERANCE = 0.01


class VectorError(ValueError):
    """These bytes, or these numbers, are no unit vector."""


def pack(vector: Vector) -> bytes:
    """A unit vector (dim,) as bytes. Raises VectorError."""
    return _checked(np.asarray(vector)).astype(STORED).tobytes()


def unpack(stored: bytes | memoryview) -> Vector:
    """Bytes of `pack` as a vector (dim,). Raises VectorError for anything else."""
    if len(stored) == 0 or len(stored) % STORED.itemsize:
        raise VectorError(f"{len(stored)} bytes are no row of float16")
    return _checked(np.frombuffer(stored, dtype=STORED).astype(np.float32))


def _checked(vector: NDArray[np.floating]) -> Vector:
    if vector.ndim != 1:
        raise VectorError(f"a vector has one axis, not the shape {vector.shape}")
    length = float(np.linalg.norm(vector))
    if not abs(length - 1) <= LENGTH_TOLERANCE:  # a NaN is not within it either
        raise VectorError(f"a vector of length {length:.3f}, where 1 is expected")
    return vector.astype(np.float32)
