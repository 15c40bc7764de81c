"""Trees of LightGBM's text format, served by its own shared library and nothing of its package.

The package brings scipy, pandas and scikit-learn: 170 MB and seconds that a web process does not
have. The library's C API is documented and stable; calls through ctypes release the GIL.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np

from .model import Matrix, Row
from .trees import TreesError, check_trees

FLOAT32, ROW_MAJOR = 0, 1
RAW_SCORE, CONTRIBUTIONS = 1, 3
ALL_TREES = -1
NAMES = {"win32": "lib_lightgbm.dll", "darwin": "lib_lightgbm.dylib"}
# One thread: many processes of one thread each use a machine better than the other way round.
PARAMETERS = b"num_threads=1 verbosity=-1"


class BoosterError(Exception):
    """The library is missing, or refuses the model or the rows; the message is its own."""


class Booster:
    """`text` is a model as LightGBM writes it. Raises BoosterError where it does not parse."""

    def __init__(self, text: str) -> None:
        self._library = _library()
        self._handle = ctypes.c_void_p()
        try:
            columns = check_trees(text)
        except TreesError as error:
            raise BoosterError(str(error)) from error
        rounds = ctypes.c_int()
        self._call(
            "LGBM_BoosterLoadModelFromString",
            text.encode(), ctypes.byref(rounds), ctypes.byref(self._handle),
        )  # fmt: skip
        self.features = columns
        self.rounds = rounds.value

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._library.LGBM_BoosterFree(self._handle)

    def scores(self, matrix: Matrix) -> Row:
        """(n,) sums of leaves."""
        return self._predict(matrix, RAW_SCORE, 1)[:, 0]

    def contributions(self, matrix: Matrix) -> Row:
        """(n, F + 1) TreeSHAP: what each column adds to the score, the last what all share."""
        return self._predict(matrix, CONTRIBUTIONS, self.features + 1)

    def _predict(self, matrix: Matrix, kind: int, width: int) -> Row:
        if matrix.ndim != 2 or matrix.shape[1] != self.features:
            raise BoosterError(f"a matrix of {matrix.shape} for {self.features} columns")
        n = len(matrix)
        answer = np.zeros((n, width))
        if not n:
            return answer
        rows = np.ascontiguousarray(matrix, dtype=np.float32)
        length = ctypes.c_int64()
        self._call(
            "LGBM_BoosterPredictForMat",
            self._handle, rows.ctypes.data_as(ctypes.c_void_p), ctypes.c_int(FLOAT32),
            ctypes.c_int32(n), ctypes.c_int32(self.features), ctypes.c_int(ROW_MAJOR),
            ctypes.c_int(kind), ctypes.c_int(0), ctypes.c_int(ALL_TREES), PARAMETERS,
            ctypes.byref(length), answer.ctypes.data_as(ctypes.c_void_p),
        )  # fmt: skip
        if length.value != answer.size:
            raise BoosterError(f"{length.value} numbers for {answer.size}")
        return answer

    def _call(self, name: str, *arguments: object) -> None:
        if getattr(self._library, name)(*arguments):
            raise BoosterError(self._library.LGBM_GetLastError().decode(errors="replace"))


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    """Beside the package, which is looked for and not imported."""
    found = importlib.util.find_spec("lightgbm")
    if found is None or not found.submodule_search_locations:
        raise BoosterError("lightgbm is not installed")
    package = Path(found.submodule_search_locations[0])
    name = NAMES.get(sys.platform, "lib_lightgbm.so")
    for place in (package / "lib" / name, package / "bin" / name, package / name):
        if place.is_file():
            library = ctypes.CDLL(str(place))
            library.LGBM_GetLastError.restype = ctypes.c_char_p
            return library
    raise BoosterError(f"{name} is not beside the package lightgbm")
