from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection

from recommender import policy
from recommender.events.erasure import erase_behaviour
from recommender.events.storing import ERASURE_LOCK
from recommender.experiments import statistics
from recommender.experiments.counting import count_day
from recommender.experiments.readings import Figures, history, read, read_due
from recommender.models import BehaviourEvent, Exposure, Impression, UnitDay
from tests.recommender.experiments.units import moments_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = NOON.date()
HOUR = timedelta(hours=1)


@pytest.fixture
def experiment(make_experiment):
    return make_experiment(started_at=NOON - HOUR, planned_units=400)


@pytest.fixture
def expose(experiment) -> Callable[..., Exposure]:
    def make(session: str, arm: str = "control", at: datetime = NOON, **fields: Any) -> Exposure:
        return Exposure.objects.create(
            experiment=experiment, unit=f"s{session}", arm=arm, first_at=at, **fields
        )

    return make


@pytest.fixture
def act() -> Callable[..., BehaviourEvent]:
    def make(kind: str, listing, session: str, after: timedelta = HOUR, **fields: Any):
        return BehaviourEvent.objects.create(
            kind=kind, listing=listing, session_key=session, happened_at=NOON + after, **fields
        )

    return make


@pytest.fixture
def see() -> Callable[..., Impression]:
    def make(listings, session: str, after: timedelta = HOUR, strip: str = "similar", **fields):
        return Impression.objects.create(
            strip=strip,
            listings=[each.pk for each in listings],
            session_key=session,
            shown_at=NOON + after,
            **fields,
        )

    return make


def counted(experiment, day=DAY) -> dict[str, dict[str, Any]]:
    count_day(experiment, day)
    rows = UnitDay.objects.filter(experiment=experiment, day=day)
    names = ("seen", "clicks", "watches", "purchases", "refunded", "anywhere", "money")
    return {row["unit"]: row for row in rows.values("unit", *names)}


SIMILAR = {"strip": "similar"}


def test_what_a_visit_did_is_counted_from_its_exposure_on(
    experiment, expose, act, see, make_listing
):
    mug, cup = make_listing("Mug", ad_rate=Decimal(10)), make_listing("Cup")
    expose("v")
    see([mug, cup], "v")
    see([mug], "v", -2 * HOUR)  # before
    see([mug], "v", strip="complementary")
    see([mug], "v", flags="bot")
    act("click", mug, "v", data=SIMILAR)
    act("click", cup, "v", -2 * HOUR, data=SIMILAR)  # before
    act("click", cup, "v", data={"strip": "search"})
    act("watch", mug, "v", 2 * HOUR)
    act("watch", cup, "v", 2 * HOUR)  # not from the strip
    act("purchase", mug, "v", 3 * HOUR, data={"amount": "40.00", "currency": "EUR"})
    act("purchase", cup, "v", 3 * HOUR, data={"amount": "7.00", "currency": "USD"})

    assert counted(experiment) == {
        "sv": {
            "unit": "sv",
            "seen": 2,
            "clicks": 1,
            "watches": 1,
            "purchases": 1,
            "refunded": 0,
            "anywhere": 2,
            "money": {"EUR": [40.0, 4.0]},
        }
    }
    # Counted once more, it is the same.
    assert counted(experiment)["sv"]["clicks"] == 1


def test_a_purchase_days_after_the_click_is_the_strips_until_too_late(
    experiment, expose, act, make_listing
):
    mug, cup = make_listing("Mug"), make_listing("Cup")
    expose("v")
    act("click", mug, "v", data=SIMILAR)
    act("click", cup, "v", data=SIMILAR)
    days = policy.ATTRIBUTED_WITHIN
    act("purchase", mug, "v", days)
    act("purchase", cup, "v", days + 2 * HOUR)

    assert counted(experiment, DAY + days)["sv"]["purchases"] == 1


def test_a_refund_counts_against_the_visit_that_bought(experiment, expose, act, make_listing, bob):
    mug = make_listing("Mug")
    expose("v")
    act("click", mug, "v", data=SIMILAR)
    act("purchase", mug, "v", 2 * HOUR, user=bob)
    # The seller gives the money back: there is no visit of the buyer then.
    act("refund", mug, "", timedelta(days=3), user=bob)

    assert counted(experiment, DAY + timedelta(days=3))["sv"]["refunded"] == 1


