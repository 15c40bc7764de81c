"""A candidate scores live strips unseen; sums of all processes tell how it would order them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from django.db import DatabaseError
from scipy.stats import spearmanr
from structlog.testing import capture_logs

from recommender import policy
from recommender.features import NAMES
from recommender.models import DriftDay, ShadowChange, ShadowDay
from recommender.ranking import drift, shadow, tallies
from recommender.ranking.inference import rank
from recommender.ranking.services import put_in_shadow, take_out_of_shadow
from recommender.ranking.shadow import Offered, Watcher, compare
from recommender.ranking.tallies import Tally, percentile
from recommender.releases.services import ReleaseError, put_in_service, register
from tests.recommender.ranking.conftest import rows_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def candidate(in_service, trained):
    return register(kind="ranker", folder=trained("age"))


@pytest.fixture
def offered(in_service):
    def make(seed: int, shift: float = 0.0) -> Offered:
        rows = rows_of(60, seed) + np.float32(shift)
        answer = rank(rows)
        return Offered(rows, answer.scores, answer.release)

    return make


# --- Comparing ----------------------------------------------------------------------------------


def test_the_same_order_agrees_and_the_opposite_does_not():
    scores = np.random.default_rng(1).normal(size=40)
    same, other = compare(scores, 3 * scores + 1), compare(scores, -scores)
    assert (same.correlation, same.overlap, same.shift) == (pytest.approx(1), 1, 0)
    assert (other.correlation, other.overlap) == (pytest.approx(-1), 0)
    # The served best twelve, places 0 to 11, stand at 39 to 28.
    assert other.shift == np.mean([39 - 2 * place for place in range(12)])


def test_correlation_is_spearmans_with_ties_shared():
    rng = np.random.default_rng(2)
    ours, theirs = (rng.integers(0, 6, 50).astype(float) for _ in range(2))
    assert compare(ours, theirs).correlation == pytest.approx(spearmanr(ours, theirs).statistic)
    assert compare(np.zeros(5), ours[:5]).correlation == 1


# --- The switch ---------------------------------------------------------------------------------


def test_putting_a_candidate_in_shadow_and_out_is_written_down(candidate, mona):
    put_in_shadow(release=candidate, user=mona, reason="looks better offline")
    assert shadow.shadow_release() == candidate.release
    take_out_of_shadow(release=candidate, user=mona, reason="seen enough")
    assert shadow.shadow_release() == ""
    told = ShadowChange.objects.order_by("id").values_list("release", "made_by", "reason")
    assert list(told) == [
        (candidate.pk, mona.pk, "looks better offline"),
        (None, mona.pk, "seen enough"),
    ]


def test_what_cannot_be_in_shadow_is_refused(candidate, trained, mona):
    serving = register(kind="ranker", folder=trained("ctr"))
    put_in_service(release=serving, user=mona, reason="first")
    with pytest.raises(ReleaseError, match="in service"):
        put_in_shadow(release=serving, user=mona, reason="")
    put_in_shadow(release=candidate, user=mona, reason="")
    with pytest.raises(ReleaseError, match="in shadow already"):
        put_in_shadow(release=candidate, user=mona, reason="")
    with pytest.raises(ReleaseError, match="not in shadow"):
        take_out_of_shadow(release=serving, user=mona, reason="")


# --- The watcher --------------------------------------------------------------------------------


def test_a_strip_is_scored_by_the_candidate_and_sums_are_written(candidate, offered, in_service):
    watcher = Watcher(lambda: candidate.release)
    strips = [offered(seed) for seed in range(5)]
    for strip in strips:
        watcher.look(strip)
    watcher.write()
    row = ShadowDay.objects.get()
    assert (row.release, row.served, row.strips, row.failed) == (
        candidate.release,
        in_service,
        5,
        0,
    )
    expected = [
        compare(strip.scores, rank(strip.matrix, release=candidate.release).scores)
        for strip in strips
    ]
    assert row.correlation == pytest.approx(sum(each.correlation for each in expected))
    assert row.overlap == pytest.approx(sum(each.overlap for each in expected))
    assert row.shift == pytest.approx(sum(each.shift for each in expected))
    assert sum(row.times) == 5


def test_processes_add_up_and_write_nothing_twice(candidate, offered):
    watchers = [Watcher(lambda: candidate.release) for _ in range(2)]
    for watcher in watchers:
        watcher.look(offered(1))
        watcher.write()
        watcher.write()
    row = ShadowDay.objects.get()
    assert row.strips == 2 and sum(row.times) == 2
    assert all(sum(row.counts) == 2 * policy.STRIP_SIZE for row in DriftDay.objects.all())


def test_what_could_not_be_written_is_written_the_next_time(candidate, offered, monkeypatch):
    watcher = Watcher(lambda: candidate.release)
    watcher.look(offered(1))

    def fail():
        raise DatabaseError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(tallies.connection, "cursor", fail)
        with pytest.raises(DatabaseError):
            watcher.write()
    watcher.write()
    assert ShadowDay.objects.get().strips == 1


def test_a_broken_candidate_is_counted_as_failed(candidate, offered, settings):
    (Path(settings.ARTEFACTS_DIR) / candidate.folder / "model.txt").write_text("damaged")
    watcher = Watcher(lambda: candidate.release)
    watcher.look(offered(1))
    watcher.write()
    row = ShadowDay.objects.get()
    assert (row.strips, row.failed) == (0, 1)


def test_without_a_candidate_only_columns_are_counted(in_service, offered):
    for name in ("", in_service):
        watcher = Watcher(lambda name=name: name)
        watcher.look(offered(1))
        watcher.write()
    assert not ShadowDay.objects.exists()
    assert DriftDay.objects.exists()


def test_a_full_queue_drops_and_nobody_waits(offered, monkeypatch):
    monkeypatch.setattr(policy, "WATCHED_WAITING", 2)
    watcher = Watcher(lambda: "")
    assert [watcher.put(offered(1)) for _ in range(4)] == [True, True, False, False]


def test_strips_are_offered_only_where_they_are_watched(offered, settings, monkeypatch):
    watcher = Watcher(lambda: "")
    monkeypatch.setattr(shadow, "watcher", lambda: watcher)
    monkeypatch.setattr(policy, "WATCHED_SHARE", 1.0)
    strip = offered(1)
    shadow.offer(strip.matrix, strip.scores, strip.release)
    watcher.step(timeout=0)
    assert not watcher._looked
    settings.RANKER_WATCH = True
    shadow.offer(strip.matrix, strip.scores, strip.release)
    watcher.step(timeout=0)
    assert watcher._looked == 1
    monkeypatch.setattr(policy, "WATCHED_SHARE", 0.0)
    shadow.offer(strip.matrix, strip.scores, strip.release)
    watcher.step(timeout=0)
    assert watcher._looked == 1


def test_percentiles_come_from_the_buckets():
    tally = Tally()
    sums = tally.shadow(date(2026, 1, 1), "a", "b")
    for milliseconds in [1.0] * 98 + [50.0] * 2:
        sums.note_time(milliseconds)
    assert 1.0 <= percentile(sums.times.tolist(), 0.5) <= 1.25
    assert 50 <= percentile(sums.times.tolist(), 0.99) <= 62.5
    assert percentile([0, 0], 0.5) is None


# --- Drift --------------------------------------------------------------------------------------


@pytest.fixture
def watched(offered, monkeypatch):
    """Enough strips of a day, with one column moved."""
    monkeypatch.setattr(policy, "LEAST_STRIPS_WATCHED", 5)

    def watch(column: str, by: float, strips: int = 20) -> None:
        watcher = Watcher(lambda: "")
        for seed in range(strips):
            rows = rows_of(12, seed)
            rows[:, NAMES.index(column)] += by
            answer = rank(rows)
            watcher.look(Offered(rows, answer.scores, answer.release))
        watcher.write()

    return watch


def test_the_column_that_moved_is_the_worst_and_rings(watched, in_service):
    with capture_logs() as logs:
        watched("log_price", 3.0)
    found = drift.drift_of(in_service)
    assert found.columns[0].column == "log_price" and found.columns[0].is_alarm
    assert found.places == 20 * 12
    assert all(not column.is_alarm for column in found.columns[1:])
    (told,) = [entry for entry in logs if entry["event"] == "ranker_drifts"]
    assert told["columns"] == ["log_price"]
    assert [name for _, name, _ in drift.worst_by_day(in_service)] == ["log_price"]


def test_what_is_served_as_trained_does_not_ring(watched, in_service):
    with capture_logs() as logs:
        watched("log_price", 0.0, strips=60)
    found = drift.drift_of(in_service)
    assert found.columns[0].index < policy.DRIFT_ALARM
    assert not [entry for entry in logs if entry["event"] == "ranker_drifts"]
    assert {each.column for each in found.columns} == {*NAMES, "score"} - {
        "position", "hour", "weekday"
    }  # fmt: skip


def test_a_day_is_not_held_against_what_is_served_on_it(watched, in_service):
    """All of it has one weekday, and what has been served so far its first hours."""
    watched("weekday", 5.0)
    assert not [each for each in drift.drift_of(in_service).columns if each.is_alarm]


def test_a_day_with_too_few_strips_says_nothing(watched, in_service):
    watched("log_price", 3.0, strips=3)
    assert drift.drift_of(in_service) is None
