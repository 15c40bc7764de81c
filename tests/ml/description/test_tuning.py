"""Tuning from end to end on a tiny model with random weights: it learns, it survives, it serves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from peft import get_peft_model_state_dict
from safetensors.torch import load_file

from ml.artefacts import CorruptArtefactError, load_artefact, verify_checksums
from ml.description.generators.base import GeneratorError
from ml.description.generators.multimodal import ADAPTER, MultimodalConfig, load_multimodal
from ml.description.tuning import training
from ml.description.tuning.command import FORMAT_VERSION, KIND, run
from ml.description.tuning.instructions import Lesson, read_listings, split_lessons
from ml.description.tuning.training import IGNORED, Lessons, TuningConfig, fingerprint_of, tune
from ml.fitting import FitError
from tests.ml.description.listings_file import write_listings
from tests.ml.description.tiny_vlm import make_tiny_vlm

ROOT = Path(__file__).parents[3]
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "up_proj", "down_proj")


@pytest.fixture(scope="module")
def listings(tmp_path_factory) -> Path:
    return write_listings(tmp_path_factory.mktemp("listings"), (0, 1, 3, 10))


@pytest.fixture(scope="module")
def lessons(tmp_path_factory) -> tuple[list[Lesson], list[Lesson]]:
    """Drafts alone: eight to learn from and two that are held out."""
    listings = write_listings(tmp_path_factory.mktemp("drafts"), [0, 1, *range(3, 9), 10, 12])
    train, valid = split_lessons(read_listings(listings))
    drafts = [[lesson for lesson in part if lesson.task == "draft"] for part in (train, valid)]
    return drafts[0], drafts[1]


@pytest.fixture(scope="module")
def config(tmp_path_factory, lessons) -> TuningConfig:
    folder = make_tiny_vlm(tmp_path_factory.mktemp("vlm"), lessons[0][0].request, size=1200)
    return TuningConfig(
        str(folder), epochs=3, accumulation=2, learning_rate=3e-2, rank=8, alpha=16,
        targets=PROJECTIONS, gradient_checkpointing=False, checkpoint_every=2,
    )  # fmt: skip


@pytest.fixture(scope="module")
def tuned_folder(tmp_path_factory, listings, config) -> Path:
    out = tmp_path_factory.mktemp("tuned") / "lora"
    run([listings], replace(config, epochs=1, accumulation=3, most_valid=2), out, samples=1)
    return out


def test_only_the_answer_is_learnt(lessons, config):
    processor, _ = training.load_model(config.model, device="cpu", dtype="float32")
    lesson = lessons[0][0]
    row = Lessons(processor, config).encode(lesson)
    learnt = row["labels"][row["labels"] != IGNORED]
    assert processor.tokenizer.decode(learnt) == lesson.answer + "<|end|>"
    assert row["pixel_values"].shape[0] == 1
    assert (row["input_ids"] == processor.tokenizer.convert_tokens_to_ids("<image>")).sum() == 4


def test_nothing_but_the_language_model_s_projections_is_trained(config):
    _, model = training.load_model(config.model, device="cpu", dtype="float32")
    wrapped = training.with_lora(model, config)
    names = [name for name, weight in wrapped.named_parameters() if weight.requires_grad]
    assert names and all("lora_" in name and "vision" not in name for name in names)
    with pytest.raises(FitError, match="no_such_proj"):
        training.with_lora(model, replace(config, targets=("no_such_proj",)))


def test_the_loss_falls_on_what_is_learnt_and_on_what_is_not(lessons, config, tmp_path):
    tuned = tune(*lessons, config, tmp_path)
    assert tuned.losses[-1] < 0.8 * tuned.losses[0]
    assert tuned.valid_after < tuned.valid_before


def test_a_killed_run_goes_on_and_ends_with_the_same_weights(listings, config, tmp_path):
    """Killed by the system in the middle, in a process of its own."""
    config = replace(
        config, epochs=1, accumulation=3, checkpoint_every=1, dropout=0.1, most_valid=1
    )
    options = ("epochs", "accumulation", "checkpoint_every", "dropout", "most_valid")
    options = (*options, "rank", "alpha", "learning_rate")
    given = [f"--{name.replace('_', '-')}={getattr(config, name)}" for name in options]
    command = [
        sys.executable, "-m", "ml.description.tuning.command", "--model", config.model,
        "--data", str(listings), "--out", str(tmp_path / "out"), *given,
        "--no-gradient-checkpointing", "--targets", *PROJECTIONS,
    ]  # fmt: skip
    checkpoint = tmp_path / "out.work" / training.CHECKPOINT
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    reached = torch.load(checkpoint, weights_only=True)["step"]
    train, valid = split_lessons(read_listings(listings))
    resumed = tune(train, valid, config, checkpoint.parent)
    whole = tune(train, valid, config, tmp_path / "whole")
    assert 0 < reached < len(whole.losses)
    assert resumed.losses == whole.losses and resumed.valid_before == whole.valid_before
    ours, theirs = (get_peft_model_state_dict(made.model) for made in (resumed, whole))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_checkpoint_of_another_run_is_refused(lessons, config, tmp_path):
    tune(*lessons, replace(config, epochs=1), tmp_path)
    with pytest.raises(FitError, match="another model, configuration or data"):
        tune(*lessons, replace(config, epochs=1, seed=1), tmp_path)


def test_a_loss_that_is_not_finite_stops_the_run(lessons, config, tmp_path):
    with pytest.raises(FitError, match=r"loss is nan at step \d+, listing made:"):
        tune(*lessons, replace(config, learning_rate=1e30, gradient_norm=1e30), tmp_path)


def test_without_lessons_there_is_no_run(lessons, config, tmp_path):
    with pytest.raises(FitError, match="0 lessons to train on"):
        tune(lessons[0], lessons[1], replace(config, most_tokens=5), tmp_path)


def test_other_lessons_are_another_run(lessons, config):
    other = [replace(lessons[0][0], answer="Something else.")]
    assert fingerprint_of(lessons[0][:1], config) != fingerprint_of(other, config)


def test_the_result_is_an_artefact_with_card_figures_and_report(tuned_folder):
    artefact = load_artefact(tuned_folder, kind=KIND, format_version=FORMAT_VERSION)
    assert artefact.config["rank"] == 8
    metrics = json.loads((tuned_folder / "metrics.json").read_text())
    assert metrics["after"]["valid_loss"] < metrics["before"]["valid_loss"]
    assert metrics["after"]["unsupported_checked"] == 0
    report = json.loads((tuned_folder / "report.json").read_text())
    assert len(report["before"]["texts"]) == len(report["after"]["texts"]) == 1
    assert "monks" not in (tuned_folder / "report.html").read_text()
    assert "Validation loss" in (tuned_folder / "card.md").read_text()
    assert not tuned_folder.with_name("lora.work").exists()


def test_the_engine_loads_the_weights_and_writes_otherwise(tuned_folder, lessons, config):
    request = replace(lessons[1][0].request, photos=())
    plain = load_multimodal(MultimodalConfig(config.model, temperature=0))
    tuned = load_multimodal(MultimodalConfig(config.model, tuned_folder, temperature=0))
    assert tuned.release.startswith(plain.release) and tuned.release != plain.release
    assert "".join(tuned.write(request)) != "".join(plain.write(request))


def test_broken_weights_are_refused_by_their_checksum(tuned_folder, config, tmp_path):
    for path in tuned_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = load_file(tmp_path / ADAPTER)
    assert weights and verify_checksums(tmp_path) == verify_checksums(tuned_folder)
    (tmp_path / ADAPTER).write_bytes((tmp_path / ADAPTER).read_bytes()[:-4] + b"oops")
    with pytest.raises(CorruptArtefactError):
        verify_checksums(tmp_path)
    with pytest.raises(GeneratorError, match="LoRA weights cannot be used"):
        load_multimodal(MultimodalConfig(config.model, tmp_path))
