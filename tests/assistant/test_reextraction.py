"""A run over everything for sale adds suggestions, counts once, and survives what stops it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from listing_assistant.assistant import choices, reextraction, services
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.findings import content_hash
from listing_assistant.assistant.models import Analysis, Suggestion
from listing_assistant.assistant.reextraction import begin, read_batch
from listing_assistant.assistant.run_report import ReportRow, report_of
from listing_assistant.assistant.selectors import current_analysis
from listing_assistant.assistant.staff_models import ExtractionRun
from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.listings.models import Listing, ListingAttribute, State

Status = ExtractionRun.Status
RED, BLUE = "Women's red cotton dress", "Women's blue cotton dress"


@pytest.fixture
def dress(vocabulary, sell):
    """A live dress of Alice's; what it states is given as {attribute's name: text}."""
    category = Category.objects.get(name="Dresses")

    def make(title: str = RED, stated: dict[str, str] | None = None) -> Listing:
        listing = sell(title, category=category)
        for name, text in (stated or {}).items():
            attribute = Attribute.objects.get(name=name)
            ListingAttribute.objects.create(listing=listing, attribute=attribute, text=text)
        return listing

    return make


def suggested_to(listing: Listing) -> list[tuple[str, str]]:
    rows = Suggestion.objects.filter(analysis__listing=listing, kind="attribute", run__isnull=False)
    return [(row.label, row.state) for row in rows.order_by("id")]


def read_all(run: ExtractionRun, limit: int = 8) -> ExtractionRun:
    while (run := ExtractionRun.objects.get(pk=run.pk)).status == Status.RUNNING:
        assert read_batch(run_id=run.pk, position=run.position, limit=limit)
    return run


def test_a_run_suggests_and_counts_what_would_change(dress):
    empty, same, other = dress(), dress(stated={"Colour": "red"}), dress(stated={"Colour": "Blue"})
    run = read_all(begin(user=None))
    assert (run.status, run.done, run.suggested) == (Status.DONE, 3, 2)
    assert report_of(run) == [ReportRow("Colour", agree=1, add=1, change=1)]
    assert suggested_to(empty) == suggested_to(other) == [("Colour: Red", "open")]
    assert suggested_to(same) == []


def test_nothing_of_the_sellers_changes(dress):
    listing = dress(stated={"Colour": "Blue"})
    before = Listing.objects.values().get(pk=listing.pk)
    read_all(begin(user=None))
    assert Listing.objects.values().get(pk=listing.pk) == before
    assert list(listing.attribute_rows.values_list("text", flat=True)) == ["Blue"]


def test_the_seller_sees_in_the_editor_what_is_new(dress, client, alice):
    listing = dress(stated={"Colour": "Blue"})
    client.force_login(alice)
    editor = reverse("edit_listing", args=[listing.public_id])
    assert "new suggestion" not in client.get(editor).content.decode()
    read_all(begin(user=None))
    assert "1 new suggestion" in client.get(editor).content.decode()
    new = Suggestion.objects.get(run__isnull=False)
    choices.accept_suggestion(suggestion=new, user=alice)
    assert "new suggestion" not in client.get(editor).content.decode()


def test_what_the_seller_has_decided_is_not_asked_again(dress, alice):
    listing = dress()
    read_all(begin(user=None))
    choices.reject_suggestion(suggestion=Suggestion.objects.get(run__isnull=False), user=alice)
    run = read_all(begin(user=None))
    assert run.suggested == 0
    assert suggested_to(listing) == [("Colour: Red", "rejected")]


def test_new_suggestions_stand_beside_the_others_of_the_analysis(dress, analysis_of):
    listing = dress()
    colour = Attribute.objects.get(name="Colour")
    analysis = analysis_of(listing)
    unseen = analysis.suggestions.create(
        kind="attribute", key=str(colour.pk), label="Colour: Pink", confidence=0.7,
        value={"attribute": colour.pk, "value": None, "text": "Pink", "texts": ["Pink"]},
    )  # fmt: skip
    draft = analysis.suggestions.create(
        kind="description", label="A description", confidence=0.9, value={"text": "A dress."}
    )
    run = read_all(begin(user=None))
    assert run.suggested == 1 and current_analysis(listing) == analysis
    assert not Suggestion.objects.filter(pk=unseen.pk).exists()
    assert set(analysis.suggestions.values_list("label", flat=True)) == {"Colour: Red", draft.label}


def test_a_suggestion_that_is_there_already_is_left_as_it_is(dress, analysis_of):
    listing = dress()
    colour = Attribute.objects.get(name="Colour")
    red = colour.values.get(value="Red")
    there = analysis_of(listing).suggestions.create(
        kind="attribute", key=str(colour.pk), label="Colour: Red", confidence=0.99,
        value={"attribute": colour.pk, "value": red.pk, "text": "Red", "texts": ["Red"]},
    )  # fmt: skip
    assert read_all(begin(user=None)).suggested == 0
    assert list(Suggestion.objects.filter(kind="attribute")) == [there]


def test_an_analysis_under_way_is_left_alone(dress, analysis_of):
    listing = dress()
    analysis_of(listing, status=Analysis.Status.QUEUED)
    run = read_all(begin(user=None))
    assert (run.done, run.suggested) == (1, 0)


def test_an_edit_after_a_run_is_analysed_in_full(dress):
    """The run's own analysis, which has read details alone, stands in no other's way."""
    listing = dress()
    read_all(begin(user=None))
    assert services.start_analysis(listing=listing).status == Analysis.Status.QUEUED


def test_only_what_is_for_sale_is_read(dress):
    dress()
    for state in (State.SOLD, State.ENDED, State.DRAFT):
        Listing.objects.filter(pk=dress().pk).update(state=state)
    assert read_all(begin(user=None)).done == 1


def test_what_is_published_during_a_run_does_not_prolong_it(dress):
    dress()
    run = begin(user=None)
    dress()
    assert read_all(run).done == 1


def test_a_batch_is_read_by_one_worker(dress):
    dress()
    run = begin(user=None)
    claim = reextraction._take_claim(run.pk, 0)
    assert claim and reextraction._take_claim(run.pk, 0) is None
    assert read_batch(run_id=run.pk, position=0) is None


def test_a_message_for_an_old_position_does_nothing(dress):
    first, _ = dress(), dress()
    run = begin(user=None)
    batch = read_batch(run_id=run.pk, position=0, limit=1)
    assert (batch.position, batch.is_last) == (first.pk, False)
    assert read_batch(run_id=run.pk, position=0, limit=1) is None
    run.refresh_from_db()
    assert run.done == 1


def test_a_dead_workers_batch_is_read_again_and_counts_once(dress):
    listing = dress()
    run = begin(user=None)
    assert reextraction._take_claim(run.pk, 0)  # and the worker is gone
    assert reextraction.run_to_continue() is None
    past = timezone.now() - timedelta(seconds=1)
    ExtractionRun.objects.update(claimed_until=past)
    assert reextraction.run_to_continue() == run
    assert read_all(run).done == 1
    assert len(suggested_to(listing)) == 1


def test_a_worker_that_was_thought_dead_stores_nothing(dress, monkeypatch):
    """Another has taken the batch over while it was reading."""
    dress()
    run = begin(user=None)
    read = reextraction._read

    def slowly(listing: Listing):
        ExtractionRun.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
        assert reextraction._take_claim(run.pk, 0)
        return read(listing)

    monkeypatch.setattr(reextraction, "_read", slowly)
    assert read_batch(run_id=run.pk, position=0) is None
    run.refresh_from_db()
    assert (run.done, run.position, Suggestion.objects.count()) == (0, 0, 0)


def test_a_batch_that_kills_every_worker_pauses_the_run_and_says_so(dress):
    dress()
    run = begin(user=None)
    for _ in range(3):
        assert reextraction._take_claim(run.pk, 0)
        ExtractionRun.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert reextraction._take_claim(run.pk, 0) is None
    run.refresh_from_db()
    assert run.status == Status.PAUSED and "Stopped 3 times" in run.note
    assert reextraction.resume(run=run)
    assert read_all(run).status == Status.DONE


def test_a_broken_model_pauses_the_run_with_its_reason(dress, settings, tmp_path):
    dress()
    (tmp_path / "taclr").mkdir()
    settings.ARTEFACTS_DIR = tmp_path
    run = begin(user=None)
    assert read_batch(run_id=run.pk, position=0) is None
    run.refresh_from_db()
    assert run.status == Status.PAUSED and "The model that reads the details" in run.note
    assert run.claim is None


def test_a_pause_keeps_the_place_and_a_cancelled_run_stores_nothing_more(dress):
    dress(), dress()
    run = begin(user=None)
    assert not reextraction.resume(run=run)
    assert read_batch(run_id=run.pk, position=0, limit=1)
    assert reextraction.pause(run=run) and not reextraction.pause(run=run)
    run.refresh_from_db()
    assert read_batch(run_id=run.pk, position=run.position) is None
    assert reextraction.resume(run=run)
    claim = reextraction._take_claim(run.pk, run.position)
    assert reextraction.cancel(run=run) and not reextraction.cancel(run=run)
    batch = reextraction.Batch(1, run.position, True)
    assert not reextraction._store(run.pk, claim, batch, [])
    run.refresh_from_db()
    assert (run.status, run.done) == (Status.CANCELLED, 1)


def test_there_is_one_run_at_a_time(dress):
    dress()
    run = begin(user=None)
    with pytest.raises(AssistantError, match="under way"):
        begin(user=None)
    reextraction.cancel(run=run)
    assert begin(user=None).pk != run.pk


def test_progress_tells_the_time_left_from_the_rate_so_far(dress):
    run = ExtractionRun(
        status=Status.RUNNING, total=40, done=20, done_then=10, until=1,
        measured_from=timezone.now() - timedelta(seconds=10),
    )  # fmt: skip
    progress = reextraction.progress_of(run)
    assert progress.share == 0.5
    assert progress.left.total_seconds() == pytest.approx(20, abs=1)


def test_the_command_reads_all_and_tells_what_it_found(dress):
    dress(), dress(stated={"Colour": "Blue"})
    said = StringIO()
    call_command("reextract", stdout=said)
    assert "Done      2 of 2 listings, 2 new suggestions" in said.getvalue()
    assert "Colour" in said.getvalue() and "1 to change" in said.getvalue()


def test_the_command_pauses_resumes_and_cancels(dress):
    dress()
    begin(user=None)
    said = StringIO()
    call_command("reextract", "--pause", stdout=said)
    assert "Paused" in said.getvalue()
    with pytest.raises(CommandError, match="--resume"):
        call_command("reextract")
    call_command("reextract", "--resume", stdout=said)
    assert ExtractionRun.objects.get().status == Status.DONE
    call_command("reextract", "--cancel", stdout=said)
    assert "Nothing is under way" in said.getvalue()


@pytest.fixture
def analysis_of():
    """A listing's analysis of what it says now."""

    def make(listing: Listing, status: str = Analysis.Status.DONE) -> Analysis:
        return Analysis.objects.create(
            listing=listing, content_hash=content_hash(listing), input_hash="test", status=status
        )

    return make


