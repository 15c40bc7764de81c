"""DeepRecs in the marketplace: what a seed is answered, and from which snapshot."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from listing_assistant.listings.models import Listing, State
from recommender import policy
from recommender.complements import building, selectors
from recommender.complements.inference import (
    DEEPRECS,
    VISUAL,
    ComplementsError,
    complements,
    snapshot_root,
)
from recommender.complements.training import export
from recommender.inference import release_in_service
from recommender.locks import only_here
from recommender.models import BehaviourEvent, EventKind, ItemEmbedding
from recommender.recall_sets.base import RecallError
from recommender.recall_sets.deep_recs import DeepRecs
from recommender.recall_sets.visual import Visual
from recommender.releases.training import TrainingError
from recommender.vectors import pack

pytestmark = pytest.mark.django_db


@pytest.fixture
def market(shop, in_service):
    """Two cases for each of three phones, and a belt, of which the model knows no word."""
    for model in ("iPhone 15", "Galaxy S23", "Pixel 6"):
        for colour in ("red", "blue"):
            shop.case(model, title=f"Case {colour}")
    shop.sell(shop.belts, "Belt", {shop.colour: "Black"})
    shop.relate(shop.phones, shop.cases)
    building.build(DEEPRECS)
    return shop


def fits_of(found) -> list[str]:
    rows = Listing.objects.in_bulk([pk for pk, _ in found])
    return [rows[pk].attribute_rows.get().text for pk, _ in found]


def test_a_new_listing_has_complements_before_anything_is_built_anew(market):
    seed = market.seed(market.phone("Galaxy S23", title="Galaxy S23 black"))
    assert fits_of(complements(DEEPRECS, seed, limit=2)) == ["Galaxy S23", "Galaxy S23"]


def test_only_related_categories_are_looked_at(market):
    seed = market.seed(market.phone("Galaxy S23"))
    found = complements(DEEPRECS, seed, limit=99)
    kinds = Listing.objects.filter(pk__in=[pk for pk, _ in found])
    assert set(kinds.values_list("category_id", flat=True)) == {market.cases.pk}
    assert len(found) == 6


def test_what_is_sold_by_now_is_no_candidate(market):
    seed = market.seed(market.phone("Galaxy S23", title="Galaxy S23 black"))
    first = DeepRecs().candidates(seed, limit=1)[0].listing_id
    Listing.objects.filter(pk=first).update(state=State.SOLD)
    assert first not in [each.listing_id for each in DeepRecs().candidates(seed, limit=9)]


def test_a_seed_of_unknown_words_is_answered_with_nothing(market):
    market.relate(market.belts, market.cases)
    seed = market.seed(market.sell(market.belts, "Zzyzx"))
    assert complements(DEEPRECS, seed, limit=9) == []


def test_without_a_snapshot_the_set_says_nothing(shop, in_service):
    shop.case("iPhone 15")
    shop.relate(shop.phones, shop.cases)
    assert DeepRecs().candidates(shop.seed(shop.phone()), limit=9) == []


def test_vectors_of_another_model_are_not_compared(market):
    manifest = snapshot_root(DEEPRECS) / "manifest.json"
    told = json.loads(manifest.read_text()) | {"release": "another"}
    manifest.write_text(json.dumps(told))
    assert complements(DEEPRECS, market.seed(market.phone()), limit=9) == []
    assert building.is_due(DEEPRECS)


def test_a_broken_model_is_an_error_of_this_set_alone(market, settings, tmp_path):
    settings.ARTEFACTS_DIR = tmp_path
    (tmp_path / DEEPRECS).mkdir()
    with pytest.raises(RecallError, match="SHA256SUMS is missing"):
        DeepRecs().candidates(market.seed(market.phone()), limit=9)


def test_a_broken_snapshot_names_the_command_that_mends_it(market):
    (snapshot_root(DEEPRECS) / "manifest.json").write_text("nothing")
    with pytest.raises(ComplementsError, match="build_complements"):
        complements(DEEPRECS, market.seed(market.phone()), limit=9)


def test_building_is_due_when_the_market_changed_and_a_while_has_passed(market, monkeypatch):
    assert not building.is_due(DEEPRECS)
    market.case("Pixel 6")
    assert not building.is_due(DEEPRECS)
    monkeypatch.setattr(policy, "COMPLEMENTS_REBUILT_AFTER", timedelta(0))
    assert building.is_due(DEEPRECS)
    assert building.build(DEEPRECS) == 7
    assert not building.is_due(DEEPRECS)


def test_the_visual_snapshot_is_due_again_when_vectors_have_come(market, monkeypatch):
    monkeypatch.setattr(policy, "COMPLEMENTS_REBUILT_AFTER", timedelta(0))
    building.build(VISUAL)
    assert not building.is_due(VISUAL)
    ItemEmbedding.objects.create(
        listing=Listing.objects.first(),
        release=release_in_service(),
        vector=pack(np.eye(256, dtype=np.float32)[0]),
        is_live=True,
        revision=9,
    )
    assert building.is_due(VISUAL)


def test_the_visual_set_without_vectors_knows_nothing_and_says_nothing(market):
    assert building.build(VISUAL) == 0
    assert complements(VISUAL, market.seed(market.phone()), limit=9) == []


def test_what_looks_the_same_is_found_by_its_vector_alone(shop, in_service):
    """The bundled model reads vectors of the bundled tower, and no words but the category's."""
    shop.relate(shop.phones, shop.cases)
    phone, cases = shop.phone(), [shop.case() for _ in range(3)]
    vectors = np.random.default_rng(0).normal(size=(4, 256)).astype(np.float32)
    for revision, listing in enumerate([phone, *cases[:2]], start=1):
        vector = vectors[revision] / np.linalg.norm(vectors[revision])
        ItemEmbedding.objects.create(
            listing=listing,
            release=release_in_service(),
            vector=pack(vector),
            is_live=True,
            revision=revision,
        )
    assert building.build(VISUAL) == 3
    found = Visual().candidates(shop.seed(phone), limit=9)
    assert {each.listing_id for each in found} == {case.pk for case in cases[:2]}
    assert Visual().candidates(shop.seed(cases[2]), limit=9) == []


