from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import chi2

from recommender.experiments.assigning import BUCKETS, arm_of, bucket_of


def test_units_have_known_buckets():
    """Written down once: a change of these would reshuffle every running experiment."""
    known = {"u1": 1678, "u2": 5375, "s0af3": 6560}
    assert {unit: bucket_of("layer ranking", unit) for unit in known} == known
    assert [arm_of("salt", f"u{n}", [0.5, 0.5]) for n in range(8)] == [1, 1, 1, 0, 0, 1, 1, 1]


def test_a_bucket_is_the_hashs_share_of_all():
    digest = hashlib.sha256(b"a salt\nu7").hexdigest()

    assert bucket_of("a salt", "u7") == int(int(digest[:16], 16) / 16**16 * BUCKETS)


def test_another_process_finds_the_same():
    code = (
        "from recommender.experiments.assigning import arm_of, bucket_of;"
        "print(bucket_of('s', 'u9'), arm_of('s', 'u9', [0.2, 0.3, 0.5]))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": "."},
    )  # fmt: skip

    assert told.stdout.split() == [
        str(bucket_of("s", "u9")),
        str(arm_of("s", "u9", [0.2, 0.3, 0.5])),
    ]


def p_value(table: np.ndarray) -> float:
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
    statistic = ((table - expected) ** 2 / expected).sum()
    return float(chi2.sf(statistic, (table.shape[0] - 1) * (table.shape[1] - 1)))


def test_buckets_are_filled_alike():
    counts = np.bincount([bucket_of("x", f"u{n}") // 500 for n in range(40_000)], minlength=20)

    assert chi2.sf(((counts - 2000) ** 2 / 2000).sum(), 19) > 0.001


@pytest.mark.parametrize(
    ("one", "other"),
    [("layer a", "layer b"), ("experiment 1", "experiment 2"), ("layer a", "experiment 1")],
)
def test_what_one_salt_says_tells_nothing_of_another(one, other):
    table = np.zeros((4, 4))
    for n in range(20_000):
        table[bucket_of(one, f"u{n}") // 2500, arm_of(other, f"u{n}", [0.25] * 4)] += 1

    assert p_value(table) > 0.001


def test_arms_get_their_shares():
    arms = np.bincount([arm_of("x", f"s{n}", [0.1, 0.2, 0.7]) for n in range(30_000)])

    assert arms / 30_000 == pytest.approx([0.1, 0.2, 0.7], abs=0.01)


def test_shares_that_round_leave_nobody_without_an_arm():
    shares = [1 / 3, 1 / 3, 1 / 3 - 1e-9]

    assert {arm_of("x", f"u{n}", shares) for n in range(2000)} == {0, 1, 2}
