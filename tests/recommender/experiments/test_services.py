from __future__ import annotations

from dataclasses import replace

import pytest

from recommender.experiments import services
from recommender.experiments.arms import FIELDS, Arm, ArmError, check_arms, check_field, read_field
from recommender.experiments.choosing import choose
from recommender.experiments.services import By, ExperimentError, Plan
from recommender.models import Experiment, ExperimentChange, ModelRelease, RecipeDefault
from recommender.policy import RECIPE_BOUNDS
from recommender.similar.recipe import Recipe

pytestmark = pytest.mark.django_db
HALVES = (Arm("control", 0.5, {}), Arm("bold", 0.5, {"ad_weight": 0.6}))


@pytest.fixture
def by(mona) -> By:
    return By(mona, "we want to know")


@pytest.fixture
def plan(reranking) -> Plan:
    return Plan(
        key="bolder",
        layer=reranking,
        surfaces=["similar"],
        unit="session",
        hypothesis="More promotion costs nobody a purchase.",
        metric="ctr",
        planned_units=1000,
        arms=HALVES,
    )


@pytest.fixture
def start(plan, by):
    def started(key: str, share: float = 1.0, **fields) -> Experiment:
        experiment = services.create_experiment(plan=replace(plan, key=key, **fields), by=by)
        services.start_experiment(experiment=experiment, share=share, by=by)
        experiment.refresh_from_db()
        return experiment

    return started


def arms_seen(key: str, visits: int = 300) -> dict[int, str]:
    chosen = ((n, choose("similar", user_id=None, session_key=f"v{n}").arms) for n in range(visits))
    return {n: arms[key] for n, arms in chosen if key in arms}


def test_every_step_is_noted_with_who_and_why(start, mona, by):
    experiment = start("bolder", 0.1)
    services.ramp_experiment(experiment=experiment, share=0.5, by=by)
    services.ship_arm(experiment=experiment, arm="bold", by=by)
    services.undo_ship(experiment=experiment, by=By(None, "it was wrong"))

    noted = ExperimentChange.objects.order_by("id").values_list("step", "told", "made_by", "reason")
    assert list(noted) == [
        ("create", "control, bold", mona.pk, "we want to know"),
        ("start", "on 10.00% of the traffic", mona.pk, "we want to know"),
        ("ramp", "from 10.00% to 50.00% of the traffic", mona.pk, "we want to know"),
        ("ship", "“bold” on similar", mona.pk, "we want to know"),
        ("undo", "“bold” is not the default", None, "it was wrong"),
    ]


def test_no_step_without_a_reason(plan, mona):
    with pytest.raises(ExperimentError, match="say why"):
        services.create_experiment(plan=plan, by=By(mona, "  "))

    assert not Experiment.objects.exists()


def test_a_ramp_moves_nobody_from_one_arm_to_another(start, by):
    experiment = start("bolder", 0.1)
    few = arms_seen("bolder")
    services.ramp_experiment(experiment=experiment, share=1.0, by=by)
    all_of_them = arms_seen("bolder")
    services.ramp_experiment(experiment=experiment, share=0.3, by=by)
    fewer = arms_seen("bolder")

    assert 0 < len(few) < len(fewer) < len(all_of_them) == 300
    assert few.items() <= fewer.items() <= all_of_them.items()


def test_experiments_of_one_layer_get_buckets_of_their_own(start, by):
    first, second = start("first", 0.4), start("second", 0.3)

    assert (first.first_bucket, first.end_bucket) == (0, 4000)
    assert (second.first_bucket, second.end_bucket) == (4000, 7000)
    with pytest.raises(ExperimentError, match=r"at most 40\.00% is free beside “second”"):
        services.ramp_experiment(experiment=first, share=0.5, by=by)
    with pytest.raises(ExperimentError, match=r"at most 30\.00% is free"):
        start("third", 0.5)
    services.stop_experiment(experiment=first, by=by)
    fourth = start("fourth", 0.4)
    assert (fourth.first_bucket, fourth.end_bucket) == (0, 4000)


def test_a_full_layer_says_whose_it_is(start):
    start("first")

    with pytest.raises(ExperimentError, match="no traffic of the layer is left; stop one of “fir"):
        start("second", 0.1)


