import numpy as np
import pytest

from recommender.vectors import VectorError, pack, unpack


def unit(dim: int, seed: int = 0) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=dim).astype(np.float32)
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("dim", [1, 7, 256, 1024])
def test_a_stored_vector_comes_back_to_three_digits(dim):
    vector = unit(dim)
    assert np.abs(unpack(pack(vector)) - vector).max() < 1e-3


def test_a_number_takes_two_bytes_little_endian():
    assert pack(np.array([1, 0], dtype=np.float32)) == b"\x00\x3c\x00\x00"


def test_storing_what_was_stored_changes_nothing():
    once = pack(unit(256))
    assert pack(unpack(once)) == once


@pytest.mark.parametrize(
    "stored",
    [b"", b"\x00", pack(unit(256))[:300], pack(unit(256))[:-1], b"\xff" * 512, b"\x00" * 512],
    ids=["empty", "one byte", "cut in half", "a byte short", "not a number", "all zero"],
)
def test_bytes_that_are_no_unit_vector_are_refused(stored):
    with pytest.raises(VectorError):
        unpack(stored)


@pytest.mark.parametrize(
    "vector",
    [np.zeros(4), np.full(4, np.nan), np.full(4, np.inf), np.ones((2, 2)) / 2, np.ones(4)],
    ids=["zero", "nan", "infinite", "two axes", "too long"],
)
def test_only_a_unit_vector_is_stored(vector):
    with pytest.raises(VectorError):
        pack(vector.astype(np.float32))
