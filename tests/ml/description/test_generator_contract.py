"""What every engine keeps (`generators/base.py`): run over all that the registry names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest

from ml.artefacts import bundled
from ml.description.facts import Fact, Facts
from ml.description.generators.base import Generator, GeneratorError
from ml.description.generators.budget import LocalLedger
from ml.description.generators.registry import LOADERS, EngineOptions, load_engine
from ml.description.request import DraftRequest, Example, Revision, Wishes
from tests.ml.description.llm_server import says, serving
from tests.ml.description.tiny_vlm import make_tiny_vlm

FACTS = Facts("Red dress", "Dresses", "good", (Fact("Colour", "Red"), Fact("Brand", "Zara")))
REQUEST = DraftRequest(FACTS, Wishes("short"))


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory) -> Path:
    return make_tiny_vlm(tmp_path_factory.mktemp("vlm"), REQUEST)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(says("This is a red dress. It is by Zara.")) as server:
        yield server.url


@pytest.fixture(scope="module", params=sorted(LOADERS))
def engine(request, tiny_model, url) -> Generator:
    options = EngineOptions(
        request.param,
        bundled("description"),
        model=str(tiny_model),
        url=url,
        most_photos=2,
    )
    return load_engine(options, LocalLedger())


def test_it_is_known_by_its_setting_and_its_release(engine):
    assert engine.name in LOADERS
    assert engine.release


def test_it_streams_text_in_pieces(engine):
    pieces = list(engine.write(REQUEST))
    assert len(pieces) > 1
    assert all(isinstance(piece, str) for piece in pieces)
    assert "".join(pieces).strip()


def test_the_same_request_gives_the_same_text(engine):
    first, again = "".join(engine.write(REQUEST)), "".join(engine.write(replace(REQUEST)))
    assert first == again


@pytest.mark.parametrize(
    "title",
    [
        "", "赤いワンピース", "Красное платье", "فستان أحمر", "लाल पोशाक", "빨간 드레스", "Κόκκινο",
        "שמלה אדומה", "ชุดเดรสสีแดง", "Էլեգանտ", "👗🔥<b>Red</b>\x00",
    ],
)  # fmt: skip
def test_any_script_and_nothing_at_all_can_be_written_about(engine, title):
    request = DraftRequest(Facts(title, attributes=(Fact("", ""), Fact("Colour", title))))
    assert isinstance("".join(engine.write(replace(request, wishes=Wishes("short")))), str)


def test_photos_may_be_many_broken_or_gone(engine, tmp_path):
    PIL.Image.new("CMYK", (1200, 30)).save(tmp_path / "a.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff not a photo")
    photos = tuple(tmp_path / name for name in ("a.jpg", "broken.jpg", "gone.jpg", "a.jpg"))
    assert "".join(engine.write(replace(REQUEST, photos=photos)))


def test_long_input_is_no_trouble(engine):
    long = "very long words " * 2000
    facts = replace(
        FACTS,
        title=long,
        seller_text=long,
        attributes=tuple(Fact(f"Name {n}", f"Value {n}") for n in range(300)),
    )
    request = replace(REQUEST, facts=facts, examples=(Example(long),) * 30)
    assert "".join(engine.write(request))


@pytest.mark.parametrize("task", ["shorter", "longer", "friendlier", "plainer", "sentence"])
def test_every_revision_is_answered(engine, task):
    revision = Revision(task, ("A red dress.", "By Zara."), place=1 if task == "sentence" else None)
    assert "".join(engine.write(replace(REQUEST, revision=revision)))


def test_a_reader_who_leaves_leaves_no_thread_behind(engine):
    before = set(threading.enumerate())
    pieces = engine.write(REQUEST)
    next(pieces)
    pieces.close()
    left = {thread for thread in threading.enumerate() if thread.name.startswith("description")}
    assert left <= before


@pytest.mark.parametrize("name", ["multimodal", "endpoint"])
def test_only_generator_errors_come_out(name, tiny_model, tmp_path):
    """A model that is none, and a server that is not there."""
    options = EngineOptions(name, tmp_path, model=str(tmp_path), url="http://127.0.0.1:1/v1")
    with pytest.raises(GeneratorError):
        list(load_engine(options, LocalLedger()).write(REQUEST))
