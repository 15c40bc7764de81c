"""Scores come in time or not at all, and why not is told and counted."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from recommender.features import NAMES
from recommender.ranking import inference
from recommender.ranking.inference import RankerUnavailableError, Reason, rank
from recommender.releases.services import register
from tests.recommender.conftest import eventually
from tests.recommender.ranking.conftest import Hanging, rows_of

pytestmark = pytest.mark.django_db
CTR, AGE = NAMES.index("ctr"), NAMES.index("age")


def outcomes(outcome: str) -> float:
    return REGISTRY.get_sample_value("ranker_outcomes_total", {"outcome": outcome}) or 0.0


def test_the_release_in_service_scores_and_says_its_name(in_service, rankers):
    rows, before = rows_of(50), outcomes("ranked")
    answer = rank(rows)
    assert answer.release == in_service
    assert np.array_equal(answer.scores, rankers["ctr"][0].scores(rows))
    assert np.corrcoef(answer.scores, rows[:, CTR])[0, 1] > 0.7
    assert outcomes("ranked") == before + 1


def test_a_named_release_scores_beside_the_one_in_service(in_service, trained):
    other = register(kind="ranker", folder=trained("age"))
    rows = rows_of(50)
    answer = rank(rows, release=other.release)
    assert answer.release == other.release != in_service
    assert np.corrcoef(answer.scores, rows[:, AGE])[0, 1] > 0.7
    assert rank(rows).release == in_service


def test_contributions_add_up_to_the_score(in_service):
    rows = rows_of(20)
    told = inference.contributions(rows)
    assert told.shape == (20, len(NAMES) + 1)
    assert told.sum(axis=1) == pytest.approx(rank(rows).scores)
    assert np.abs(told[:, :-1]).sum(axis=0).argmax() == CTR


def test_a_release_that_is_not_there_is_missing(in_service):
    before = outcomes("missing")
    with pytest.raises(RankerUnavailableError) as raised:
        rank(rows_of(3), release="0123456789ab")
    assert raised.value.reason == Reason.MISSING
    assert outcomes("missing") == before + 1


def test_a_folder_without_its_trees_is_missing(in_service, settings):
    (Path(settings.ARTEFACTS_DIR) / "ranker" / "model.txt").unlink()
    inference._loaded.cache_clear()
    with pytest.raises(RankerUnavailableError) as raised:
        rank(rows_of(3))
    assert raised.value.reason == Reason.MISSING


def test_a_damaged_ranker_is_corrupt_and_logged_once(in_service, settings):
    trees = Path(settings.ARTEFACTS_DIR) / "ranker" / "model.txt"
    trees.write_text(trees.read_text().replace("leaf_value=", "leaf_value=9 ", 1))
    inference._loaded.cache_clear()
    with capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(RankerUnavailableError) as raised:
                rank(rows_of(3))
            assert raised.value.reason == Reason.CORRUPT
    assert [entry["event"] for entry in logs] == ["ranker_unusable"]


def test_a_ranker_of_other_columns_is_corrupt(in_service, settings, monkeypatch):
    inference._loaded.cache_clear()
    monkeypatch.setattr(inference, "NAMES", (*NAMES, "new"))
    with pytest.raises(RankerUnavailableError, match="other columns") as raised:
        rank(rows_of(3))
    assert raised.value.reason == Reason.CORRUPT


def test_rows_of_another_width_fail_and_say_so(in_service):
    with pytest.raises(RankerUnavailableError) as raised:
        rank(rows_of(3)[:, :5])
    assert raised.value.reason == Reason.FAILED


def test_a_replaced_ranker_is_read_anew(in_service, trained, settings):
    trained("age", Path(settings.ARTEFACTS_DIR) / "ranker")
    assert rank(rows_of(3)).release != in_service


def test_a_late_answer_is_dropped_and_what_hangs_is_not_asked_again(in_service, monkeypatch):
    hanging, before = Hanging(), outcomes("slow")
    monkeypatch.setattr(inference, "ranker_of", lambda folder: hanging)
    for _ in range(5):
        with pytest.raises(RankerUnavailableError) as raised:
            rank(rows_of(3), budget_ms=20)
        assert raised.value.reason == Reason.SLOW
    assert hanging.asked == 1
    assert outcomes("slow") == before + 5
    hanging.may_go.set()
    assert rank(rows_of(3)).scores.tolist() == [0, 0, 0]


def test_what_hangs_is_known_to_all_threads_whoever_asked_meanwhile(in_service, monkeypatch):
    hanging, reasons = Hanging(times=1), []
    monkeypatch.setattr(inference, "ranker_of", lambda folder: hanging)

    def ask() -> None:
        with pytest.raises(RankerUnavailableError) as raised:
            rank(rows_of(3), budget_ms=300)
        reasons.append(raised.value.reason)

    first = threading.Thread(target=ask)
    first.start()
    assert eventually(lambda: hanging.asked == 1)
    assert rank(rows_of(3), budget_ms=10_000).release == "hanging"
    first.join()
    ask()
    assert reasons == [Reason.SLOW] * 2 and hanging.asked == 2
    hanging.may_go.set()
