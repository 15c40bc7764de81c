"""The engine that sees: photos, seeds, limits, templates, weights of others."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import PIL.Image
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForImageTextToText, AutoProcessor

from ml.description.facts import Fact, Facts
from ml.description.generators.base import GeneratorError
from ml.description.generators.multimodal import (
    Multimodal,
    MultimodalConfig,
    chat,
    load_multimodal,
    takes_system,
)
from ml.description.prompt import Message, messages
from ml.description.request import DraftRequest, Revision, Wishes
from tests.ml.description.tiny_vlm import TEMPLATE, make_tiny_vlm

REQUEST = DraftRequest(
    Facts("Red dress", attributes=(Fact("Colour", "Red"),)), Wishes("short"), seed=3
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return make_tiny_vlm(tmp_path_factory.mktemp("vlm"), REQUEST)


@pytest.fixture(scope="module")
def engine(folder) -> Multimodal:
    return load_multimodal(MultimodalConfig(str(folder), most_photos=2))


def written(engine: Multimodal, request: DraftRequest) -> str:
    return "".join(engine.write(request))


def test_another_seed_writes_otherwise_and_chance_elsewhere_changes_nothing(engine):
    first = written(engine, REQUEST)
    torch.rand(7)
    assert written(engine, REQUEST) == first
    assert written(engine, replace(REQUEST, seed=4)) != first


def test_writing_leaves_the_chance_of_others_alone(engine):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    written(engine, REQUEST)
    assert torch.equal(torch.rand(3), expected)


def test_photos_are_looked_at_up_to_the_most(engine, tmp_path):
    photos = []
    for number, colour in enumerate(["red", "blue", "green"]):
        photos.append(tmp_path / f"{number}.png")
        PIL.Image.new("RGB", (300, 200), colour).save(photos[-1])
    texts = {written(engine, replace(REQUEST, photos=tuple(photos[:n]))) for n in (0, 1, 2)}
    assert len(texts) == 3
    assert written(engine, replace(REQUEST, photos=tuple(photos))) in texts


def test_the_time_limit_ends_a_request_and_its_thread(folder):
    engine = load_multimodal(MultimodalConfig(str(folder), total_s=0.0))
    with pytest.raises(GeneratorError, match=r"in time|too long"):
        written(engine, REQUEST)
    assert not [t for t in threading.enumerate() if t.name.startswith("description")]


def test_a_text_without_an_end_is_an_error(folder):
    engine = load_multimodal(MultimodalConfig(str(folder)))
    engine._model.generation_config.exponential_decay_length_penalty = None
    engine._model.generation_config.suppress_tokens = [engine._model.generation_config.eos_token_id]
    one_sentence = replace(REQUEST, revision=Revision("sentence", ("Red.",), place=0))
    with pytest.raises(GeneratorError, match="too long"):
        written(engine, one_sentence)


def test_a_failure_of_the_model_is_named_by_its_kind(folder):
    engine = load_multimodal(MultimodalConfig(str(folder)))
    engine._model.model.language_model.embed_tokens = torch.nn.Embedding(3, 32)
    with pytest.raises(GeneratorError, match=r"the language model failed \(IndexError\)"):
        written(engine, REQUEST)
    assert not [t for t in threading.enumerate() if t.name.startswith("description")]


@pytest.mark.parametrize(
    ("template", "takes"),
    [
        (TEMPLATE, True),
        ("{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}hi", False),
        ("{% for m in messages if m.role != 'system' %}{{ m.role }}{% endfor %}", False),
    ],
)
def test_rules_reach_a_model_whose_template_knows_no_system_message(folder, template, takes):
    processor = AutoProcessor.from_pretrained(folder)
    processor.chat_template = template
    assert takes_system(processor) == takes
    turns = chat(messages(REQUEST), [], takes_system=takes)
    assert [turn["role"] for turn in turns] == (["system", "user"] if takes else ["user"])
    said = "".join(part["text"] for turn in turns for part in turn["content"])
    assert said.count("Say only what the facts say") == 1


def test_photos_belong_to_the_user_s_turn():
    photo = PIL.Image.new("RGB", (2, 2))
    turns = chat((Message("system", "a"), Message("user", "b")), [photo], takes_system=True)
    assert [part["type"] for part in turns[1]["content"]] == ["image", "text"]


def test_lora_weights_of_others_are_loaded_without_checksums(folder, engine, tmp_path):
    model = AutoModelForImageTextToText.from_pretrained(folder)
    torch.manual_seed(0)
    config = LoraConfig(target_modules=["up_proj"], r=4, init_lora_weights=False)
    get_peft_model(model, config).save_pretrained(tmp_path)
    tuned = load_multimodal(MultimodalConfig(str(folder), tmp_path))
    assert tuned.release.startswith(f"{engine.release} + ")
    assert written(tuned, REQUEST) != written(engine, REQUEST)


@pytest.mark.parametrize("lora", ["nowhere", "empty"])
def test_lora_weights_that_are_none_are_refused(folder, tmp_path, lora):
    (tmp_path / "empty").mkdir()
    with pytest.raises(GeneratorError, match="cannot be"):
        load_multimodal(MultimodalConfig(str(folder), tmp_path / lora))
