from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from recommender.experiments.choosing import choose
from recommender.experiments.readings import ArmFigures, Comparison, Figures
from recommender.models import Experiment, ExperimentReading
from recommender.similar.recipe import Recipe

pytestmark = pytest.mark.django_db
LIST = "/admin/recommender/experiment/"
TYPED = {
    "key": "bolder",
    "hypothesis": "More promotion costs nobody a purchase.",
    "surfaces": ["similar"],
    "unit": "session",
    "metric": "ctr",
    "planned_units": "5000",
    "reason": "sellers asked",
    "name_1": "control",
    "share_1": "50",
    "name_2": "bold",
    "share_2": "50",
    "overrides_2": "ad_weight = 0.6, most_of_seller = 2",
}


def text_of(response) -> str:
    assert response.status_code == 200
    body = unescape(response.content.decode()).split('<div class="staff">')[1]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.fixture
def steer(admin_client):
    def post(experiment: Experiment, step: str, **fields: str):
        data = {"step": step, "reason": "for the test"} | fields
        return admin_client.post(f"{LIST}{experiment.pk}/steer/", data, follow=True)

    return post


@pytest.fixture
def figures_of(make_experiment):
    """Readings of three days: an effect on clicks that becomes certain."""

    def make(experiment: Experiment, **fields) -> None:
        today = timezone.now().date()
        for number in range(3):
            effect = Comparison(
                "ctr",
                "bold",
                control_value=0.1,
                arm_value=0.105,
                effect=0.005,
                low=0.0012 * number - 0.001,
                high=0.012 - 0.0012 * number,
                variance_kept=0.7,
                planned_information=10.0,
            )
            arms = [
                ArmFigures("control", 400, (20.0, 18.0, 22.0)),
                ArmFigures("bold", 410, (21.0, 19.0, 23.0)),
            ]
            figures = Figures(
                today - timedelta(days=2 - number),
                **(
                    {"arms": arms, "comparisons": [effect, Comparison("anywhere", "bold")]} | fields
                ),
            )
            ExperimentReading.objects.create(
                experiment=experiment, day=figures.day, figures=figures.as_json()
            )

    return make


