"""Merging by trust, and by what was learnt where a release of it is in service."""

import numpy as np
import pytest

from ml.merging.fit import save_merger
from ml.merging.model import COLUMNS, MergeConfig
from ml.merging.predict import Merger
from recommender import policy
from recommender.merging import merge
from recommender.recall_sets.base import Candidate
from recommender.releases.services import go_back, put_in_service, register

pytestmark = pytest.mark.django_db


def candidates(*ids: int) -> list[Candidate]:
    return [Candidate(pk, 1 / (place + 1), 3, f"said of {pk}") for place, pk in enumerate(ids)]


FOUND = {"popular": candidates(1, 2), "related_products": candidates(3, 2)}


@pytest.fixture(autouse=True)
def own_artefacts(settings, tmp_path):
    settings.ARTEFACTS_DIR = tmp_path / "artefacts"


def release_that_likes(name: str, folder):
    sets = ("popular", "related_products")
    weights = np.zeros((2, len(COLUMNS)))
    weights[sets.index(name), COLUMNS.index("found")] = 5.0
    save_merger(Merger(MergeConfig(sets), weights), folder, metrics={}, card="# Merge")
    return register(kind="merging", folder=folder)


def test_without_a_release_sets_count_by_peoples_trust():
    worth, offset = policy.SET_WORTH, policy.RANK_OFFSET
    merged = merge(FOUND, limit=10)
    assert [each.listing_id for each in merged] == [2, 3, 1]
    assert merged[0].score == pytest.approx(
        worth["popular"] / (1 + offset) + worth["related_products"] / (1 + offset)
    )


def test_what_each_set_said_stays_with_the_item_the_most_trusted_first():
    both = next(each for each in merge(FOUND, limit=10) if each.listing_id == 2)
    assert list(both.sources) == ["related_products", "popular"]
    assert both.best_source == "related_products"
    assert both.sources["popular"].reason == "said of 2"


def test_a_release_in_service_decides_the_order_and_going_back_undoes_it(tmp_path):
    release = release_that_likes("popular", tmp_path / "trained")
    put_in_service(release=release, user=None, reason="")
    assert [each.listing_id for each in merge(FOUND, limit=10)] == [1, 2, 3]
    go_back(kind="merging", user=None, reason="")
    assert [each.listing_id for each in merge(FOUND, limit=10)] == [2, 3, 1]


def test_a_broken_release_costs_only_what_it_had_learnt(settings):
    folder = settings.ARTEFACTS_DIR / "merging"
    folder.mkdir(parents=True)
    (folder / "SHA256SUMS").write_text("nonsense")
    assert [each.listing_id for each in merge(FOUND, limit=10)] == [2, 3, 1]


def test_sets_that_a_release_never_saw_still_fill_a_strip(tmp_path):
    release = release_that_likes("popular", tmp_path / "trained")
    put_in_service(release=release, user=None, reason="")
    assert [each.listing_id for each in merge({"new_set": candidates(9)}, limit=10)] == [9]


def test_no_more_than_the_limit_is_given():
    assert [each.listing_id for each in merge(FOUND, limit=1)] == [2]
    assert merge({}, limit=5) == []
