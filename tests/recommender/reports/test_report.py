from __future__ import annotations

import json
import math

import pytest
from django.core.management import CommandError, call_command
from django.utils.html import escape

from recommender.models import AggregateRow, RecommendationReport
from recommender.reports import services
from recommender.reports.asking import MERGED
from recommender.reports.evaluating import ReportError, evaluate
from recommender.reports.findings import findings
from recommender.reports.page import as_html, as_json

pytestmark = pytest.mark.django_db
State = RecommendationReport.State


@pytest.fixture
def report(month):
    return evaluate(days=3)


def test_the_report_finds_what_was_bought_and_could_be_known(report):
    """Three looks at the phone, of which one led to a tent besides, and the case that the tent was
    bought after: 1, 1, 1/2 and 0."""
    by_name = {each.name: each for each in report.sets}

    assert (report.occasions, report.people) == (4, 3)
    assert by_name[MERGED].by_item.recall.mean == pytest.approx(2.5 / 4)
    assert by_name["popular"].by_item.recall.mean == pytest.approx(2.5 / 4)
    assert by_name["related_queries"].by_item.recall.mean == 0
    assert {each.name: each.merged.count for each in report.by_act} == {"looked at": 3, "bought": 1}
    # The phone and the case were bought eight times each before the cut.
    assert [(each.name, each.merged.count) for each in report.by_warmth] == [("warm", 4)]
    # Phones and cases go with each other, tents with nothing.
    assert by_name[MERGED].coverage == pytest.approx(4 / 6)
    assert report.adding[-1].recall.mean == by_name[MERGED].by_product.recall.mean
    assert math.isnan(by_name[MERGED].relevance)  # nobody knows the truth of these
    assert report.known is False
    # Nothing that strips read was written.
    assert not AggregateRow.objects.exists()


def test_the_page_needs_nothing_else_and_the_figures_know_no_nan(report):
    page = as_html(report)
    figures = json.loads(as_json(report), parse_constant=pytest.fail)

    assert page.count("<svg") == 6
    assert "<script" not in page and "http" not in page
    assert "Recall, by product" in page and "related_products" in page
    assert all(escape(each.text[:40]) in page for each in findings(report))
    assert figures["sets"][0]["name"] == MERGED
    assert figures["sets"][0]["relevance"] is None
    assert len(figures["overlap"]) == len(figures["names"])


def test_more_days_than_there_are_is_refused(month):
    with pytest.raises(ReportError, match="days: 40"):
        evaluate(days=40)


def test_the_command_writes_the_page_and_the_figures(month, tmp_path, capsys):
    call_command("evaluate_recommendations", "--days", "3", "--quick", "--out", str(tmp_path))

    assert (tmp_path / "recommendations.html").read_text().startswith("<!doctype html>")
    assert json.loads((tmp_path / "recommendations.json").read_text())["k"] > 0
    assert "products that people went on to buy" in capsys.readouterr().out


def test_the_command_says_why_there_is_no_report(shop, tmp_path):
    with pytest.raises(CommandError, match="Nobody has done anything"):
        call_command("evaluate_recommendations", "--out", str(tmp_path))


def test_staff_ask_for_a_report_and_read_it(month, admin_client):
    add = "/admin/recommender/recommendationreport/add/"
    assert "Make the report" in admin_client.get(add).content.decode()

    admin_client.post(add, {"days": "3", "quick": "on"})
    row = RecommendationReport.objects.get()
    waiting = admin_client.get(f"/admin/recommender/recommendationreport/{row.pk}/change/")
    assert "Waiting for a worker" in waiting.content.decode()
    # A second one has to wait for it.
    admin_client.post(add, {"days": "5"})
    assert RecommendationReport.objects.count() == 1

    assert services.make_report(report_id=row.pk)

    row.refresh_from_db()
    assert (row.state, row.progress, row.error) == (State.DONE, 1.0, "")
    whole = admin_client.get(f"/admin/recommender/recommendationreport/{row.pk}/page/")
    assert "What recommendations are worth" in whole.content.decode()
    figures = admin_client.get(f"/admin/recommender/recommendationreport/{row.pk}/figures/")
    assert figures.json()["occasions"] == 4
    assert "Done" in admin_client.get("/admin/recommender/recommendationreport/").content.decode()
    # Delivered once more, its task finds nothing to do.
    assert services.make_report(report_id=row.pk) is False


def test_one_whose_task_was_lost_is_handed_to_a_worker_again(
    db, django_capture_on_commit_callbacks
):
    lost = RecommendationReport.objects.create(days=3, state=State.RUNNING)

    with (
        django_capture_on_commit_callbacks() as handed,
        pytest.raises(services.UnderWayError) as refused,
    ):
        services.ask_for_report(user=None, days=5, is_quick=False)

    assert refused.value.report == lost
    assert len(handed) == 1


def test_a_report_that_cannot_be_made_keeps_the_reason(shop, admin_client):
    row = RecommendationReport.objects.create(days=3)

    services.make_report(report_id=row.pk)

    page = admin_client.get(f"/admin/recommender/recommendationreport/{row.pk}/change/")
    assert "Nobody has done anything" in page.content.decode()


@pytest.mark.parametrize("days", ["0", "many", "1000"])
def test_days_that_make_no_sense_are_refused(db, admin_client, days):
    answer = admin_client.post(
        "/admin/recommender/recommendationreport/add/", {"days": days}, follow=True
    )

    assert "days: hold out 1 to" in answer.content.decode()
    assert not RecommendationReport.objects.exists()


def test_others_see_no_report(db, client, bob):
    row = RecommendationReport.objects.create(days=3, page="secret")
    client.force_login(bob)

    answer = client.get(f"/admin/recommender/recommendationreport/{row.pk}/page/")

    assert answer.status_code == 302
    assert b"secret" not in answer.content
