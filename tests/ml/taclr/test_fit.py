"""A whole fit on offers with known answers: trained, saved, loaded, asked, damaged."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.artefacts import ArtefactError, CorruptArtefactError, IncompatibleArtefactError
from ml.fitting import FitConfig
from ml.taclr import fit as fitting
from ml.taclr.corpus import read_corpus
from ml.taclr.model import TaclrConfig
from ml.taclr.offers import Offer
from ml.taclr.predict import ValueRetriever, load_taclr
from ml.taclr.taxonomy import AttributeSpec, taxonomy_of
from ml.taclr.training import DualFit

CONFIG = TaclrConfig(text_dim=16, photo_dim=4, dim=8, buckets=1024, values=512, photo_release="eye")
COLOURS, STYLES = ("Red", "Blue", "Green"), ("Boot", "Sandal")
CATEGORIES = ("Shoes", "Bags", "Hats", "Belts")


class HashEncoder:
    """Every text is a direction of its own."""

    release = "hash"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [np.random.default_rng(zlib.crc32(text.encode())).normal(size=16) for text in texts]
        unit = [row / np.linalg.norm(row) for row in rows]
        return np.array(unit, np.float32).reshape(len(texts), 16)


class Eye:
    """A photo space that nothing is asked of but its release."""

    release = "eye"

    def encode_titles(self, titles: Sequence[str]) -> NDArray[np.float32]:
        return np.tile(np.eye(1, 4, dtype=np.float32), (len(titles), 1))

    def name_values(self, photo: NDArray[np.float32]) -> dict[str, dict[str, float]]:
        return {}


def offers() -> tuple[list[Offer], NDArray[np.float32]]:
    """Colour stands in the title or nowhere; style is shown by the photo alone."""
    made, photos = [], []
    for n in range(240):
        colour, style = COLOURS[n % 3], n // 4 % 2
        told = n % 5 > 0
        title = f"{colour.lower()} item {n}" if told else f"item {n}"
        gold = {"Colour": (colour,) if told else (), "Style": (STYLES[style],)}
        made.append(Offer(str(n), CATEGORIES[n % 4], title, "", gold))
        photos.append(np.eye(4, dtype=np.float32)[style])
    return made, np.stack(photos)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made, photos = offers()
    how = DualFit(fit=FitConfig(epochs=6, batch_size=32, learning_rate=2e-2))
    fitted = fitting.fit(read_corpus(made, photos, HashEncoder()), CONFIG, how)
    path = tmp_path_factory.mktemp("artefacts") / "taclr"
    fitting.save(path, fitted, ["made by hand"], "python -m ml.taclr.fit --train hand.jsonl")
    return path


@pytest.fixture(scope="module")
def retriever(folder: Path) -> ValueRetriever:
    return load_taclr(folder, HashEncoder(), Eye())


def specs(category: str = "Shoes") -> list[AttributeSpec]:
    made, _ = offers()
    return list(taxonomy_of([(o.category, o.gold) for o in made])[category].values())


def test_a_stated_value_is_found_and_one_that_nobody_states_is_not(
    retriever: ValueRetriever,
) -> None:
    (colour,) = [spec for spec in specs() if spec.attribute == "Colour"]
    told = retriever.identify([colour], category="Shoes", title="blue item 999")[0]
    silent = retriever.identify([colour], category="Shoes", title="item 998")[0]
    assert (told.value, told.stated, told.span and told.span.text) == ("Blue", True, "blue")
    assert silent.value is None


def test_what_the_photo_alone_shows_is_answered_and_said_to_be_seen(
    retriever: ValueRetriever,
) -> None:
    (style,) = [spec for spec in specs() if spec.attribute == "Style"]
    for place, name in enumerate(STYLES):
        photo = np.eye(4, dtype=np.float32)[place]
        seen = retriever.identify(
            [style], category="Shoes", title="item 997", photo_vector=photo, target_precision=0.5
        )[0]
        assert (seen.value, seen.stated, seen.source) == (name, False, "photo")


def test_photos_of_another_model_are_not_read(folder: Path) -> None:
    other = Eye()
    other.release = "another"
    retriever = load_taclr(folder, HashEncoder(), other)
    asked = {"category": "Shoes", "title": "item 996", "target_precision": 0.5}
    with_photo = retriever.identify(specs(), photo_vector=np.eye(4, dtype=np.float32)[1], **asked)
    assert with_photo == retriever.identify(specs(), **asked)


def test_a_higher_target_answers_no_more_and_says_what_it_held_back(
    retriever: ValueRetriever,
) -> None:
    photo = np.full(4, 0.5, np.float32)  # half of either
    asked = {"category": "Shoes", "title": "item 995", "photo_vector": photo}
    bold = retriever.identify(specs(), target_precision=0.5, **asked)
    careful = retriever.identify(specs(), target_precision=0.98, **asked)
    for one, other in zip(bold, careful, strict=True):
        assert other.value in (None, one.value)
        if one.value is not None and other.value is None:
            assert other.runner_up == one.value


def test_the_card_has_the_command_and_the_metrics_a_risk_coverage_table(folder: Path) -> None:
    import json

    assert "python -m ml.taclr.fit --train hand.jsonl" in (folder / "card.md").read_text()
    table = json.loads((folder / "metrics.json").read_text())["risk_coverage"]
    for rows in table.values():
        coverages = [coverage for coverage, _, _ in rows]
        assert coverages == sorted(coverages, reverse=True) and max(coverages) <= 1


def test_the_same_fit_twice_gives_the_same_weights(folder: Path, tmp_path: Path) -> None:
    made, photos = offers()
    how = DualFit(fit=FitConfig(epochs=6, batch_size=32, learning_rate=2e-2))
    fitted = fitting.fit(read_corpus(made, photos, HashEncoder()), CONFIG, how)
    fitting.save(tmp_path / "again", fitted, ["made by hand"], "again")
    first, second = folder / "model.safetensors", tmp_path / "again" / "model.safetensors"
    assert first.read_bytes() == second.read_bytes()


def test_a_damaged_artefact_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    import shutil

    for name, kind in (("model.safetensors", CorruptArtefactError), ("config.json", ArtefactError)):
        copy = tmp_path / name
        shutil.copytree(folder, copy)
        held = (copy / name).read_bytes()
        (copy / name).write_bytes(held[: len(held) // 2])
        with pytest.raises(kind):
            load_taclr(copy, HashEncoder())


def test_an_artefact_of_the_older_format_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, photos = offers()
    monkeypatch.setattr(fitting, "FORMAT_VERSION", 1)
    how = DualFit(fit=FitConfig(epochs=1, batch_size=32, learning_rate=2e-2))
    fitted = fitting.fit(read_corpus(made[:40], photos[:40], HashEncoder()), CONFIG, how)
    fitting.save(tmp_path / "old", fitted, [], "old")
    with pytest.raises(IncompatibleArtefactError):
        load_taclr(tmp_path / "old", HashEncoder())