def test_an_experiment_on_people_follows_them_through_their_visits(
    make_experiment, act, see, make_listing, bob
):
    mug = make_listing("Mug")
    experiment = make_experiment("people", unit="user", started_at=NOON - HOUR)
    Exposure.objects.create(experiment=experiment, unit=f"u{bob.pk}", arm="control", first_at=NOON)
    act("click", mug, "one", user=bob, data=SIMILAR)
    act("click", mug, "one", data=SIMILAR)  # somebody else in the same browser
    act("purchase", mug, "two", 2 * HOUR, user=bob)

    row = counted(experiment)[f"u{bob.pk}"]
    assert (row["clicks"], row["purchases"]) == (1, 1)


def test_after_the_end_only_what_clicks_led_to_counts(experiment, expose, act, see, make_listing):
    mug, cup = make_listing("Mug"), make_listing("Cup")
    expose("v")
    act("click", mug, "v", data=SIMILAR)
    act("click", cup, "v", 5 * HOUR, data=SIMILAR)
    act("purchase", mug, "v", 6 * HOUR)
    act("purchase", cup, "v", 6 * HOUR)
    see([mug], "v", 5 * HOUR)
    experiment.ended_at = NOON + 4 * HOUR
    experiment.save()

    row = counted(experiment)["sv"]
    assert (row["seen"], row["clicks"], row["purchases"], row["anywhere"]) == (0, 1, 1, 0)


def seed_traffic(experiment, make_listing) -> None:
    """Of each arm 120 visits that see two cards; of the bold arm's every second clicks, of the
    control's each fourth. Of both arms every sixth had clicked before its exposure."""
    mug, cup = make_listing("Mug"), make_listing("Cup")
    exposures, impressions, clicks = [], [], []
    for arm, every in (("control", 4), ("bold", 2)):
        for n in range(120):
            who = {"session_key": f"{arm}-{n}"}
            exposures.append(
                Exposure(
                    experiment=experiment, unit=f"s{arm}-{n}", arm=arm, first_at=NOON,
                    milliseconds=10.0 + n,
                )
            )  # fmt: skip
            impressions.append(
                Impression(strip="similar", listings=[mug.pk, cup.pk], shown_at=NOON + HOUR, **who)
            )
            click = {"kind": "click", "data": SIMILAR} | who
            if n % every == 0:
                clicks.append(BehaviourEvent(listing=mug, happened_at=NOON + HOUR, **click))
            if n % 6 == 0:
                clicks.append(BehaviourEvent(listing=cup, happened_at=NOON - 2 * HOUR, **click))
    Exposure.objects.bulk_create(exposures)
    Impression.objects.bulk_create(impressions)
    BehaviourEvent.objects.bulk_create(clicks)


def test_a_reading_is_what_statistics_say_of_the_units(experiment, expose, act, see, make_listing):
    seed_traffic(experiment, make_listing)

    figures = read(experiment, until=DAY)

    (ctr,) = figures.of_metric("ctr")
    clicks = {every: np.array([n % every == 0 for n in range(120)]) * 1.0 for every in (2, 4, 6)}
    seen = np.full(120, 2.0)
    told = statistics.difference(
        moments_of(clicks[4], seen, clicks[6]), moments_of(clicks[2], seen, clicks[6])
    )
    planned = statistics.planned_information(told, 400)
    interval = statistics.always_valid(told, information_planned=planned)
    assert (ctr.control_value, ctr.arm_value) == (0.125, 0.25)
    assert ctr.effect == pytest.approx(float(told.effect))
    assert (ctr.low, ctr.high) == pytest.approx((float(interval.low), float(interval.high)))
    assert [(each.name, each.units) for each in figures.arms] == [("control", 120), ("bold", 120)]
    # Of 10 … 129 ms.
    assert figures.arms[0].slow[0] == pytest.approx(10 + 0.95 * 119)
    assert not figures.is_ratio_off
    # Nobody watched: nothing is said of it.
    (watches,) = figures.of_metric("watch_rate")
    assert watches.effect is None
    assert history(experiment) == [figures] == [Figures.from_json(figures.as_json())]


def test_the_clock_of_the_intervals_is_set_once(experiment, act, see, make_listing):
    seed_traffic(experiment, make_listing)
    first = read(experiment, until=DAY).of_metric("ctr")[0]
    mug = make_listing("Mug")
    for n in range(120):
        see([mug], f"bold-{n}", timedelta(days=1))
        act("click", mug, f"bold-{n}", timedelta(days=1), data=SIMILAR)

    second = read(experiment, until=DAY + timedelta(days=1)).of_metric("ctr")[0]

    assert second.effect != first.effect
    assert second.planned_information == first.planned_information
    assert [each.day.day for each in history(experiment)] == [2, 3]


