"""Decayed histories and the priors of categories, against naive sums, the same whenever made."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from listing_assistant.catalogue.models import Category
from recommender import policy
from recommender.events.days import midnight
from recommender.items.building import table_as_of, tables_as_of
from recommender.items.columns import HISTORY
from recommender.items.history import DaysLog, PriorMaker, Tally
from recommender.models import BehaviourEvent, Impression

pytestmark = pytest.mark.django_db

DAY = date(2026, 5, 20)
ACTS = HISTORY[1:]


def noon(days_before: int) -> datetime:
    return midnight(DAY - timedelta(days=days_before)) + timedelta(hours=12)


def act(kind, listing, days_before, **fields):
    at = {"happened_at": noon(days_before)} | fields
    return BehaviourEvent.objects.create(kind=kind, listing=listing, **at)


def show(listings, days_before, **fields):
    at = {"shown_at": noon(days_before)} | fields
    ids = [listing.pk for listing in listings]
    return Impression.objects.create(strip="similar", listings=ids, **at)


def history_of(listing, day=DAY) -> dict[str, float]:
    counted = DaysLog().as_of(day).listings.of(np.array([listing.pk]))
    return dict(zip(map(str, HISTORY), counted[0].tolist(), strict=True))


def test_histories_are_those_of_a_naive_decay(make_listing):
    rng = np.random.default_rng(2)
    mugs = [make_listing() for _ in range(6)]
    naive = {mug.pk: dict.fromkeys(map(str, HISTORY), 0.0) for mug in mugs}
    for _ in range(300):
        mug, days, kind = mugs[rng.integers(6)], int(rng.integers(1, 60)), str(rng.choice(ACTS))
        act(kind, mug, days)
        naive[mug.pk][kind] += 0.5 ** (days / 14)
    for _ in range(40):
        seen, days = rng.choice(mugs, 3, replace=False), int(rng.integers(1, 60))
        show(seen, days)
        for mug in seen:
            naive[mug.pk]["shown"] += 0.5 ** (days / 14)
    for mug in mugs:
        assert history_of(mug) == pytest.approx(naive[mug.pk], rel=1e-5)


def test_only_whole_days_before_and_not_too_long_ago_count(make_listing):
    mug = make_listing()
    midday = midnight(DAY)
    act("click", mug, 0, happened_at=midday)
    act("click", mug, policy.HISTORY_DAYS + 1)
    assert history_of(mug)["click"] == 0
    act("click", mug, 0, happened_at=midday - timedelta(microseconds=1))
    assert history_of(mug)["click"] == pytest.approx(0.5 ** (1 / 14))


def test_what_does_not_count_is_not_counted(make_listing):
    mug = make_listing()
    act("click", mug, 1, flags="bot")
    show([mug], 1, flags="self")
    act("bid", mug, 1)
    assert not any(history_of(mug).values())


def test_what_was_told_late_counts_in_the_tables_of_later_days(make_listing):
    """A day's table, made again later, is as it was."""
    mug = make_listing()
    act("click", mug, 3, source="app", received_at=noon(-1))
    show([mug], 3, source="page", received_at=noon(-1))
    assert not any(history_of(mug).values())
    assert not any(history_of(mug, DAY + timedelta(days=1)).values())
    later = history_of(mug, DAY + timedelta(days=2))
    assert later["click"] == later["shown"] == pytest.approx(0.5 ** (5 / 14))


def test_what_the_site_itself_saw_is_never_late(make_listing):
    """So that a past which was imported, or made up, counts when it happened."""
    mug = make_listing()
    act("purchase", mug, 3, received_at=noon(-30))
    assert history_of(mug)["purchase"] == pytest.approx(0.5 ** (3 / 14))


def test_histories_are_the_same_bits_in_any_company(make_listing):
    rng = np.random.default_rng(3)
    mugs = [make_listing() for _ in range(20)]
    for _ in range(400):
        act(str(rng.choice(ACTS)), mugs[rng.integers(20)], int(rng.integers(1, 60)))
    ids = np.array([mug.pk for mug in mugs])
    day = DAY + timedelta(days=1)
    (few,) = tables_as_of([DAY], listing_ids=ids[:5])
    all_of_them, next_day = (table.items for table in tables_as_of([DAY, day]))
    assert few.items.history.tobytes() == all_of_them.history[:5].tobytes()
    assert few.items.prior.tobytes() == all_of_them.prior[:5].tobytes()
    assert table_as_of(day).items.history.tobytes() == next_day.history.tobytes()


# --- Priors -------------------------------------------------------------------------------------


def tally(counts: dict[int, float]) -> Tally:
    """So many clicks of each category, and nothing else."""
    keys = sorted(counts)
    rows = np.zeros((len(keys), len(HISTORY)))
    rows[:, HISTORY.index("click")] = [counts[key] for key in keys]
    return Tally(np.array(keys), rows)


def clicks_of(priors, category: int) -> float:
    return float(priors.of(np.array([category]))[0, HISTORY.index("click")])


def test_a_category_with_little_behaviour_takes_its_departments_and_then_everybodys():
    # 1 and 2 are of the department 10; 3 is of 30.
    priors = PriorMaker({10: 10, 1: 10, 2: 10, 30: 30, 3: 30}).made(tally({1: 150, 2: 7, 3: 20}))
    assert clicks_of(priors, 1) == 150
    assert clicks_of(priors, 2) == clicks_of(priors, 10) == 157
    assert clicks_of(priors, 3) == clicks_of(priors, 0) == clicks_of(priors, 999) == 177


def test_priors_count_what_is_sold_too(make_listing, category):
    cups = Category.objects.create(
        taxonomy=category.taxonomy, source_id="cups", name="Cups", slug="cups", path="Cups"
    )
    mug, sold, cup = make_listing(), make_listing(state="sold"), make_listing(category=cups)
    BehaviourEvent.objects.bulk_create(
        BehaviourEvent(kind="click", listing=listing, happened_at=noon(1))
        for listing, count in ((mug, 20), (sold, 100), (cup, 30))
        for _ in range(count)
    )
    table = table_as_of(DAY)
    rows = table.rows_of([mug.pk, cup.pk])
    clicks = table.items.prior[rows, HISTORY.index("click")]
    worth = 0.5 ** (1 / 14)
    assert clicks == pytest.approx([120 * worth, 150 * worth])
