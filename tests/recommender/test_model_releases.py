"""A trained model becomes a candidate, answers, and gives way: each step with who and why."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.urls import reverse

from ml.artefacts import save_artefact
from recommender.models import ModelRelease, ReleaseChange
from recommender.releases import services
from recommender.releases.selectors import (
    compared,
    release_serving,
    released_folder,
    risk_coverage,
)
from recommender.releases.services import ReleaseError, go_back, put_in_service, register

State = ModelRelease.State


@pytest.fixture
def trained(settings, tmp_path, db):
    """A folder as training leaves it, outside of ARTEFACTS_DIR."""
    settings.ARTEFACTS_DIR = tmp_path / "artefacts"

    def train(content: str, kind: str = "taclr", **metrics) -> Path:
        folder = tmp_path / "trained" / content
        save_artefact(
            folder, kind=kind, format_version=1, config={"content": content}, tensors={},
            metrics=metrics, card="made by a test",
        )  # fmt: skip
        return folder

    return train


@pytest.fixture
def candidate(trained):
    return lambda content, **metrics: register(kind="taclr", folder=trained(content, **metrics))


def serving() -> str | None:
    release = release_serving("taclr")
    return None if release is None else release.release


def test_a_trained_folder_becomes_a_candidate_with_its_metrics(candidate, trained):
    release = candidate("one", f1=0.8)
    assert (release.state, release.metrics) == (State.CANDIDATE, {"f1": 0.8})
    assert serving() is None and released_folder("taclr") is None
    assert register(kind="taclr", folder=trained("one", f1=0.8)) == release


def test_the_release_in_service_is_a_copy_that_training_cannot_touch(candidate, trained, mona):
    release = candidate("one")
    put_in_service(release=release, user=mona, reason="Better")
    copy = released_folder("taclr")
    (trained("one") / "config.json").write_text("{}")
    assert (copy / "config.json").read_text() != "{}"
    assert not list(copy.parent.glob(".*"))


def test_a_new_release_retires_the_one_before(candidate, mona):
    first, second = candidate("one"), candidate("two")
    put_in_service(release=first, user=mona, reason="First")
    change = put_in_service(release=second, user=mona, reason="  Better  ")
    first.refresh_from_db()
    assert (serving(), first.state) == (second.release, State.RETIRED)
    assert (change.before, change.after, change.reason) == (first, second, "Better")
    with pytest.raises(ReleaseError, match="in service already"):
        put_in_service(release=second, user=mona, reason="")


def test_going_back_takes_one_step_a_time_down_to_the_bundled_model(candidate, mona):
    releases = [candidate(name) for name in ("one", "two", "three")]
    for release in releases:
        put_in_service(release=release, user=mona, reason="")
    seen = []
    for _ in releases:
        go_back(kind="taclr", user=mona, reason="Worse")
        seen.append(serving())
    assert seen == [releases[1].release, releases[0].release, None]
    with pytest.raises(ReleaseError, match="bundled model of taclr is in service"):
        go_back(kind="taclr", user=mona, reason="")
    assert ReleaseChange.objects.filter(made_by=mona).count() == 6


def test_a_release_that_was_taken_back_can_return(candidate, mona):
    first, second = candidate("one"), candidate("two")
    for release in (first, second):
        put_in_service(release=release, user=mona, reason="")
    go_back(kind="taclr", user=mona, reason="")
    put_in_service(release=second, user=mona, reason="It was something else")
    go_back(kind="taclr", user=mona, reason="")
    assert serving() == first.release


def test_two_never_serve_at_once(candidate):
    first, second = candidate("one"), candidate("two")
    ModelRelease.objects.filter(pk=first.pk).update(state=State.SERVING)
    with pytest.raises(IntegrityError):
        ModelRelease.objects.filter(pk=second.pk).update(state=State.SERVING)


def test_what_is_no_whole_artefact_of_the_kind_is_refused(trained, tmp_path):
    folder = trained("one")
    with pytest.raises(ReleaseError, match="kind 'taclr', not 'description'"):
        register(kind="description", folder=folder)
    with pytest.raises(ReleaseError, match="none of taclr, category, description"):
        register(kind="tarot", folder=folder)
    with pytest.raises(ReleaseError, match="no such folder"):
        register(kind="taclr", folder=tmp_path / "nowhere")
    (folder / "config.json").write_text("{}")
    with pytest.raises(ReleaseError, match="does not match its checksum"):
        register(kind="taclr", folder=folder)
    assert not ModelRelease.objects.exists()


def test_a_release_whose_folder_broke_is_not_put_in_service(candidate, settings, mona):
    release = candidate("one")
    (Path(settings.ARTEFACTS_DIR) / release.folder / "metrics.json").unlink()
    with pytest.raises(ReleaseError, match=r"metrics\.json is missing"):
        put_in_service(release=release, user=mona, reason="")
    assert serving() is None


def test_a_copy_that_was_cut_short_leaves_nothing_that_looks_whole(trained, settings, monkeypatch):
    def cut_short(*arguments, **options):
        raise OSError("No space left on device")

    monkeypatch.setattr(services.shutil, "copytree", cut_short)
    with pytest.raises(OSError, match="No space"):
        register(kind="taclr", folder=trained("one"))
    assert [path for path in Path(settings.ARTEFACTS_DIR).rglob("*") if path.is_file()] == []
    assert not ModelRelease.objects.exists()


def test_metrics_are_compared_by_their_path():
    ours = {"known": {"f1": 0.9, "n": 10}, "risk_coverage": {"Brand": [[1.0, 0.9, 0.5]]}}
    theirs = {"known": {"f1": 0.8}, "old": 1, "name": "x", "good": True}
    found = [(row.name, row.ours, row.theirs) for row in compared(ours, theirs)]
    assert found == [("known.f1", 0.9, 0.8), ("known.n", 10, None), ("old", None, 1)]
    assert compared(ours, theirs)[0].difference == pytest.approx(0.1)


def test_the_command_releases_a_folder_and_rolls_back(trained, mona):
    folder = trained("one", f1=0.8)
    said = StringIO()
    call_command(
        "release", "taclr", str(folder), "--by", mona.email, "--reason", "Better", stdout=said
    )
    assert "in service" in said.getvalue() and "f1" in said.getvalue()
    change = ReleaseChange.objects.get()
    assert (change.made_by, change.reason, change.after.release) == (mona, "Better", serving())
    call_command("release", "taclr", stdout=said)
    assert f"{change.after.release}  In service" in said.getvalue()
    call_command("release", "taclr", "--back", stdout=said)
    assert serving() is None and "the bundled model" in said.getvalue()


def test_the_command_names_what_is_wrong(trained):
    with pytest.raises(CommandError, match="none of taclr"):
        call_command("release", "tarot", "--back")
    with pytest.raises(CommandError, match="Nobody here has the address"):
        call_command("release", "taclr", str(trained("one")), "--by", "ghost@example.org")
    with pytest.raises(CommandError, match="nothing is before it"):
        call_command("release", "taclr", "--back")


CURVE = [[0.5, 1.0, 0.9], [0.8, 0.92, 0.6], [1.0, 0.75, 0.0]]


def test_the_most_that_can_be_answered_at_a_precision():
    (curve,) = risk_coverage({"risk_coverage": {"Brand": CURVE, "Empty": []}})
    assert (curve.coverage_at_95, curve.coverage_at_90, curve.precision_of_all) == (
        *("50%", "80%", "75%"),
    )
    assert curve.points == "50.0,0.0 80.0,8.0 100.0,25.0"


def test_staff_compare_release_and_go_back_on_a_page(candidate, admin_client):
    first, second = (
        candidate("one", f1=0.8),
        candidate("two", f1=0.9, risk_coverage={"Brand": CURVE}),
    )
    pages = {
        row.pk: reverse("admin:recommender_modelrelease_change", args=[row.pk])
        for row in (first, second)
    }
    steer = reverse("admin:recommender_steer_release", args=[first.pk])
    assert "It waits to be put in service" in admin_client.get(pages[first.pk]).content.decode()
    admin_client.post(steer, {"step": "serve", "reason": "First"})
    page = admin_client.get(pages[second.pk]).content.decode()
    assert "+0.1" in page and "80%" in page and "First" in page
    admin_client.post(
        reverse("admin:recommender_steer_release", args=[second.pk]),
        {"step": "serve", "reason": "Better"},
    )
    assert "Go back to" in admin_client.get(pages[second.pk]).content.decode()
    admin_client.post(steer, {"step": "back", "reason": "Worse"})
    assert serving() == first.release
    said = admin_client.post(steer, {"step": "serve"}, follow=True).content.decode()
    assert "in service already" in said
    listed = admin_client.get(reverse("admin:recommender_modelrelease_changelist"))
    assert "f1 0.900 (+0.100)" in listed.content.decode()


def test_who_is_not_staff_releases_nothing(candidate, client, mona):
    client.force_login(mona)
    release = candidate("one")
    client.post(reverse("admin:recommender_steer_release", args=[release.pk]), {"step": "serve"})
    assert serving() is None