def test_a_second_layer_is_free_whatever_runs_in_the_first(start, ranking):
    start("first")
    arms = (Arm("control", 0.5, {}), Arm("none", 0.5, {"ranker": "similarity"}))

    assert start("second", layer=ranking, arms=arms).end_bucket == 10_000


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"surfaces": ["cart"]}, "surfaces", "choose from those of the layer"),
        ({"surfaces": []}, "surfaces", "choose from"),
        ({"metric": "happiness"}, "metric", "use ctr"),
        ({"planned_units": 0}, "planned_units", "1 or more"),
        ({"arms": HALVES[:1]}, "arms", "2 to 5 arms"),
        ({"arms": (HALVES[0], replace(HALVES[1], share=0.4))}, "arms", "add up to 90%"),
        ({"arms": (HALVES[0], replace(HALVES[1], share=0.499))}, "arms", "add up to 99.9%"),
        ({"arms": (HALVES[0], replace(HALVES[1], name="control"))}, "arms", "the same name"),
        ({"arms": (HALVES[0], replace(HALVES[1], overrides={}))}, "arms", "the same strips"),
        ({"arms": (HALVES[0], replace(HALVES[1], name="a b"))}, "arms", "letters, digits"),
        (
            {"arms": (HALVES[0], replace(HALVES[1], overrides={"ad_weight": 7}))},
            "ad_weight",
            "use 0 to 2",
        ),
        (
            {"arms": (HALVES[0], replace(HALVES[1], overrides={"ranker": "similarity"}))},
            "ranker",
            "not a field of this layer",
        ),
    ],
)
def test_a_plan_that_cannot_be_started_names_the_field_and_the_fix(
    plan, by, fields, field, message
):
    with pytest.raises(ExperimentError, match=message) as refused:
        services.create_experiment(plan=replace(plan, **fields), by=by)

    assert refused.value.field == field


def test_a_key_is_used_once_for_good(start, by, plan):
    services.stop_experiment(experiment=start("bolder"), by=by)

    with pytest.raises(ExperimentError, match="the log needs another name"):
        services.create_experiment(plan=plan, by=by)


def test_steps_have_an_order(start, plan, by):
    draft = services.create_experiment(plan=replace(plan, key="draft"), by=by)
    running = start("running")

    for step in (services.stop_experiment, services.undo_ship):
        with pytest.raises(ExperimentError, match="draft is draft: it cannot be"):
            step(experiment=draft, by=by)
    with pytest.raises(ExperimentError, match="running is running: it cannot be started"):
        services.start_experiment(experiment=running, share=0.1, by=by)
    with pytest.raises(ExperimentError, match="to keep the control, stop"):
        services.ship_arm(experiment=running, arm="control", by=by)


def test_what_is_shipped_is_the_default_until_it_is_taken_back(start, by):
    first = start("first")
    services.ship_arm(experiment=first, arm="bold", by=by)
    assert choose("similar", user_id=None, session_key="v").recipe == Recipe(ad_weight=0.6)
    assert choose("picked", user_id=None, session_key="v").recipe == Recipe()

    arms = (Arm("control", 0.5, {}), Arm("few", 0.5, {"most_of_seller": 1}))
    second = start("second", arms=arms)
    services.ship_arm(experiment=second, arm="few", by=by)
    both = Recipe(ad_weight=0.6, most_of_seller=1)
    assert choose("similar", user_id=None, session_key="v").recipe == both

    with pytest.raises(ExperimentError, match="take back “second” first"):
        services.undo_ship(experiment=first, by=by)
    services.undo_ship(experiment=second, by=by)
    assert choose("similar", user_id=None, session_key="v").recipe == Recipe(ad_weight=0.6)
    # All of it stays to be read.
    assert RecipeDefault.objects.count() == 3
    second.refresh_from_db()
    assert (second.state, second.shipped_arm) == (Experiment.State.STOPPED, "")


def test_an_undo_can_itself_be_followed_by_an_undo_of_the_one_before(start, by):
    first = start("first")
    services.ship_arm(experiment=first, arm="bold", by=by)
    second = start("second", arms=(HALVES[0], Arm("few", 0.5, {"most_of_seller": 1})))
    services.ship_arm(experiment=second, arm="few", by=by)

    services.undo_ship(experiment=second, by=by)
    services.undo_ship(experiment=first, by=by)

    assert choose("similar", user_id=None, session_key="v").recipe == Recipe()


