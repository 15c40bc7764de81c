"""Staff see what a ranker is made of, put it in service, in shadow, and take it back."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from recommender import policy
from recommender.models import DriftDay, ReleaseChange, ShadowChange, ShadowDay
from recommender.ranking import inference
from recommender.ranking.inference import rank
from recommender.ranking.tallies import TIMES
from recommender.releases.services import go_back, put_in_service, register
from tests.recommender.ranking.conftest import rows_of

pytestmark = pytest.mark.django_db

METRICS = {
    "label_order": ["none", "click", "watch", "cart", "offer", "buy_now", "purchase"],
    "label_shares": {"watch": 0.041, "cart": 0.2, "offer": 0.3, "buy_now": 0.58},
    "weights": {"watch": 6.0, "purchase": 15.0},
    "columns": [
        {"column": "ctr", "gain": 0.9, "shap": 0.5},
        {"column": "age", "gain": 0.1, "shap": 0.1},
    ],
    "monotone": [
        {"column": "ctr", "direction": 1, "points": [[0, 0], [1, 2]], "wrong": 0.0, "holds": True},
        {"column": "age", "direction": -1, "points": [[0, 0]], "wrong": 2.0, "holds": False},
    ],
    "trials": [
        {"number": 0, "purchase_rank": 3.25, "rounds": 40, "weight_watch": 6.0, "gain": "linear"},
        {"number": 1, "purchase_rank": 3.125, "rounds": 31, "weight_watch": 9.5, "gain": "linear"},
    ],
    "test": {
        "ranker": {
            name: {"mean": 3.5, "interval": [3.25, 3.75], "groups": 80}
            for name in ("purchase_rank", "ndcg", "mrr", "auc")
        }
    },
}  # fmt: skip


@pytest.fixture
def releases(trained):
    return [register(kind="ranker", folder=trained(name, **METRICS)) for name in ("ctr", "age")]


@pytest.fixture
def boss(client, django_user_model):
    user = django_user_model.objects.create_superuser("boss@example.org", "unused")
    client.force_login(user)
    return user


def page(client, release) -> str:
    address = reverse("admin:recommender_modelrelease_change", args=[release.pk])
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_a_release_answers_and_gives_way_again(releases, mona):
    first, second = releases
    put_in_service(release=first, user=mona, reason="first")
    assert rank(rows_of(2)).release == first.release
    put_in_service(release=second, user=mona, reason="better")
    assert rank(rows_of(2)).release == second.release
    go_back(kind="ranker", user=mona, reason="worse after all")
    assert rank(rows_of(2)).release == first.release
    assert ReleaseChange.objects.filter(kind="ranker").count() == 3


def test_the_page_shows_what_it_is_made_of(client, boss, releases):
    told = page(client, releases[0])
    for words in (
        "clicks a time shown", "Holds", "Wrong by 2.000", "watch 9.5", "3.1250", "0.041",
        "3.250 – 3.750", "Put it in shadow", "No live strip has been scored by it yet.",
    ):  # fmt: skip
        assert words in told
    assert told.index("watch 9.5") < told.index("watch 6")
    assert "Risk and coverage" not in told


def test_a_release_without_figures_has_a_page(client, boss, trained):
    told = page(client, register(kind="ranker", folder=trained("ctr")))
    assert "Its metrics.json does not say." in told and "It was not tuned." in told


def test_the_switch_puts_a_candidate_in_shadow_and_out(client, boss, releases):
    address = reverse("admin:recommender_shadow_release", args=[releases[0].pk])
    client.post(address, {"step": "in", "reason": "to compare"})
    assert "It scores live strips unseen" in page(client, releases[0])
    client.post(address, {"step": "in", "reason": "again"})
    assert "is in shadow already" in page(client, releases[0])
    client.post(address, {"step": "out", "reason": "enough"})
    last = ShadowChange.objects.first()
    assert (last.release, last.made_by, last.reason) == (None, boss, "enough")


def test_who_may_not_steer_may_not_put_in_shadow(client, releases, django_user_model):
    staff = django_user_model.objects.create_user("clerk@example.org", "unused", is_staff=True)
    client.force_login(staff)
    address = reverse("admin:recommender_shadow_release", args=[releases[0].pk])
    assert client.post(address, {"step": "in", "reason": "x"}).status_code == 403
    assert not ShadowChange.objects.exists()


def test_days_in_shadow_are_shown_as_means(client, boss, releases):
    times = [0] * (len(TIMES) + 1)
    times[10] = 4
    ShadowDay.objects.create(
        day=date(2026, 3, 1), release=releases[0].release, served="0123456789ab", strips=4,
        failed=1, correlation=3.0, overlap=2.0, shift=10.0, times=times,
    )  # fmt: skip
    told = page(client, releases[0])
    for words in ("0123456789ab", "0.750", "0.500", "2.5", f"{TIMES[10]:.2f}"):
        assert words in told


def test_the_drift_page_shows_the_worst_column_first(client, boss, releases, monkeypatch):
    monkeypatch.setattr(policy, "LEAST_STRIPS_WATCHED", 1)
    bins = inference.trained_bins(releases[0].release)
    for column, moved in (("age", True), ("log_price", False), ("score", False)):
        counts = [round(1000 * share) for share in bins[column].shares]
        if moved:
            counts = [0] * (len(counts) - 1) + [1000]
        DriftDay.objects.create(
            day=date(2026, 3, 1), release=releases[0].release, column=column, counts=counts
        )
    told = client.get(reverse("admin:recommender_release_drift", args=[releases[0].pk]))
    text = told.content.decode()
    assert text.index("days for sale, log") < text.index("price, log")
    assert text.count(">Alarm<") == 1
    assert "<svg" in text


def test_the_drift_page_says_when_nothing_was_watched(client, boss, releases):
    address = reverse("admin:recommender_release_drift", args=[releases[0].pk])
    assert "Too few of its strips" in client.get(address).content.decode()
