from __future__ import annotations

import math

import numpy as np
import pytest

from recommender.experiments.off_policy import Logged, estimates

# Three items with known click rates; the log shows the first most, the other policy the last.
RATES = np.array([0.1, 0.2, 0.6])
SHOWN = np.array([0.7, 0.2, 0.1])
WANTED = np.array([0.1, 0.2, 0.7])
TRUTH = float(WANTED @ RATES)


def logged(rng: np.random.Generator, places: int = 3000, model: np.ndarray | None = None) -> Logged:
    items = rng.choice(3, places, p=SHOWN)
    rewards = (rng.random(places) < RATES[items]).astype(float)
    return Logged(
        rewards,
        SHOWN[items],
        WANTED[items],
        predicted=None if model is None else model[items],
        expected=None if model is None else np.full(places, float(WANTED @ model)),
    )


def by_method(told: Logged, **options):
    return {each.method: each for each in estimates(told, **options)}


def test_small_numbers_come_out_by_hand():
    told = Logged(
        rewards=np.array([1.0, 0.0, 1.0]),
        propensities=np.array([0.5, 0.5, 0.25]),
        targets=np.array([0.25, 0.5, 0.5]),
        predicted=np.array([0.5, 0.5, 0.5]),
        expected=np.array([0.4, 0.4, 0.4]),
    )  # weights 0.5, 1, 2

    found = by_method(told)

    assert found["IPS"].value == pytest.approx(2.5 / 3)
    assert found["SNIPS"].value == pytest.approx(2.5 / 3.5)
    assert found["doubly robust"].value == pytest.approx((0.65 - 0.1 + 1.4) / 3)
    assert found["IPS"].effective == pytest.approx(3.5**2 / 5.25)
    clipped = by_method(told, most_weight=1.0)
    assert clipped["IPS"].value == pytest.approx(1.5 / 3)
    assert clipped["IPS"].clipped == pytest.approx(1 / 3.5)


@pytest.mark.parametrize("model", [RATES, np.array([0.3, 0.3, 0.3])], ids=["right", "wrong"])
def test_every_method_finds_the_other_policys_value(model):
    rng = np.random.default_rng(8)
    rounds = [by_method(logged(rng, model=model)) for _ in range(300)]

    for method in ("IPS", "SNIPS", "doubly robust"):
        values = np.array([each[method].value for each in rounds])
        held = np.array([each[method].low <= TRUTH <= each[method].high for each in rounds])
        assert values.mean() == pytest.approx(TRUTH, abs=4 * values.std() / 300**0.5)
        assert 0.91 <= held.mean() <= 0.99


def test_a_good_model_makes_it_surer():
    rng = np.random.default_rng(9)

    found = by_method(logged(rng, model=RATES))

    robust, plain = found["doubly robust"], found["IPS"]
    assert robust.high - robust.low < plain.high - plain.low


def test_the_same_policy_is_worth_its_own_clicks():
    rng = np.random.default_rng(10)
    told = logged(rng)
    same = Logged(told.rewards, told.propensities, told.propensities)

    found = by_method(same)

    assert found["IPS"].value == found["SNIPS"].value == pytest.approx(told.rewards.mean())
    assert found["IPS"].effective == pytest.approx(len(told))
    assert found["IPS"].clipped == 0


def test_places_of_one_person_count_as_one():
    rng = np.random.default_rng(11)
    told = logged(rng, places=500)
    thrice = Logged(
        *(np.repeat(each, 3) for each in (told.rewards, told.propensities, told.targets))
    )
    people = Logged(
        thrice.rewards, thrice.propensities, thrice.targets, groups=np.repeat(np.arange(500), 3)
    )

    once, apart, together = (by_method(each)["IPS"] for each in (told, thrice, people))

    assert (together.low, together.high) == pytest.approx((once.low, once.high))
    assert apart.high - apart.low < 0.7 * (together.high - together.low)


def test_what_never_was_shown_has_no_value_by_itself():
    told = Logged(np.array([0.0, 1.0]), np.array([0.5, 0.5]), np.array([0.0, 0.0]))

    found = by_method(told)

    assert set(found) == {"IPS"}
    assert (found["IPS"].value, found["IPS"].effective) == (0.0, 0.0)
    assert math.isfinite(found["IPS"].low)


def test_bad_logs_are_refused():
    ones = np.ones(2)
    with pytest.raises(ValueError, match="above 0"):
        Logged(ones, np.array([0.5, 0.0]), ones)
    with pytest.raises(ValueError, match="one of each"):
        Logged(ones, np.ones(3), ones)


def test_the_real_log_gives_the_other_policys_clicks(shared_data):
    """Random's clicks by the learnt policy's log, men's campaign: inside both intervals."""
    import pyarrow.parquet as pq

    columns = ["click", "propensity_score", "policy", "campaign"]
    table = pq.read_table(shared_data / "text" / "open_bandit.parquet", columns=columns).to_pandas()
    men = table[table.campaign == "men"]
    learnt, random = men[men.policy == "bts"], men[men.policy == "random"]
    told = Logged(
        learnt.click.to_numpy(float),
        learnt.propensity_score.to_numpy(float),
        np.full(len(learnt), 1 / 34),
    )

    found = by_method(told, most_weight=10)["SNIPS"]

    assert found.low <= random.click.mean() <= found.high
    assert 500 < found.effective < len(told)