def test_arms_are_told_apart_by_what_was_shipped(start, plan, by):
    """The control is what everybody gets now, not what policy.py says."""
    as_in_policy = (HALVES[0], Arm("back", 0.5, {"ad_weight": Recipe().ad_weight}))
    with pytest.raises(ExperimentError, match="the same strips"):
        services.create_experiment(plan=replace(plan, arms=as_in_policy), by=by)
    draft = services.create_experiment(plan=replace(plan, key="draft"), by=by)
    services.ship_arm(experiment=start("first"), arm="bold", by=by)

    with pytest.raises(ExperimentError, match="the same strips"):
        services.start_experiment(experiment=draft, share=1.0, by=by)
    assert start("back", arms=as_in_policy).state == Experiment.State.RUNNING


def test_what_others_ship_meanwhile_keeps_no_arm_from_being_shipped(start, by):
    first, second = start("first", 0.5), start("second", 0.5)
    services.ship_arm(experiment=first, arm="bold", by=by)

    services.ship_arm(experiment=second, arm="bold", by=by)

    assert choose("similar", user_id=None, session_key="v").recipe == Recipe(ad_weight=0.6)


def test_the_room_of_a_layer_is_its_largest_gap(start, reranking, by):
    assert services.room_in(reranking) == 1.0
    first = start("first", 0.3)
    start("second", 0.6)
    assert services.room_in(reranking) == pytest.approx(0.1)
    services.stop_experiment(experiment=first, by=by)
    assert services.room_in(reranking) == pytest.approx(0.3)


# --- Arms -----------------------------------------------------------------------------------------


def test_every_number_of_a_recipe_has_bounds_and_the_default_keeps_them():
    assert set(RECIPE_BOUNDS) | {"ranker"} == set(FIELDS)
    for name in FIELDS:
        check_field(name, getattr(Recipe(), name))


def test_typed_numbers_become_what_the_recipe_needs(db):
    assert read_field("most_of_seller", " 2 ") == 2
    assert isinstance(read_field("most_of_seller", "2"), int)
    assert read_field("ad_weight", "0.25") == 0.25
    with pytest.raises(ArmError, match=r"most_of_seller: “2\.5” is no whole number"):
        read_field("most_of_seller", "2.5")
    with pytest.raises(ArmError, match="ad_weight: “much” is no number"):
        read_field("ad_weight", "much")
    with pytest.raises(ArmError, match="wieght: no field of a recipe; those are ranker, ad_weight"):
        read_field("wieght", "1")
    with pytest.raises(ArmError, match="out of bounds"):
        read_field("ad_weight", "nan")


def test_a_ranker_is_a_release_that_is_there(db):
    with pytest.raises(ArmError, match="none is registered yet"):
        read_field("ranker", "abc")
    ModelRelease.objects.create(kind="ranker", release="abc", folder="somewhere")
    assert read_field("ranker", "abc") == "abc"
    assert read_field("ranker", "similarity") == "similarity"
    with pytest.raises(ArmError, match=r"no release of the ranker \(abc\)"):
        read_field("ranker", "abd")


def test_three_arms_may_share_unevenly(db):
    arms = [*HALVES[:1], Arm("a", 0.3, {"ad_weight": 0.1}), Arm("b", 0.2, {"ad_weight": 0.2})]

    check_arms(arms, allowed=["ad_weight"])


def test_a_release_that_is_gone_cannot_be_started_or_shipped(start, plan, ranking, by):
    release = ModelRelease.objects.create(kind="ranker", release="abc", folder="somewhere")
    arms = (HALVES[0], Arm("new", 0.5, {"ranker": "abc"}))
    running = start("running", share=0.5, layer=ranking, arms=arms)
    planned = replace(plan, key="draft", layer=ranking, arms=arms)
    draft = services.create_experiment(plan=planned, by=by)
    release.delete()

    with pytest.raises(ExperimentError, match="no release of the ranker"):
        services.ship_arm(experiment=running, arm="new", by=by)
    with pytest.raises(ExperimentError, match="no release of the ranker"):
        services.start_experiment(experiment=draft, share=0.1, by=by)
    states = Experiment.objects.order_by("id").values_list("state", flat=True)
    assert list(states) == ["running", "draft"]
    assert not RecipeDefault.objects.exists()