def test_staff_plan_start_ramp_ship_and_undo(admin_client, reranking, steer):
    page = admin_client.get(LIST + "add/")
    assert "Plan an experiment" in text_of(page)

    made = admin_client.post(LIST + "add/", TYPED | {"layer": reranking.pk}, follow=True)

    assert "bolder is a draft" in unescape(made.content.decode())
    experiment = Experiment.objects.get()
    assert experiment.arms[1] == {
        "name": "bold",
        "share": 0.5,
        "overrides": {"ad_weight": 0.6, "most_of_seller": 2},
    }
    assert "bolder runs." in steer(experiment, "start", share="10").content.decode()
    assert "on 25.00% of the traffic" in steer(experiment, "ramp", share="25").content.decode()
    steer(experiment, "ship", arm="bold")
    shipped = choose("similar", user_id=None, session_key="v").recipe
    assert shipped == Recipe(ad_weight=0.6, most_of_seller=2)
    told = text_of(steer(experiment, "undo"))
    assert choose("similar", user_id=None, session_key="v").recipe == Recipe()
    for step in ("undo", "ship", "ramp", "start", "create", "for the test", "sellers asked"):
        assert step in told


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"overrides_2": "ad_weight = 7"}, "7 is out of bounds; use 0 to 2"),
        ({"overrides_2": "ad_weight"}, "write field = value"),
        ({"overrides_2": "ranker = similarity"}, "ranker: not a field of this layer"),
        ({"share_2": "40"}, "the shares add up to 90%; make them 100%"),
        ({"share_2": ""}, "Say which share of the traffic it gets."),
        ({"overrides_2": ""}, "two arms make the same strips"),
        ({"planned_units": "0"}, "greater than or equal to 1"),
        ({"key": "two words"}, "valid “slug”"),
        ({"surfaces": []}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(admin_client, reranking, typed, message):
    page = admin_client.post(LIST + "add/", TYPED | {"layer": reranking.pk} | typed)

    assert message in text_of(page)
    assert "More promotion costs nobody a purchase." in page.content.decode()
    assert not Experiment.objects.exists()


def test_a_refused_step_says_why_and_changes_nothing(make_experiment, steer):
    experiment = make_experiment(state="draft", end_bucket=0)

    assert "share: use a number of per cent" in steer(experiment, "start").content.decode()
    refused = steer(experiment, "start", share="10", reason=" ")
    assert "reason: say why" in refused.content.decode()
    assert "it cannot be stopped" in steer(experiment, "stop").content.decode()
    experiment.refresh_from_db()
    assert experiment.state == "draft"


def test_before_the_first_exposure_the_page_says_so(admin_client, make_experiment):
    experiment = make_experiment()

    told = text_of(admin_client.get(f"{LIST}{experiment.pk}/change/"))

    assert "Nobody has been exposed yet." in told
    assert "ad_weight = 0.6 (default 0.15)" in told
    assert "nobody has been exposed yet" in admin_client.get(LIST).content.decode()


def test_no_promotion_at_all_and_no_ranker_are_told_as_they_are(
    admin_client, make_experiment, ranking
):
    off = {"name": "off", "share": 0.5, "overrides": {"ad_weight": 0.0}}
    plain = {"name": "plain", "share": 0.5, "overrides": {"ranker": "similarity"}}
    control = {"name": "control", "share": 0.5, "overrides": {}}
    one = make_experiment("no-ads", arms=[control, off])
    other = make_experiment("no-ranker", layer=ranking, arms=[control, plain])

    assert "ad_weight = 0.0 (default 0.15)" in text_of(admin_client.get(f"{LIST}{one.pk}/change/"))
    told = text_of(admin_client.get(f"{LIST}{other.pk}/change/"))
    assert "ranker = similarity (default in service)" in told


def test_a_list_of_many_asks_as_often_as_one_of_few(
    admin_client, make_experiment, figures_of, django_assert_num_queries
):
    figures_of(make_experiment())
    with CaptureQueriesContext(connection) as few:
        admin_client.get(LIST)
    for n in range(5):
        figures_of(make_experiment(f"more-{n}"))

    with django_assert_num_queries(len(few)):
        admin_client.get(LIST)


def test_the_page_says_what_is_known_in_words_and_draws_it(
    admin_client, make_experiment, figures_of
):
    experiment = make_experiment()
    figures_of(experiment)

    page = admin_client.get(f"{LIST}{experiment.pk}/change/")
    told = text_of(page)

    assert "better, at least +1.4%" in told
    assert "+1.4% to +9.6%" in told
    assert "The arms are shared out as planned." in told
    assert "at most 21 ms (+5% beside the control)" in told
    assert "not yet known: each arm needs 100 units and 10 acts" in told
    assert "30%" in told  # what was before explains
    assert page.content.decode().count("<svg viewBox") == 1
    assert "bold: better, at least +1.4%" in unescape(admin_client.get(LIST).content.decode())


def test_an_uncertain_effect_is_not_called_one(admin_client, make_experiment, figures_of):
    experiment = make_experiment()
    unsure = Comparison(
        "ctr", "bold", control_value=0.1, arm_value=0.1, effect=0.0, low=-0.01, high=0.02
    )
    figures_of(experiment, comparisons=[unsure])

    told = text_of(admin_client.get(f"{LIST}{experiment.pk}/change/"))

    assert "not yet known: −10.0% to +20.0%" in told


def test_alarms_are_loud(admin_client, make_experiment, figures_of):
    experiment = make_experiment()
    harm = Comparison(
        "anywhere", "bold", control_value=0.1, arm_value=0.08, effect=-0.02, low=-0.03, high=-0.01
    )
    arms = [
        ArmFigures("control", 400, (20.0, 18.0, 22.0)),
        ArmFigures("bold", 900, (40.0, 35.0, 45.0)),
    ]
    figures_of(experiment, comparisons=[harm], arms=arms, ratio_evidence=1e6)

    told = text_of(admin_client.get(f"{LIST}{experiment.pk}/change/"))

    assert "alarm The arms are not shared out as planned" in told
    assert "alarm 95% of first strips of “bold” take at most 40 ms (+100%" in told
    assert "costs purchases on the whole site: worse, at least −10.0%" in told
    assert "not to be trusted" in admin_client.get(LIST).content.decode()


def test_staff_without_the_right_look_and_do_not_touch(
    client, django_user_model, make_experiment, reranking
):
    viewer = django_user_model.objects.create_user(
        "vera@example.org", "pass-vera", display_name="Vera", is_staff=True
    )
    viewer.user_permissions.add(Permission.objects.get(codename="view_experiment"))
    client.force_login(viewer)
    experiment = make_experiment()

    page = client.get(f"{LIST}{experiment.pk}/change/")
    assert "Nobody has been exposed" in text_of(page)
    assert "Ship the arm" not in page.content.decode()
    assert client.get(LIST + "add/").status_code == 403
    assert client.post(LIST + "add/", TYPED | {"layer": reranking.pk}).status_code == 403
    stopped = client.post(f"{LIST}{experiment.pk}/steer/", {"step": "stop", "reason": "mischief"})
    assert stopped.status_code == 403
    experiment.refresh_from_db()
    assert experiment.state == "running"


def test_strangers_see_nothing(client, bob, make_experiment):
    experiment = make_experiment()
    client.force_login(bob)

    assert client.get(f"{LIST}{experiment.pk}/change/").status_code == 302
    assert client.get(f"{LIST}abc/change/").status_code == 302
