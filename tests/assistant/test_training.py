"""The models' commands: what sellers decided and given files become a candidate, with figures."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from listing_assistant.assistant import inference, training
from ml.artefacts import bundled
from ml.records import split_of
from recommender.models import ModelRelease
from recommender.releases.services import go_back, put_in_service, register
from recommender.releases.training import TrainingError

COLOURS = ("Red", "Blue", "Green", "Grey")


@pytest.fixture(autouse=True)
def own_artefacts(settings, tmp_path, db):
    settings.ARTEFACTS_DIR = tmp_path / "artefacts"


@pytest.fixture
def offers(tmp_path) -> Path:
    """Dresses whose colour is in the title, in the layout of training."""
    path = tmp_path / "train.jsonl"
    rows = [
        {
            "id": f"dress-{number}",
            "category": "Dresses",
            "input_title": f"{COLOURS[number % 4]} dress number {number}",
            "input_description": "",
            "target_scores": {"Colour": {COLOURS[number % 4]: {"score": 1}}},
        }
        for number in range(60)
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return path


@pytest.fixture
def decided(monkeypatch) -> list[dict]:
    """A hundred offers as the labels of this marketplace."""
    rows = [
        {"id": f"listing-{number}", "category": "Dresses", "input_title": "Red dress",
         "input_description": "", "target_scores": {"Colour": {"Red": {"score": 1}}}}
        for number in range(100)
    ]  # fmt: skip
    monkeypatch.setattr(training, "labelled_offers", lambda: iter(rows))
    return rows


def test_training_makes_a_candidate_and_leaves_the_service_alone(offers, settings):
    before, said = inference.releases(), StringIO()
    call_command("train_taclr", "--train", str(offers), stdout=said)
    release = ModelRelease.objects.get()
    assert release.state == ModelRelease.State.CANDIDATE and release.metrics["items"] == 60
    assert inference.releases() == before
    assert f"manage.py release taclr {settings.ARTEFACTS_DIR}" in said.getvalue()
    put_in_service(release=release, user=None, reason="")
    assert release.release in inference.releases()
    go_back(kind="taclr", user=None, reason="")
    assert inference.releases() == before


def test_too_few_offers_are_refused_before_training(tmp_path):
    few = tmp_path / "few.jsonl"
    few.write_text('{"id": "a", "category": "c", "target_scores": {}}\n')
    with pytest.raises(CommandError, match="1 annotated offers and it takes 50"):
        call_command("train_taclr", "--train", str(few))
    with pytest.raises(CommandError, match=r"nowhere\.jsonl"):
        call_command("train_taclr", "--train", str(tmp_path / "nowhere.jsonl"))
    assert not ModelRelease.objects.exists()


def test_held_out_labels_are_tested_on_and_never_trained_on(decided, vocabulary):
    trained = [row["id"] for row in training._training_offers([], with_labels=True)]
    test = training.own_test_set()
    tested = [json.loads(line)["id"] for line in test.offers.read_text().splitlines()]
    assert sorted(trained + tested) == sorted(row["id"] for row in decided)
    assert {split_of(name) for name in tested} == {"test"}
    assert json.loads(test.taxonomy.read_text()) == {
        "Dresses": {"Brand": ["Acme"], "Colour": ["Red", "Blue", "Burgundy", "Pink"]}
    }


def test_without_a_decision_of_sellers_a_test_set_has_to_be_named():
    with pytest.raises(TrainingError, match="--test and --taxonomy"):
        training.own_test_set()
    with pytest.raises(CommandError, match="go together"):
        call_command("evaluate_taclr", "--test", "offers.jsonl")


def test_an_artefact_is_evaluated_beside_the_release_in_service(offers, tmp_path):
    taxonomy, out = tmp_path / "taxonomy.json", tmp_path / "figures.json"
    taxonomy.write_text(json.dumps({"Dresses": {"Colour": COLOURS}}))
    said = StringIO()
    call_command(
        "evaluate_taclr", "--test", str(offers), "--taxonomy", str(taxonomy),
        "--json", str(out), stdout=said,
    )  # fmt: skip
    figures = json.loads(out.read_text())
    assert figures["in_service"]["n"] == 60 and figures["in_service"]["f1"] > 0.5
    assert "by_attribute.Colour.f1" in said.getvalue()


def test_a_failed_training_registers_nothing(offers, monkeypatch):
    monkeypatch.setattr("recommender.releases.training.sys.executable", "/bin/false")
    with pytest.raises(CommandError, match=r"ml\.taclr\.fit failed with status 1"):
        call_command("train_taclr", "--train", str(offers))
    assert not ModelRelease.objects.exists()


def test_the_same_model_under_another_name_asks_for_no_new_analysis(draft, tmp_path):
    """What a model is made of counts, not where it lies."""
    from listing_assistant.assistant.services import start_analysis

    first = start_analysis(listing=draft)
    copy = tmp_path / "description"
    copy.mkdir()
    for file in bundled("description").iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    same = register(kind="description", folder=copy)
    put_in_service(release=same, user=None, reason="The same model")
    assert start_analysis(listing=draft) == first
    assert inference.artefact_folder("description").name == same.release
