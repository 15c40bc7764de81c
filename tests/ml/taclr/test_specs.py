"""Specs as keys of what is kept: equal content is equal everywhere."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import replace

from ml.taclr.taxonomy import AttributeSpec, ValueSpec

SPEC = AttributeSpec(
    "Dresses", "Size", (ValueSpec("S"), ValueSpec("M", ("medium",))), "choice", ("EU",)
)
IN_ANOTHER = "import pickle, sys; print(hash(pickle.loads(sys.stdin.buffer.read())))"


def test_equal_specs_are_found_and_others_are_not() -> None:
    kept = {SPEC: "here"}
    assert kept[replace(SPEC)] == "here"
    for other in (
        replace(SPEC, category="Skirts"),
        replace(SPEC, attribute="Length"),
        replace(SPEC, values=SPEC.values[::-1]),
        replace(SPEC, values=(ValueSpec("S"), ValueSpec("M"))),
        replace(SPEC, kind="multi"),
        replace(SPEC, units=()),
    ):
        assert other not in kept


def test_a_spec_sent_to_another_process_hashes_there_as_it_does_here() -> None:
    here = hash(SPEC)
    there = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER],
        input=pickle.dumps(SPEC),
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    )
    assert int(there.stdout) == here == hash(replace(SPEC))
