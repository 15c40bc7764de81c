"""Run an encoder's module for serving: compiled for this CPU by OpenVINO, or eagerly by torch.

A conversion takes seconds, so its outcome is kept under the encoder's release, OpenVINO's version
and the precision: the compiled model, or the reason why there is none. A module is used compiled
only if its rows for a built-in probe stay within DRIFT_LIMIT of the eager ones, so that vectors of
both kinds may be compared and cached together. With a kept conversion the module is never built.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ml.artefacts import IncompatibleArtefactError
from ml.encoders.base import Vectors, unit_rows

DRIFT_LIMIT = 0.01  # 1 - cosine; real encoders stay a thousand times below it
MODEL, OUTCOME = "model.xml", "outcome.json"

Arrays = tuple[NDArray[Any], ...]
# The module's inputs as arrays to its rows (n, dim), not yet unit length.
Forward = Callable[..., Vectors]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Acceleration:
    """Compile where it can be done, and keep conversions under `cache`.

    Where it cannot, torch runs the module and the log says why, unless `insist`. Without a
    `precision` it is bf16 where the CPU computes it: elsewhere that is slower than f32.
    """

    cache: Path
    insist: bool = False
    precision: Literal["f32", "bf16"] | None = None


@dataclass(frozen=True)
class Part:
    """What to run: a module, its name, and inputs to convert and check it with.

    `probe` gives at least three rows, and `free_axes` are those whose length changes between calls.
    """

    name: str
    release: str
    build: Callable[[], nn.Module]
    probe: Callable[[], Arrays]
    free_axes: tuple[int, ...] = (0,)


class EngineError(Exception):
    """OpenVINO cannot run this module here; `lasting` if trying again would not help."""

    def __init__(self, reason: str, *, lasting: bool) -> None:
        super().__init__(reason)
        self.lasting = lasting


def forward_of(part: Part, how: Acceleration | None) -> Forward:
    """The part's forward pass, eager where `how` is None.

    Raises IncompatibleArtefactError if it must be compiled and cannot be.
    """
    if how is None:
        return Eager(part.build())
    try:
        precision = how.precision or cpu_precision()
        with _home(part, how.cache, precision) as folder:
            return _compiled(part, folder, precision)
    except EngineError as error:
        if how.insist:
            raise IncompatibleArtefactError(
                Path(part.name),
                f"cannot run on OpenVINO: {error}. ENCODER_ENGINE=auto falls back to torch",
            ) from error
        log.warning("The %s encoder %s runs eagerly: %s", part.name, part.release, error)
        return Eager(part.build())


class Eager:
    """The module as torch runs it."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module.eval()

    def __call__(self, *arrays: NDArray[Any]) -> Vectors:
        with torch.inference_mode():
            rows: Vectors = self._module(*map(torch.from_numpy, arrays)).float().numpy()
        return rows


class Compiled:
    """A converted module, safe to call from several threads and after a fork."""

    def __init__(self, path: Path, precision: str) -> None:
        self._path = path
        self._precision = precision
        self._session = _Session.open(path, precision)
        self._inherited: list[_Session] = []

    def __call__(self, *arrays: NDArray[Any]) -> Vectors:
        session = self._session
        if session.process != os.getpid():
            # The threads of a compiled model do not survive a fork: a call would wait for ever, and
            # ending them once more would end the process, so the parent's is kept.
            self._inherited.append(session)
            session = self._session = _Session.open(self._path, self._precision)
        with session.lock:
            return np.array(session.request.infer(list(arrays))[0], dtype=np.float32)


@dataclass(frozen=True)
class _Session:
    """One request at a time: two at once would only share the one core that a process takes."""

    process: int
    lock: Lock
    request: Any

    @classmethod
    def open(cls, path: Path, precision: str) -> _Session:
        openvino = _openvino()
        try:
            compiled = openvino.Core().compile_model(path, "CPU", _settings(precision))
        except RuntimeError as error:
            raise EngineError(_in_short(error), lasting=False) from error
        return cls(os.getpid(), Lock(), compiled.create_infer_request())


def _settings(precision: str) -> dict[str, Any]:
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": 1,
        # Pinned, every worker process would sit on the same core.
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": precision,
    }


def cpu_precision() -> str:
    """What this CPU computes fastest. Raises EngineError without OpenVINO."""
    able = _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bf16" if "BF16" in able else "f32"


