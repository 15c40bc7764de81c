from __future__ import annotations

from collections import Counter
from threading import Thread

import pytest
from django.db import connection

from recommender.experiments.choosing import Choice, choose, note_exposures
from recommender.models import Experiment, ExperimentChange, Exposure, RecipeDefault
from recommender.similar.recipe import Recipe

pytestmark = pytest.mark.django_db


def test_without_experiments_the_recipe_is_that_of_policy_and_one_query_says_so(
    django_assert_num_queries,
):
    with django_assert_num_queries(1):
        choice = choose("similar", user_id=None, session_key="visit")

    assert choice == Choice(Recipe(), {})
    with django_assert_num_queries(0):
        note_exposures(choice, user_id=None, session_key="visit")


def test_all_processes_ask_once_a_moment(settings, django_assert_num_queries, make_experiment):
    make_experiment()
    choose("similar", user_id=None, session_key="visit")
    settings.REMEMBERED_SECONDS = 60
    choose("similar", user_id=None, session_key="visit")

    with django_assert_num_queries(0):
        choose("similar", user_id=None, session_key="another visit")


def test_half_of_all_visits_get_the_other_arm_and_keep_it(make_experiment):
    make_experiment()

    arms = [choose("similar", user_id=None, session_key=f"v{n}").arms["bolder"] for n in range(400)]

    assert arms == [
        choose("similar", user_id=None, session_key=f"v{n}").arms["bolder"] for n in range(400)
    ]
    # Four standard deviations either way.
    assert 160 <= Counter(arms)["bold"] <= 240


def test_an_arm_changes_the_recipe_and_nothing_else(make_experiment):
    make_experiment()
    chosen = {}
    for n in range(20):
        choice = choose("similar", user_id=None, session_key=f"v{n}")
        chosen[choice.arms["bolder"]] = choice.recipe

    assert chosen == {"control": Recipe(), "bold": Recipe(ad_weight=0.6)}


def test_other_surfaces_and_stopped_experiments_change_nothing(make_experiment):
    make_experiment()
    make_experiment("old", state=Experiment.State.STOPPED)

    assert choose("picked", user_id=None, session_key="visit") == Choice(Recipe(), {})
    assert set(choose("similar", user_id=None, session_key="visit").arms) == {"bolder"}


def test_an_experiment_on_people_needs_somebody_who_is_signed_in(make_experiment):
    make_experiment(unit="user")

    assert choose("similar", user_id=None, session_key="visit").arms == {}
    assert choose("similar", user_id=7, session_key="visit").arms
    # The person's arm, wherever they come from.
    assert choose("similar", user_id=7, session_key="a") == choose(
        "similar", user_id=7, session_key="b"
    )


def test_two_experiments_of_one_layer_share_nobody(make_experiment):
    make_experiment("first", first_bucket=0, end_bucket=5000)
    make_experiment("second", first_bucket=5000, end_bucket=10_000)

    arms = [choose("similar", user_id=None, session_key=f"v{n}").arms for n in range(300)]

    assert all(len(each) == 1 for each in arms)
    assert {key for each in arms for key in each} == {"first", "second"}


def test_experiments_of_two_layers_meet_in_one_recipe(make_experiment, ranking):
    make_experiment()
    arms = [
        {"name": "control", "share": 0.5, "overrides": {}},
        {"name": "none", "share": 0.5, "overrides": {"ranker": "similarity"}},
    ]
    make_experiment("no-ranker", layer=ranking, arms=arms)

    recipes = {choose("similar", user_id=None, session_key=f"v{n}").recipe for n in range(60)}

    assert recipes == {
        Recipe(),
        Recipe(ad_weight=0.6),
        Recipe(ranker="similarity"),
        Recipe(ranker="similarity", ad_weight=0.6),
    }


def test_the_newest_default_of_a_surface_is_where_arms_begin(make_experiment):
    experiment = make_experiment()
    change = ExperimentChange.objects.create(experiment=experiment, step="ship", reason="better")
    for overrides in ({"ad_weight": 0.3}, {"most_of_seller": 2}):
        RecipeDefault.objects.create(surface="similar", overrides=overrides, change=change)

    chosen = {}
    for n in range(20):
        choice = choose("similar", user_id=None, session_key=f"v{n}")
        chosen[choice.arms["bolder"]] = choice.recipe

    assert chosen["control"] == Recipe(most_of_seller=2)
    assert chosen["bold"] == Recipe(most_of_seller=2, ad_weight=0.6)
    assert choose("picked", user_id=None, session_key="visit").recipe == Recipe()


def test_the_first_exposure_alone_is_kept(make_experiment, visit):
    experiment = make_experiment()
    choice = choose("similar", user_id=None, session_key=visit)

    note_exposures(choice, user_id=None, session_key=visit, milliseconds=12.5)
    note_exposures(choice, user_id=None, session_key=visit, milliseconds=99.0)

    kept = Exposure.objects.get()
    assert (kept.experiment, kept.unit, kept.arm) == (
        experiment,
        f"s{visit}",
        choice.arms["bolder"],
    )
    assert kept.milliseconds == 12.5


def test_a_repeat_in_the_same_process_asks_nothing(
    make_experiment, visit, django_capture_on_commit_callbacks, django_assert_num_queries, settings
):
    make_experiment()
    choice = choose("similar", user_id=None, session_key=visit)
    with django_capture_on_commit_callbacks(execute=True):
        note_exposures(choice, user_id=None, session_key=visit)
    settings.REMEMBERED_SECONDS = 60

    with django_assert_num_queries(0):
        note_exposures(choice, user_id=None, session_key=visit)


def test_a_lost_exposure_fails_no_strip(make_experiment, visit):
    experiment = make_experiment()
    choice = choose("similar", user_id=None, session_key=visit)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE recommender_exposure RENAME TO elsewhere")

    note_exposures(choice, user_id=None, session_key=visit)

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE elsewhere RENAME TO recommender_exposure")
    assert not experiment.exposures.exists()


@pytest.mark.django_db(transaction=True)
def test_threads_that_note_the_same_visit_at_once_keep_one_row(make_experiment, visit):
    make_experiment()
    choice = choose("similar", user_id=None, session_key=visit)

    def note() -> None:
        note_exposures(choice, user_id=None, session_key=visit)
        connection.close()

    threads = [Thread(target=note) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert Exposure.objects.count() == 1