def test_events_that_come_late_are_counted_with_their_day(experiment, act, make_listing):
    seed_traffic(experiment, make_listing)
    read(experiment, until=DAY)
    act("click", make_listing("Late"), "control-1", data=SIMILAR)

    read(experiment, until=DAY + timedelta(days=2))

    assert UnitDay.objects.get(unit="scontrol-1", day=DAY).clicks == 1


def test_of_three_arms_each_has_half_of_the_errors(experiment, make_listing):
    seed_traffic(experiment, make_listing)
    third = {"name": "third", "share": 0.2, "overrides": {"ad_weight": 0.9}}
    (alone,) = read(experiment, until=DAY).of_metric("ctr")
    experiment.arms = [*({**each, "share": 0.4} for each in experiment.arms), third]
    experiment.readings.all().delete()

    beside, unknown = read(experiment, until=DAY).of_metric("ctr")

    assert (beside.arm, unknown.arm) == ("bold", "third")
    assert beside.effect == alone.effect and unknown.effect is None
    # In standard errors, at the time of 240 of 400 units, and of 320: the third arm has the rest.
    widths = [
        float(statistics.sequence_width(240 / planned * statistics.best_time(errors), errors))
        for planned, errors in ((400, 0.05), (320, 0.025))
    ]
    grown = (beside.high - beside.effect) / (alone.high - alone.effect)
    assert grown == pytest.approx(widths[1] / widths[0])


def test_read_again_on_the_same_day_it_counts_two_days(experiment, act, make_listing):
    mug = make_listing("Mug")
    seed_traffic(experiment, make_listing)
    later = DAY + timedelta(days=3)
    read(experiment, until=later)
    act("click", mug, "control-1", data=SIMILAR)
    act("click", mug, "control-1", timedelta(days=3), data=SIMILAR)

    read(experiment, until=later)
    of_visit = UnitDay.objects.filter(unit="scontrol-1").order_by("day")
    assert [(each.day, each.clicks) for each in of_visit] == [(DAY, 0), (later, 1)]

    read(experiment, until=later + timedelta(days=1))
    assert UnitDay.objects.get(unit="scontrol-1", day=DAY).clicks == 1


def test_arms_that_are_not_shared_out_as_planned_sound_an_alarm_that_stays(experiment, expose):
    for n in range(300):
        expose(f"c{n}", "control")
    assert read(experiment, until=DAY).is_ratio_off
    for n in range(300):
        expose(f"b{n}", "bold")

    assert read(experiment, until=DAY + timedelta(days=1)).is_ratio_off


def test_nobody_is_erased_while_a_day_is_counted(experiment):
    """What was read of them would else be written after it."""
    count_day(experiment, DAY)  # in the test's own transaction, which has not ended

    eraser = connection.copy()
    with eraser.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({ERASURE_LOCK})")
        assert cursor.fetchone() == (False,)
    eraser.close()


def test_only_what_runs_or_has_just_ended_is_read(make_experiment):
    make_experiment("runs", started_at=NOON)
    make_experiment("ended", state="stopped", started_at=NOON, ended_at=NOON)
    long_ago = NOON - timedelta(days=60)
    make_experiment("over", state="stopped", started_at=long_ago, ended_at=long_ago + HOUR)

    assert read_due(today=DAY) == 2


def test_what_names_people_goes_with_their_behaviour(experiment, make_listing, settings):
    settings.EVENT_RETENTION_DAYS = 30
    seed_traffic(experiment, make_listing)
    read(experiment, until=DAY)
    experiment.state, experiment.ended_at = "stopped", NOON + HOUR
    experiment.save()

    read_due(today=DAY + timedelta(days=30))
    assert Exposure.objects.exists() and UnitDay.objects.exists()
    read_due(today=DAY + timedelta(days=32))

    assert not Exposure.objects.exists() and not UnitDay.objects.exists()
    assert history(experiment)[0].units == 240


def test_erasing_a_person_takes_them_out_of_experiments(
    experiment, expose, act, make_listing, bob, own_stream, settings, tmp_path
):
    settings.EVENTS_DIR = tmp_path
    mug = make_listing("Mug")
    expose("v")
    expose("w")
    act("click", mug, "v", user=bob, data=SIMILAR)
    act("click", mug, "w", data=SIMILAR)
    read(experiment, until=DAY)
    Exposure.objects.create(experiment=experiment, unit=f"u{bob.pk}", arm="bold", first_at=NOON)

    erase_behaviour(user_id=bob.pk)

    assert set(Exposure.objects.values_list("unit", flat=True)) == {"sw"}
    assert set(UnitDay.objects.values_list("unit", flat=True)) == {"sw"}