def bought(user, listing, **fields):
    defaults = {"kind": EventKind.PURCHASE, "happened_at": timezone.now()}
    BehaviourEvent.objects.create(user=user, listing=listing, **defaults | fields)


def test_training_reads_what_the_same_person_bought_and_kept(shop, alice, bob, tmp_path):
    phone, case, film = shop.phone(), shop.case(), shop.sell(shop.films, "Film")
    for thing in (phone, case, film):
        bought(bob, thing)
    bought(bob, film, kind=EventKind.REFUND)
    bought(alice, shop.phone("Pixel 6"), flags="bot")
    items, pairs = export(tmp_path, with_vectors=False)
    from ml.deeprecs.pairs_file import read_items_and_pairs

    data = read_items_and_pairs(items, pairs)
    assert sorted(record.title for record in data.records) == ["Thing", "Thing"]
    assert sorted(zip(data.pairs.seeds, data.pairs.recs, strict=True)) == [(0, 1), (1, 0)]
    assert np.array_equal(data.pairs.item_counts, [1, 1])
    assert selectors.purchase_counts().total() == 2


def test_nothing_to_learn_from_is_said_before_training_starts(shop, bob, tmp_path):
    bought(bob, shop.phone())
    with pytest.raises(TrainingError, match="Nobody has bought two things"):
        export(tmp_path, with_vectors=False)


@pytest.mark.django_db(transaction=True)
def test_one_process_builds_at_a_time(in_service):
    from threading import Thread

    results: list[object] = []

    def another() -> None:
        from django.db import connection

        results.append(building.build(DEEPRECS))
        connection.close()

    with only_here("complements"):
        thread = Thread(target=another)
        thread.start()
        thread.join()
    assert results == [None]
