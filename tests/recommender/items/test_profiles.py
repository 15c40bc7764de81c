"""What a person likes: from known acts, the same for serving and for training, gone when erased."""

from __future__ import annotations

import math
from dataclasses import fields
from datetime import UTC, timedelta

import numpy as np
import pytest
from django.utils import timezone

from recommender import services
from recommender.events.erasure import erase_behaviour
from recommender.features import NOBODY
from recommender.items.building import build_table
from recommender.items.profiles import viewer_of, viewers_as_of
from recommender.models import ViewerProfile

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return timezone.now().astimezone(UTC).date()


@pytest.fixture
def act(bob):
    def act(kind, listing, *, days, user=bob):
        at = timezone.now() - timedelta(days=days)
        services.record_event(kind=kind, listing=listing, user=user, happened_at=at)

    return act


def test_a_person_without_behaviour_is_nobody(make_item, bob, today):
    make_item(0)
    build_table()
    assert viewer_of(bob.pk, None).vector is None and not viewer_of(bob.pk, None).categories
    assert viewers_as_of(today, [bob.pk]) == {bob.pk: NOBODY}


def test_tastes_are_shares_of_what_was_done_by_worth_and_age(make_item, act, bob, today):
    act("click", make_item(0, price=10), days=1)
    act("purchase", make_item(90, price=1000), days=31)
    viewer = viewers_as_of(today, [bob.pk])[bob.pk]
    click, purchase = 0.5 ** (1 / 30), 5 * 0.5 ** (31 / 30)
    mean = (click * math.log(10) + purchase * math.log(1000)) / (click + purchase)
    ((_, (found, deviation)),) = viewer.prices.items()
    assert found == pytest.approx(mean, abs=1e-5)
    spread = math.sqrt(click * purchase) / (click + purchase) * math.log(100)
    assert deviation == pytest.approx(spread, abs=1e-5)
    assert list(viewer.categories.values()) == [1.0]
    towards = np.array([click, purchase]) / math.hypot(click, purchase)
    assert viewer.vector[:2] == pytest.approx(towards, abs=1e-3)


def test_what_was_given_back_and_what_happened_today_say_nothing(make_item, act, bob, today):
    back, new = make_item(0), make_item(90)
    act("purchase", back, days=1)
    act("refund", back, days=1)
    act("click", new, days=0)
    assert viewers_as_of(today, [bob.pk]) == {bob.pk: NOBODY}


def same(one, other) -> bool:
    def bits(value):
        return value.tobytes() if isinstance(value, np.ndarray) else value

    return all(bits(getattr(one, f.name)) == bits(getattr(other, f.name)) for f in fields(one))


def test_serving_and_training_know_the_same_person_to_the_bit(make_item, act, bob, charlie, today):
    for angle in range(0, 360, 7):
        act("watch", make_item(angle, price=angle + 1), days=angle % 50 + 1)
        act("click", make_item(angle + 3), days=3, user=charlie)
    build_table()
    trained = viewers_as_of(today, [bob.pk, charlie.pk])
    assert same(viewer_of(bob.pk, None), trained[bob.pk])
    assert same(viewer_of(charlie.pk, None), trained[charlie.pk])
    alone = viewers_as_of(today, [charlie.pk])
    assert same(alone[charlie.pk], trained[charlie.pk])


def test_erasing_a_persons_behaviour_removes_their_profile(make_item, act, bob):
    act("click", make_item(0), days=1)
    build_table()
    assert ViewerProfile.objects.filter(user=bob).exists()
    erase_behaviour(user_id=bob.pk)
    build_table()
    assert not ViewerProfile.objects.exists()


def test_a_profile_takes_one_query(make_item, act, bob, django_assert_num_queries):
    act("click", make_item(0), days=1)
    build_table()
    viewer_of(bob.pk, None)
    with django_assert_num_queries(1):
        viewer_of(bob.pk, None)
    with django_assert_num_queries(0):
        viewer_of(None, None)