def test_staff_start_a_run_and_steer_it_on_its_page(dress, admin_client):
    dress()
    start = reverse("admin:assistant_extractionrun_add")
    assert "1 live listing anew" in admin_client.get(start).content.decode()
    page = admin_client.post(start, follow=True)
    run = ExtractionRun.objects.get()
    assert "0 of 1 listings read" in page.content.decode() and page["Refresh"]
    assert run.begun_by.email == "admin@example.com"
    steer = reverse("admin:assistant_steer_run", args=[run.pk])
    paused = admin_client.post(steer, {"step": "pause"}, follow=True)
    assert "Resume" in paused.content.decode() and not paused.has_header("Refresh")
    admin_client.post(steer, {"step": "resume"})
    read_all(run)
    done = admin_client.get(reverse("admin:assistant_extractionrun_change", args=[run.pk]))
    assert "1 of 1 listings read" in done.content.decode() and "Colour" in done.content.decode()
    late = admin_client.post(steer, {"step": "cancel"}, follow=True)
    assert "ended already" in late.content.decode()


def test_a_second_start_leads_to_the_run_under_way(dress, admin_client):
    dress()
    run = begin(user=None)
    start = reverse("admin:assistant_extractionrun_add")
    assert "A run is under way" in admin_client.get(start).content.decode()
    page = admin_client.post(start, follow=True)
    assert page.redirect_chain[-1][0] == reverse(
        "admin:assistant_extractionrun_change", args=[run.pk]
    )


def test_who_may_only_look_steers_nothing(dress, client, mona):
    mona.is_staff = True
    mona.save()
    mona.user_permissions.add(Permission.objects.get(codename="view_extractionrun"))
    client.force_login(mona)
    run = begin(user=None)
    page = client.get(reverse("admin:assistant_extractionrun_change", args=[run.pk]))
    assert page.status_code == 200 and "Pause" not in page.content.decode()
    steer = reverse("admin:assistant_steer_run", args=[run.pk])
    assert client.post(steer, {"step": "pause"}).status_code == 403
    assert client.post(reverse("admin:assistant_extractionrun_add")).status_code == 403
