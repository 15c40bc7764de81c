"""The engine that writes descriptions: by settings, within a budget that all processes share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.management import call_command

from listing_assistant.assistant import inference
from listing_assistant.assistant.engines.inference import (
    CacheLedger,
    engine_release,
    load_engine,
)
from listing_assistant.checks import lora_is_there
from ml.artefacts import bundled
from ml.description.facts import Fact, Facts
from ml.description.generators.base import GeneratorError
from ml.description.generators.budget import Budget, LocalLedger
from ml.description.predict import load_drafter
from ml.description.request import DraftRequest
from tests.ml.description.llm_server import fails, says, serving

REQUEST = DraftRequest(Facts("Red dress", attributes=(Fact("Colour", "Red"),)))


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def endpoint(settings):
    settings.DESCRIPTION_ENGINE, settings.DESCRIPTION_MODEL = "endpoint", "tiny"

    def at(url: str):
        settings.DESCRIPTION_URL = url
        folder = bundled("description")
        return load_drafter(folder, load_engine(folder))

    return at


def test_the_realiser_is_the_default_and_has_no_release_of_its_own():
    assert load_engine(bundled("description")) is None
    assert engine_release() == ()


@pytest.mark.django_db
def test_another_engine_is_another_release(settings):
    before = inference.releases()
    settings.DESCRIPTION_ENGINE, settings.DESCRIPTION_MODEL = "endpoint", "tiny"
    settings.DESCRIPTION_URL, settings.DESCRIPTION_API_KEY = "http://localhost:1/v1", "sk-private"
    assert inference.releases() == (*before, "endpoint tiny http://localhost:1/v1")


def test_drafts_come_from_the_server_that_the_settings_name(endpoint):
    with serving(says("This is a red dress.")) as server:
        draft = endpoint(server.url).draft(REQUEST)
    assert draft.engine == "endpoint" and "This is a red dress." in draft.text


def test_a_server_that_fails_costs_nothing_but_its_wording(endpoint):
    with serving(fails(400)) as server:
        draft = endpoint(server.url).draft(REQUEST)
    assert draft.engine == "realiser" and "refused the request (400)" in draft.fallback


def test_the_day_s_tokens_are_counted_across_processes(endpoint, settings):
    settings.DESCRIPTION_TOKENS_A_DAY = 3000
    with serving(says("A red dress.", usage=2900)) as server:
        assert endpoint(server.url).draft(REQUEST).engine == "endpoint"
        other_process = endpoint(server.url)
        assert other_process.draft(REQUEST).fallback == "budget spent"
    assert len(server.requests) == 1


def test_an_engine_that_cannot_be_loaded_says_so_with_every_draft(settings, tmp_path):
    settings.DESCRIPTION_ENGINE = "multimodal"
    settings.DESCRIPTION_MODEL = str(tmp_path / "nowhere")
    engine = load_engine(bundled("description"))
    draft = load_drafter(bundled("description"), engine).draft(REQUEST)
    assert draft.engine == "realiser" and "cannot be loaded" in draft.fallback


NAMES_ITS_RELEASE = """
import django, sys
django.setup()
from listing_assistant.assistant import inference
from listing_assistant.assistant.engines.inference import engine_release
print(engine_release()[0], bool({"torch", "transformers", "peft", "httpx2"} & set(sys.modules)))
"""


def test_a_web_process_names_the_engine_without_loading_it(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", NAMES_ITS_RELEASE],
        cwd=Path(__file__).parents[2],
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "listing_assistant.settings"}
        | {"DESCRIPTION_ENGINE": "multimodal", "DESCRIPTION_MODEL": "any/model"}
        | {"DESCRIPTION_LORA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    release, loaded = done.stdout.splitlines()[-1].rsplit(" ", 1)
    assert release.startswith("multimodal any/model") and loaded == "False"


def test_lora_weights_that_are_not_there_are_named_by_check(settings, tmp_path):
    assert lora_is_there(None) == []
    settings.DESCRIPTION_LORA = str(tmp_path)
    (warning,) = lora_is_there(None)
    assert str(tmp_path) in warning.msg
    call_command("check")  # a warning stops nothing
    (tmp_path / "adapter_config.json").write_text("{}")
    assert lora_is_there(None) == []


@pytest.mark.parametrize("ledger", [LocalLedger(), CacheLedger()], ids=["local", "cache"])
class TestLedger:
    """What a budget relies on, of every ledger."""

    def test_counts_add_up(self, ledger):
        assert [ledger.add("count", 5, 60), ledger.add("count", -2, 60)] == [5, 3]
        assert ledger.add("another", 1, 60) == 1

    def test_a_name_is_claimed_once_until_it_is_given_back(self, ledger):
        assert [ledger.claim("slot", 60), ledger.claim("slot", 60)] == [True, False]
        ledger.release("slot")
        assert ledger.claim("slot", 60)

    def test_a_request_over_the_budget_spends_nothing(self, ledger):
        budget = Budget(ledger, tokens_a_day=100, in_flight=1, seconds=5)
        with pytest.raises(GeneratorError, match="budget spent"), budget.grant(101):
            pass
        with budget.grant(60) as grant:
            grant.tokens = 90
        with pytest.raises(GeneratorError, match="budget spent"), budget.grant(11):
            pass
        with budget.grant(10):
            pass
