"""The merge is learnt from what was bought after a seed in the held-out days."""

from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command

from ml.merging.predict import load_merger
from recommender import policy
from recommender.merging import merge
from recommender.merging.inference import lists_of
from recommender.merging.training import spread, train
from recommender.models import ModelRelease
from recommender.recall_sets.base import Candidate
from recommender.releases.services import put_in_service
from recommender.releases.training import TrainingError

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_artefacts(settings, tmp_path):
    settings.ARTEFACTS_DIR = tmp_path / "artefacts"


def silent(share: float, doing: str) -> None:
    """Report no progress."""


def test_too_few_occasions_are_refused_with_their_number(month):
    with pytest.raises(TrainingError, match=f"at least {policy.LEAST_LESSONS}"):
        train(progress=silent)
    assert not ModelRelease.objects.exists()


def test_a_candidate_is_made_that_answers_once_it_is_in_service(month, settings, monkeypatch):
    monkeypatch.setattr(policy, "LEAST_LESSONS", 1)
    release = train(progress=silent)
    assert (release.kind, release.state) == ("merging", ModelRelease.State.CANDIDATE)
    assert release.metrics["occasions"] >= 3
    assert 0 < release.metrics[f"recall_at_{policy.STRIP_SIZE}_later"] <= 1
    found = {
        "fresh": [Candidate(1, 1.0), Candidate(2, 0.5)],
        "related_products": [Candidate(2, 0.4, 8)],
    }
    expected, _ = load_merger(settings.ARTEFACTS_DIR / release.folder).merge(lists_of(found))
    put_in_service(release=release, user=None, reason="test")
    assert [each.listing_id for each in merge(found, limit=2)] == expected.tolist()


@pytest.mark.parametrize(("there", "most"), [(7, 3), (2999, 1500), (3, 5), (0, 5)])
def test_of_many_occasions_no_more_than_the_most_are_taken_from_all_of_the_time(there, most):
    chosen = spread(range(there), most)
    assert len(chosen) == min(there, most)
    assert chosen == sorted(set(chosen))
    gaps = [later - one for one, later in pairwise([*chosen, there])]
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_the_command_says_how_to_put_the_candidate_in_service(month, monkeypatch):
    monkeypatch.setattr(policy, "LEAST_LESSONS", 1)
    out = StringIO()
    call_command("train_merging", stdout=out)
    assert "manage.py release merging" in out.getvalue()


def test_the_command_names_a_wrong_number_of_days():
    with pytest.raises(CommandError, match="--days"):
        call_command("train_merging", days=0)
