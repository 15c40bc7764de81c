"""Compiled or eager: the same rows, one conversion, and never a reason to have no rows at all."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from ml.artefacts import IncompatibleArtefactError
from ml.encoders.acceleration import (
    MODEL,
    Acceleration,
    Compiled,
    Eager,
    Part,
    drift_between,
    forward_of,
)

PROBE = np.random.default_rng(0).random((4, 6), dtype=np.float32)


class Plain(nn.Module):
    """Rows (n, 6) to rows (n, 5), with weights of a seed."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.layers = nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 5))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.layers(rows)


class Batchwise(Plain):
    """What tracing freezes: one row alone is treated otherwise than many."""

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return -self.layers(rows) if len(rows) == 1 else self.layers(rows)


class Untraceable(Plain):
    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        if torch.jit.is_tracing():
            raise RuntimeError("this cannot be traced")
        return self.layers(rows)


class Builder:
    """Builds a module and remembers how often."""

    def __init__(self, kind: type[nn.Module] = Plain) -> None:
        self.kind, self.built = kind, 0

    def __call__(self) -> nn.Module:
        self.built += 1
        return self.kind()


def part_of(build, release: str = "0123456789ab") -> Part:
    return Part("image", release, build, lambda: (PROBE,))


@pytest.fixture
def how(tmp_path) -> Acceleration:
    return Acceleration(tmp_path / "conversions")


def kept_models(how: Acceleration) -> list[Path]:
    return sorted(how.cache.glob(f"*/{MODEL}"))


def test_compiled_rows_are_the_eager_ones(how):
    forward = forward_of(part_of(Plain), how)
    assert isinstance(forward, Compiled)
    for rows in (PROBE, PROBE[:1], np.tile(PROBE, (20, 1))):
        np.testing.assert_allclose(forward(rows), Eager(Plain())(rows), atol=5e-3)


def test_a_kept_conversion_needs_no_module(how):
    build = Builder()
    first = forward_of(part_of(build), how)
    second = forward_of(part_of(build), how)
    assert build.built == 1
    np.testing.assert_array_equal(first(PROBE), second(PROBE))


def test_another_release_is_converted_anew(how):
    forward_of(part_of(Plain, "aaaaaaaaaaaa"), how)
    forward = forward_of(part_of(lambda: Plain(1), "bbbbbbbbbbbb"), how)
    np.testing.assert_allclose(forward(PROBE), Eager(Plain(1))(PROBE), atol=5e-3)
    assert len(kept_models(how)) == 2


def test_starts_at_the_same_time_convert_once(how):
    build = Builder()
    with ThreadPoolExecutor(3) as pool:
        forwards = list(pool.map(lambda _: forward_of(part_of(build), how), range(3)))
    assert build.built == 1
    np.testing.assert_array_equal(forwards[0](PROBE), forwards[2](PROBE))


def test_rows_that_drift_are_not_used_and_not_tried_again(how, caplog):
    build = Builder(Batchwise)
    forward = forward_of(part_of(build), how)
    assert isinstance(forward, Eager) and "drift by 2.0" in caplog.text
    assert build.built == 2  # one to convert, one to run
    forward_of(part_of(build), how)
    assert build.built == 3


def test_a_module_that_cannot_be_converted_runs_eagerly(how, caplog):
    forward = forward_of(part_of(Untraceable), how)
    assert "conversion failed" in caplog.text
    np.testing.assert_array_equal(forward(PROBE), Eager(Untraceable())(PROBE))


def test_insisting_names_the_setting(how):
    with pytest.raises(IncompatibleArtefactError, match="ENCODER_ENGINE=auto"):
        forward_of(part_of(Untraceable), Acceleration(how.cache, insist=True))


def test_without_the_package_torch_runs_it_and_the_log_says_why(how, caplog, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert isinstance(forward_of(part_of(Plain), how), Eager)
    assert "pip install openvino" in caplog.text


def test_a_cache_that_cannot_be_written_costs_only_speed(tmp_path, caplog):
    file = tmp_path / "file"
    file.touch()
    assert isinstance(forward_of(part_of(Plain), Acceleration(file / "below")), Eager)
    assert "cannot be written" in caplog.text


def test_a_damaged_conversion_is_made_anew_by_the_next_start(how, caplog):
    forward_of(part_of(Plain), how)
    kept_models(how)[0].write_text("<net")
    assert isinstance(forward_of(part_of(Plain), how), Eager)
    assert isinstance(forward_of(part_of(Plain), how), Compiled)


def test_a_conversion_cut_short_is_made_again(how):
    forward_of(part_of(Plain), how)
    kept_models(how)[0].with_name("outcome.json").unlink()
    assert isinstance(forward_of(part_of(Plain), how), Compiled)


def test_the_drift_measured_is_kept_beside_the_model(how):
    forward_of(part_of(Plain), how)
    outcome = json.loads(kept_models(how)[0].with_name("outcome.json").read_text())
    assert outcome["refused"] == "" and 0 <= outcome["drift"] < 0.01


def test_drift_is_one_minus_the_worst_cosine():
    angle = 0.3
    turned = np.array([[np.cos(angle), np.sin(angle)]], dtype=np.float32)

    def straight(rows: np.ndarray) -> np.ndarray:
        return np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(rows), 1))

    def turning(rows: np.ndarray) -> np.ndarray:
        """Only the last row of a batch of three is off."""
        return straight(rows) if len(rows) < 3 else np.concatenate([straight(rows[1:]), 3 * turned])

    probe = (np.zeros((3, 1), dtype=np.float32),)
    assert drift_between(straight, turning, probe) == pytest.approx(1 - np.cos(angle), abs=1e-6)
    assert drift_between(straight, straight, probe) == pytest.approx(0, abs=1e-6)


def test_rows_that_are_no_numbers_drift_the_most():
    def broken(rows: np.ndarray) -> np.ndarray:
        return np.full((len(rows), 5), np.nan, dtype=np.float32)

    assert drift_between(Eager(Plain()), broken, (PROBE,)) == 2


def test_threads_share_a_compiled_module(how):
    forward = forward_of(part_of(Plain), how)
    batches = [np.random.default_rng(seed).random((9, 6), dtype=np.float32) for seed in range(40)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(forward, batches))
    for rows, batch in zip(together, batches, strict=True):
        np.testing.assert_array_equal(rows, forward(batch))


def test_a_compiled_module_works_after_a_fork(tmp_path):
    """In a process of its own: a fork of pytest would take its threads' locks along."""
    code = f"""
import os, signal, numpy as np
from pathlib import Path
from torch import nn
from ml.encoders.acceleration import Acceleration, Compiled, Part, forward_of

probe = np.random.default_rng(0).random((4, 6), dtype=np.float32)
part = Part("image", "0123456789ab", lambda: nn.Linear(6, 5), lambda: (probe,))
forward = forward_of(part, Acceleration(Path({str(tmp_path)!r})))
expected = forward(probe)
assert isinstance(forward, Compiled)
child = os.fork()
if not child:
    signal.alarm(60)
    os._exit(0 if np.array_equal(forward(probe), expected) else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ)).returncode == 0


def test_a_conversion_leaves_the_log_as_it_was(how, caplog):
    logging.getLogger("elsewhere").setLevel(logging.INFO)
    forward_of(part_of(Plain), how)
    logging.getLogger("elsewhere").info("still heard")
    assert "still heard" in caplog.text


def test_nothing_is_reported_to_the_maker_of_openvino(how):
    forward_of(part_of(Plain), how)
    assert sys.modules["openvino_telemetry"] is None
