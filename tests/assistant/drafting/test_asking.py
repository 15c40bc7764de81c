"""A request for a draft: checked, started once, the same one not twice."""

from __future__ import annotations

import pytest

from listing_assistant.assistant.drafting import jobs
from listing_assistant.assistant.drafting.versions import go_back, history_of
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.models import DraftJob
from listing_assistant.listings.errors import ListingError, NotYoursError
from listing_assistant.listings.models import Listing

pytestmark = pytest.mark.django_db

Status = DraftJob.Status


def start(listing, task="draft", user=None, **more):
    return jobs.start_draft(listing=listing, user=user or listing.seller, task=task, **more)


def refusal(listing, *args, **more):
    with pytest.raises(AssistantError) as refused:
        start(listing, *args, **more)
    return refused.value


def test_a_double_click_is_one_job(analysed):
    first, second = start(analysed), start(analysed)
    assert first.pk == second.pk
    assert DraftJob.objects.count() == 1


def test_another_request_waits_until_the_first_is_written(analysed):
    start(analysed)
    assert refusal(analysed, "shorter").code == "under_way"
    assert DraftJob.objects.count() == 1


def test_the_same_revision_of_the_same_text_is_answered_from_what_was_written(analysed, ask):
    first = ask(analysed, "longer")
    go_back(listing=analysed, user=analysed.seller)
    again = start(analysed, "longer")
    assert (again.pk, again.status) == (first.pk, Status.DONE)
    assert history_of(analysed).shown == first.version


def test_a_late_second_click_repeats_nothing_but_a_new_wish_does(analysed, ask):
    seen = history_of(analysed).newest.pk
    first = ask(analysed, "draft", seen=seen)
    assert start(analysed, "draft", seen=seen).pk == first.pk
    assert start(analysed, "draft", seen=first.version.pk).pk != first.pk


@pytest.mark.parametrize(
    ("task", "place", "code", "field"),
    [
        ("sing", None, "not_a_choice", "task"),
        ("sentence", None, "bad_place", "place"),
        ("sentence", 2, "bad_place", "place"),
    ],
)
def test_a_bad_request_names_its_field_and_starts_nothing(analysed, task, place, code, field):
    error = refusal(analysed, task, place=place)
    assert (error.code, error.field) == (code, field)
    assert not DraftJob.objects.exists()


def test_a_bad_wish_names_the_known_ones(analysed):
    error = refusal(analysed, wishes={"language": "xx"})
    assert (error.code, error.field) == ("not_a_choice", "language")
    assert "en" in error.message


def test_there_is_nothing_to_shorten_before_the_first_draft(dress):
    assert refusal(dress, "shorter").code == "nothing_to_change"


def test_an_empty_listing_has_nothing_to_draft_from(alice):
    assert refusal(Listing.objects.create(seller=alice)).code == "nothing_to_analyse"


def test_another_sellers_listing_and_a_sold_one_are_refused(analysed, bob):
    with pytest.raises(NotYoursError):
        start(analysed, user=bob)
    Listing.objects.filter(pk=analysed.pk).update(state="sold")
    analysed.refresh_from_db()
    with pytest.raises(ListingError):
        start(analysed)


def test_a_failed_request_is_tried_again(analysed):
    job = start(analysed)
    DraftJob.objects.filter(pk=job.pk).update(status=Status.FAILED, note="No model.", attempts=3)
    again = start(analysed)
    assert (again.pk, again.status, again.note, again.attempts) == (job.pk, Status.QUEUED, "", 0)
