"""The vectors of the vocabulary's values follow every edit, in portions, and survive a stop."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from listing_assistant.assistant import inference, tasks, values
from listing_assistant.catalogue.models import Attribute, AttributeValue, Category
from listing_assistant.catalogue.selectors import attributes_of
from ml.taclr.value_store_build import building


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    settings.VALUES_DIR = tmp_path / "values"
    cache.delete(tasks.VALUES_KEY)
    return settings.VALUES_DIR


def built(folder: Path) -> Path:
    (path,) = folder.glob("*.keys")
    return path


def add(attribute: Attribute, *names: str) -> None:
    for name in names:
        AttributeValue.objects.create(attribute=attribute, source_id=name, value=name)


def test_the_vocabulary_is_built_once_and_again_after_an_edit(colour: Attribute) -> None:
    assert values.is_due()
    first = values.build(wait=False)
    assert first is not None and (first.encoded, first.kept) == (3, 0)  # Grey, Red and null
    assert not values.is_due()
    add(colour, "Zorblat")
    assert values.is_due()
    second = values.build(wait=False)
    assert second is not None and (second.encoded, second.kept) == (1, 3)
    assert not values.is_due()


def test_an_answer_reads_what_was_built(shoes: Category, colour: Attribute, folder: Path) -> None:
    values.build(wait=False)
    (answer,) = inference.identify(shoes, attributes_of(shoes), "Trainers, red", None)
    assert (answer.attribute, answer.value) == ("Colour", "Red")
    add(colour, "Zorblat")
    (answer,) = inference.identify(shoes, attributes_of(shoes), "Trainers in zorblat", None)
    assert answer.value == "Zorblat"
    assert built(folder).exists()


def test_a_large_vocabulary_is_built_in_portions_until_nothing_is_left(
    shoes: Category, colour: Attribute, folder: Path
) -> None:
    for number in range(8):
        other = Attribute.objects.create(
            taxonomy=colour.taxonomy, source_id=f"o{number}", name=f"Make {number}"
        )
        shoes.category_attributes.create(attribute=other)
        add(other, *(f"make {number}.{each}" for each in range(38)))
    portions = 0
    while values.build_due(seconds=0.0):
        portions += 1
        assert values.is_due() and not list(folder.glob("*.keys"))
    assert portions == 1  # 300 values are more than one batch and less than two
    assert not values.is_due() and built(folder).exists()


def test_the_worker_leaves_the_key_of_its_chain_behind_only_while_it_builds(
    colour: Attribute,
) -> None:
    tasks.build_values()
    assert not values.is_due()
    assert cache.get(tasks.VALUES_KEY) is None
    cache.set(tasks.VALUES_KEY, True, 60)
    add(colour, "Zorblat")
    tasks.build_values()
    assert values.is_due()
    tasks.build_values(continued=True)
    assert not values.is_due()


def test_while_one_process_builds_another_leaves_it_alone(colour: Attribute, folder: Path) -> None:
    values.build(wait=False)
    add(colour, "Zorblat")
    with building(built(folder), wait=False):
        assert values.build(wait=False) is None
        assert not values.build_due(seconds=1)
        with pytest.raises(CommandError, match="Another process"):
            call_command("build_values")
    assert values.is_due()


def test_the_command_says_what_it_did(
    colour: Attribute, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("build_values", "--status")
    assert "There are values to build" in capsys.readouterr().out
    call_command("build_values")
    assert "3 vectors for 1 attributes: 3 encoded, 0 kept, 0 dropped" in capsys.readouterr().out
    call_command("build_values", "--status")
    assert "Up to date" in capsys.readouterr().out


def test_a_model_that_cannot_be_used_is_named(colour: Attribute, settings, tmp_path: Path) -> None:
    settings.ARTEFACTS_DIR = tmp_path / "artefacts"
    (settings.ARTEFACTS_DIR / "taclr").mkdir(parents=True)
    assert not values.build_due(seconds=1)
    with pytest.raises(CommandError, match="cannot be used"):
        call_command("build_values")
