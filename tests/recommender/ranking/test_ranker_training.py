"""From a marketplace's log to a candidate: what is bought after strips is learnt."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from listing_assistant.listings.models import Order, State
from ml.artefacts import MissingArtefactError
from recommender import policy
from recommender.features import NAMES
from recommender.models import BehaviourEvent, Impression, ItemEmbedding, ModelRelease
from recommender.ranking import inference, past
from recommender.ranking.dataset import inverse_propensities, read_log
from recommender.ranking.inference import rank
from recommender.ranking.seen import strips_between
from recommender.ranking.training import days_to_learn_from, read_parts
from recommender.releases.services import put_in_service
from tests.recommender.conftest import encoded, on_circle

pytestmark = pytest.mark.django_db
STRIPS = 90


@pytest.fixture
def wares(make_item):
    """On a circle: what is like the seed is near it. Prices are on purpose of no use."""
    now = timezone.now()
    prices = np.random.default_rng(2).permutation(24) + 5
    return [
        make_item(15.0 * number, price=int(prices[number]), published_at=now - timedelta(days=40))
        for number in range(24)
    ]


@pytest.fixture
def log(wares, bob, charlie):
    """People click what they like and buy the likest: a month of strips that were drawn by lot."""
    rng = np.random.default_rng(3)
    first, last = days_to_learn_from(20)
    events, shown = [], []
    for number in range(STRIPS):
        day = timezone.now() - timedelta(days=2.2 + 18 * (STRIPS - number) / STRIPS)
        assert first <= day.date() <= last
        seed = int(rng.integers(24))
        places = [int(each) for each in rng.permutation(24) if each != seed][:10]
        told = {"propensities": [0.5] * 10, "country": "DE", "device": "phone"}
        shown.append(
            Impression(
                strip="similar", seed=wares[seed], listings=[wares[each].pk for each in places],
                served=told, user=[bob, charlie][number % 2], shown_at=day,
            )
        )  # fmt: skip
        person = [bob, charlie][number % 2]
        far = [min((each - seed) % 24, (seed - each) % 24) for each in places]
        for rank_, place in enumerate(np.argsort(far, kind="stable")[:3]):
            kinds = (
                ["click", "buy_now", "purchase"] if rank_ == 0 else ["click", "watch"][: 3 - rank_]
            )
            for minutes, kind in enumerate(kinds, start=1):
                events.append(
                    BehaviourEvent(
                        kind=kind, listing=wares[places[int(place)]], user=person,
                        session_key="v", happened_at=day + timedelta(minutes=minutes),
                        data={"strip": "similar"} if kind == "click" else {},
                    )
                )  # fmt: skip
    Impression.objects.bulk_create(shown)
    BehaviourEvent.objects.bulk_create(events)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(policy, "LEAST_STRIPS_LEARNT", 50)
    inference._loaded.cache_clear()


def test_a_candidate_learns_what_is_bought_and_beats_popularity(log, small):
    out = StringIO()
    call_command("train_ranker", days=20, trials=1, stdout=out)
    release = ModelRelease.objects.get(kind="ranker")
    test = release.metrics["test"]
    ranks = {name: told["purchase_rank"]["mean"] for name, told in test.items()}
    assert ranks["similarity"] < 1.1
    assert ranks["ranker"] < 1.6 < ranks["popularity"]
    assert release.metrics["columns"][0]["column"] in ("joint_similarity", "text_similarity")
    assert release.metrics["label_order"][-2:] == ["buy_now", "purchase"]
    assert release.metrics["trials"][0]["weight_offer"] == 38
    assert all(check["holds"] for check in release.metrics["monotone"])
    assert f"{release} is a candidate" in out.getvalue()
    assert "test.ranker.purchase_rank.mean" in out.getvalue()
    assert release.state == ModelRelease.State.CANDIDATE


def test_a_trained_ranker_can_be_put_in_service_and_is_compared_with_the_next(log, small):
    call_command("train_ranker", days=20, trials=1, stdout=StringIO())
    first = ModelRelease.objects.get(kind="ranker")
    put_in_service(release=first, user=None, reason="the first")
    assert rank(np.zeros((2, len(NAMES)), np.float32)).release == first.release
    call_command("train_ranker", days=14, trials=1, stdout=StringIO())
    second = ModelRelease.objects.filter(kind="ranker").exclude(pk=first.pk).get()
    assert "in service" in second.metrics["test"]


def test_what_is_learnt_from_has_the_places_where_things_stood(log, small):
    """What chooses weights is learnt from, too, in the end; what judges is as served."""
    parts = read_parts(20)
    for part in (parts.learnt, parts.validation):
        assert part.matrix[:, NAMES.index("position")].max() == 10
    assert (parts.test.matrix[:, NAMES.index("position")] == 1).all()


def test_a_ranker_for_other_sites_learns_nothing_of_this_ones_own(log, small, settings):
    call_command("train_ranker", days=20, trials=1, simulated=True, stdout=StringIO())
    release = ModelRelease.objects.get(kind="ranker")
    told = {each["column"]: each["shap"] for each in release.metrics["columns"]}
    assert told["department"] == 0
    bins = inference.trained_bins(release.release)
    assert {*NAMES, "score"} - set(bins) == {"position", "department", *inference.OF_THE_DAY}
    card = (Path(settings.ARTEFACTS_DIR) / release.folder / "card.md").read_text()
    assert "simulated people" in card and "train_ranker --days 20 --trials 1 --simulated" in card


def test_too_little_is_refused_with_what_to_do(db, small):
    with pytest.raises(CommandError, match=r"0 of the 0 strips .* wait for more visitors"):
        call_command("train_ranker", days=5, quick=True)
    with pytest.raises(CommandError, match="--days: learn from one day at least"):
        call_command("train_ranker", days=0)
    with pytest.raises(CommandError, match="--trials"):
        call_command("train_ranker", trials=0)


def test_too_few_purchases_are_refused_by_the_part_that_lacks_them(log, small, monkeypatch):
    monkeypatch.setattr(policy, "LEAST_PURCHASES_A_PART", 30)
    with pytest.raises(CommandError, match=r"18 things were bought .* the part called validation"):
        call_command("train_ranker", days=20, trials=1)


def test_what_is_sold_by_now_is_learnt_with_the_stock_and_vectors_of_then(log, wares):
    """Else the ranker would learn that what is sold out is bought."""
    days = days_to_learn_from(20)
    before = read_log(*days).strips
    bought = BehaviourEvent.objects.filter(kind="purchase").order_by("happened_at").last()
    ware = bought.listing
    for order in BehaviourEvent.objects.filter(kind="purchase", listing=ware):
        made = Order.objects.create(listing=ware, buyer=order.user, amount=1, currency="EUR")
        Order.objects.filter(pk=made.pk).update(created_at=order.happened_at)
    sold = Order.objects.filter(listing=ware).count()
    type(ware).objects.filter(pk=ware.pk).update(quantity=0, state=State.SOLD)
    ItemEmbedding.objects.filter(listing=ware).update(is_live=False)
    stock = np.expm1(
        np.concatenate([each.matrix for each in read_log(*days).strips])[:, NAMES.index("quantity")]
    )
    assert len(read_log(*days).strips) == len(before)
    assert stock.min() == pytest.approx(1) and stock.max() == pytest.approx(max(1, sold))


@pytest.mark.parametrize("has_item_vector", [True, False])
def test_what_lost_its_vectors_gets_them_before_it_is_learnt(
    log, wares, release, monkeypatch, has_item_vector
):
    gone = wares[3]
    type(gone).objects.filter(pk=gone.pk).update(state=State.SOLD)
    gone.refresh_from_db()
    rows = ItemEmbedding.objects.filter(listing=gone)
    # Of before titles had vectors of their own, or of a release before this one.
    rows.update(title_vector=None) if has_item_vector else rows.delete()
    asked = []

    def encode(listings):
        asked.extend(listing.pk for listing in listings)
        return [encoded(listing, on_circle(45.0), release) for listing in listings]

    monkeypatch.setattr(past.inference, "encode_listings", encode)
    strips = read_log(*days_to_learn_from(20)).strips
    assert asked == [gone.pk]
    matrix = np.concatenate([each.matrix for each in strips])
    for name in ("joint_similarity", "text_similarity"):
        assert not np.isnan(matrix[:, NAMES.index(name)]).any()
    assert past.embed_gone([ware.pk for ware in wares]) == 0


def test_vectors_that_cannot_be_made_are_named_with_their_model(log, wares, monkeypatch):
    gone = wares[3]
    type(gone).objects.filter(pk=gone.pk).update(state=State.SOLD)
    ItemEmbedding.objects.filter(listing=gone).delete()

    def missing(listings):
        raise MissingArtefactError(Path("mismatch"), "it has no trained model")

    monkeypatch.setattr(past.inference, "encode_listings", missing)
    with pytest.raises(CommandError, match=r"needs vectors again, and .*mismatch"):
        call_command("train_ranker", days=20, trials=1)


def test_chance_counts_by_how_unlikely_it_was_within_bounds(log):
    seen = strips_between(*days_to_learn_from(20))[0]
    seen.served["propensities"] = [1.0, 0.5, 0.25, 0.0001]
    told = inverse_propensities(seen)
    assert told.tolist() == [1, 2, 4, policy.MOST_INVERSE_PROPENSITY, 1, 1, 1, 1, 1, 1]
