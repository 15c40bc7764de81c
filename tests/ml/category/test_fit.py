"""A fit on a small made catalogue: what it learns, what it saves, and what cannot be loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.artefacts import CorruptArtefactError, IncompatibleArtefactError, MissingArtefactError
from ml.category.fit import fit, prepare
from ml.category.predict import CategoryRetriever, load_category
from ml.category.taxonomy import CategorySpec
from ml.category.training import TowerFit
from ml.fitting import FitConfig, FitError
from ml.records import ItemRecord

# Nonsense words: only training can tell which leaf they belong to.
SAID = {
    ("Shop", "Hats"): "blim",
    ("Shop", "Mugs"): "drof",
    ("Shop", "Rugs"): "sulk",
    ("Shop", "Pans"): "yort",
}
COLOURS = {"Hats": "red", "Mugs": "lime", "Rugs": "blue", "Pans": "white"}


class Scattered:
    """Texts to rows without meaning: equal texts are equal, all others are far apart."""

    release = "scattered"
    dim = 24

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        seeds = [int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) for text in texts]
        rows = [np.random.default_rng(seed).standard_normal(self.dim) for seed in seeds]
        made = np.array(rows, np.float32).reshape(len(texts), self.dim)
        return made / np.linalg.norm(made, axis=1, keepdims=True)


class Colours:
    """Photos lie where their mean colour does; sentences say nothing of it."""

    release = "colours"
    dim = 4

    def encode_photos(self, images: Sequence[Image.Image]) -> np.ndarray:
        means = [[*np.asarray(image).reshape(-1, 3).mean(axis=0), 40.0] for image in images]
        rows = np.array(means, np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def encode_titles(self, titles: Sequence[str]) -> np.ndarray:
        return np.full((len(titles), self.dim), 0.5, np.float32)


def catalogue(folder: Path, products: int = 60) -> list[ItemRecord]:
    generator = np.random.default_rng(0)
    for leaf, colour in COLOURS.items():
        Image.new("RGB", (32, 32), colour).save(folder / f"{leaf}.png")
    records = []
    for (department, leaf), word in SAID.items():
        for number in range(products):
            (folder / f"{leaf}-{number}.png").symlink_to(folder / f"{leaf}.png")
            records.append(
                ItemRecord(
                    id=f"myntra:{leaf}-{number}",
                    title=f"{word} number {generator.integers(1000)}",
                    source="myntra",
                    category=(department, leaf),
                    photos=(folder / f"{leaf}-{number}.png",),
                )
            )
    return records


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    config = TowerFit(fit=FitConfig(epochs=12, batch_size=32, learning_rate=1e-2))
    return prepare(folder, catalogue(folder), Scattered(), Colours(), config)


@pytest.fixture(scope="module")
def artefact(setting, tmp_path_factory):
    return fit(setting, tmp_path_factory.mktemp("models") / "category", command="test", folds=2)


def retriever(artefact, space: Colours | None = None) -> CategoryRetriever:
    model = load_category(artefact.folder, Scattered(), space.release if space else None)
    made = CategoryRetriever(Scattered(), space, model)
    made.index([CategorySpec(place, " > ".join(path)) for place, path in enumerate(SAID)])
    return made


def test_words_without_meaning_are_learnt_from_listings(artefact):
    made = retriever(artefact)
    assert [made.suggest(f"{word} number 7")[0].id for word in SAID.values()] == [0, 1, 2, 3]


def test_a_photo_alone_is_placed_by_what_training_saw(artefact):
    made, space = retriever(artefact, Colours()), Colours()
    found = [
        made.suggest("", space.encode_photos([Image.new("RGB", (8, 8), colour)]))[0].id
        for colour in COLOURS.values()
    ]
    assert found == [0, 1, 2, 3]


def test_photos_of_another_release_are_not_read_by_the_tower(artefact):
    assert load_category(artefact.folder, Scattered(), "colours").reads_photos
    other = load_category(artefact.folder, Scattered(), "colours two")
    assert not other.reads_photos


def test_a_taxonomy_of_other_leaves_is_weighed_as_a_foreign_one(artefact):
    model = load_category(artefact.folder, Scattered())
    own = [CategorySpec(place, " > ".join(path)) for place, path in enumerate(SAID)]
    others = [CategorySpec(9, "Elsewhere > Hats"), CategorySpec(8, "Elsewhere > Mugs")]
    assert model.weights_for(own) == model.config.familiar
    assert model.weights_for(others) == model.config.foreign
    assert model.config.familiar.tower > model.config.foreign.tower


def test_equal_fits_are_equal_releases(setting, artefact, tmp_path):
    again = fit(setting, tmp_path / "category", command="test", folds=2)
    assert again.release == artefact.release


def test_no_category_of_the_training_set_is_named_in_the_artefact(artefact):
    text = (artefact.folder / "config.json").read_text()
    assert not any(leaf in text for _, leaf in SAID)


def test_a_damaged_artefact_says_what_is_wrong(artefact, tmp_path):
    with pytest.raises(MissingArtefactError):
        load_category(tmp_path / "none", Scattered())
    copy = tmp_path / "category"
    copy.mkdir()
    for file in artefact.folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    (copy / "model.safetensors").write_bytes(b"\0" * 64)
    with pytest.raises(CorruptArtefactError, match="checksum"):
        load_category(copy, Scattered())


def test_an_artefact_of_another_text_encoder_names_both(artefact):
    other = Scattered()
    other.release = "scattered two"
    with pytest.raises(IncompatibleArtefactError, match="scattered, not scattered two"):
        load_category(artefact.folder, other)


def test_a_catalogue_without_a_leaf_that_is_large_enough_is_refused(tmp_path):
    few = catalogue(tmp_path, products=5)
    with pytest.raises(FitError, match="products enough"):
        prepare(tmp_path, few, Scattered(), Colours(), TowerFit())


def test_listings_of_train_alone_cannot_be_fitted(setting, tmp_path):
    examples = [replace(each, split="train") for each in setting.corpus.examples]
    corpus = replace(setting.corpus, examples=examples)
    with pytest.raises(FitError, match="valid"):
        fit(replace(setting, corpus=corpus), tmp_path / "category", command="test")