def _openvino() -> Any:
    """The package. Raises EngineError without it."""
    # It would report every import to its maker; what it cannot import, it does without.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise EngineError(
            f"openvino is not installed ({error}): pip install openvino", lasting=False
        ) from error
    return openvino


@contextmanager
def _home(part: Part, cache: Path, precision: str) -> Iterator[Path]:
    """Where the part's conversion is kept, held alone: others wait rather than convert as well."""
    version = _openvino().__version__.split("-")[0]
    name = f"{part.name}-{part.release}-{version}-{precision}"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = (cache / f".{name}.lock").open("w")
    except OSError as error:
        raise EngineError(f"{cache} cannot be written: {error}", lasting=False) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield cache / name


def _compiled(part: Part, folder: Path, precision: str) -> Forward:
    """The kept conversion, or a new one. Raises EngineError."""
    refused = _refusal(folder)
    if refused is None:
        _convert(part, folder, precision)
        refused = _refusal(folder)
    if refused:
        raise EngineError(refused, lasting=True)
    try:
        return Compiled(folder / MODEL, precision)
    except EngineError:
        # Kept but unreadable, such as after a full disk: made anew by the next start.
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _refusal(folder: Path) -> str | None:
    """Why the conversion kept there is not used, "" if it is; None where there is none."""
    try:
        return str(json.loads((folder / OUTCOME).read_text())["refused"])
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _convert(part: Part, folder: Path, precision: str) -> None:
    """Write beside `folder` what came of converting, then rename. Raises EngineError."""
    module = part.build()
    try:
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            outcome = _outcome(part, module, draft / MODEL, precision)
            (draft / OUTCOME).write_text(json.dumps(outcome, indent=2) + "\n")
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise EngineError(f"a conversion cannot be kept: {error}", lasting=False) from error


def _outcome(part: Part, module: nn.Module, path: Path, precision: str) -> dict[str, Any]:
    probe = part.probe()
    try:
        _save(module, probe, part.free_axes, path)
        drift = drift_between(Eager(module), Compiled(path, precision), probe)
    except EngineError as error:
        if not error.lasting:
            raise
        return {"refused": str(error)}
    log.info("Converted the %s encoder %s; drift %.1e", part.name, part.release, drift)
    if drift < DRIFT_LIMIT:
        return {"refused": "", "drift": drift}
    return {"refused": f"its rows drift by {drift:.3f}, at most {DRIFT_LIMIT} is allowed"}


def _save(module: nn.Module, probe: Arrays, free_axes: tuple[int, ...], path: Path) -> None:
    """Convert a module, tracing it with two rows, and write it. Raises EngineError."""
    openvino = _openvino()
    example = tuple(torch.from_numpy(array[:2]) for array in probe)
    try:
        with _quiet(), torch.inference_mode():
            model = openvino.convert_model(module.eval(), example_input=example)
        for given, array in zip(model.inputs, probe, strict=True):
            lengths = [
                -1 if axis in free_axes else length for axis, length in enumerate(array.shape)
            ]
            given.get_node().set_partial_shape(openvino.PartialShape(lengths))
        model.validate_nodes_and_infer_types()
        openvino.save_model(model, path, compress_to_fp16=False)
    except (RuntimeError, TypeError, ValueError, openvino.frontend.OpConversionFailure) as error:
        raise EngineError(f"conversion failed: {_in_short(error)}", lasting=True) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Undoes that a conversion silences the whole process's log below errors."""
    root = logging.getLogger()
    level, filters = root.level, list(root.filters)
    try:
        with warnings.catch_warnings():
            # What the trace freezes would show in the drift; how it is made is not ours to change.
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(level)
        root.filters[:] = filters


def drift_between(first: Forward, second: Forward, probe: Arrays) -> float:
    """The largest 1 - cosine between rows of two engines, in a batch and each row alone.

    A batch size that the tracing froze shows in the one or the other.
    """
    alone = [tuple(array[row : row + 1] for array in probe) for row in range(len(probe[0]))]
    cosines = [
        np.sum(unit_rows(first(*batch)) * unit_rows(second(*batch)), axis=1)
        for batch in [probe, *alone]
    ]
    # A NaN is no cosine: it counts as the greatest drift there is.
    return float(1 - np.nan_to_num(np.concatenate(cosines), nan=-1.0).min())


def _in_short(error: Exception) -> str:
    return " ".join((str(error) or repr(error)).split())[:240]
