"""When the assistant looks at a listing, and when it does not look again."""

from __future__ import annotations

import pytest

from listing_assistant.assistant import selectors, services
from listing_assistant.assistant.errors import AssistantError
from listing_assistant.assistant.models import Analysis, Step
from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing

from .conftest import jpeg

pytestmark = pytest.mark.django_db

Status = Analysis.Status


def test_identical_input_is_analysed_once(photographed):
    first = services.start_analysis(listing=photographed)
    Analysis.objects.filter(pk=first.pk).update(status=Status.DONE)
    assert services.start_analysis(listing=photographed) == first
    assert Analysis.objects.filter(listing=photographed).count() == 1


@pytest.mark.parametrize("change", ["title", "photo", "order", "category"])
def test_other_content_is_another_analysis(photographed, alice, change, vocabulary):
    first = services.start_analysis(listing=photographed)
    if change == "title":
        changes = {"title": "Blue wool dress"}
        listings.edit_listing(listing=photographed, user=alice, changes=changes, version=None)
    elif change == "photo":
        listings.add_photo(listing=photographed, user=alice, file=jpeg(7), name="new.jpg")
    elif change == "order":
        ids = [photo.pk for photo in photographed.photos.all()][::-1]
        listings.reorder_photos(listing=photographed, user=alice, photo_ids=ids)
    else:
        from listing_assistant.catalogue.selectors import leaf_categories

        changes = {"category": leaf_categories().first()}
        listings.edit_listing(listing=photographed, user=alice, changes=changes, version=None)
    photographed.refresh_from_db()
    assert services.start_analysis(listing=photographed) != first


def test_price_and_description_do_not_start_it_again(photographed, alice):
    first = services.start_analysis(listing=photographed)
    changes = {"price": "12", "description": "A dress.", "condition": "good"}
    listings.edit_listing(listing=photographed, user=alice, changes=changes, version=None)
    assert services.start_analysis(listing=photographed) == first


def test_a_change_of_content_starts_it_once_committed(
    draft, alice, django_capture_on_commit_callbacks
):
    changes = {"title": "Green wool dress"}
    with django_capture_on_commit_callbacks(execute=True):
        listings.edit_listing(listing=draft, user=alice, changes=changes, version=None)
    analysis = selectors.current_analysis(Listing.objects.get(pk=draft.pk))
    assert analysis is not None
    assert analysis.status == Status.QUEUED


def test_an_empty_listing_has_nothing_to_look_at(alice):
    empty = listings.create_draft(seller=alice)
    with pytest.raises(AssistantError) as refusal:
        services.start_analysis(listing=empty)
    assert refusal.value.code == "nothing_to_analyse"


def test_going_back_to_an_earlier_title_goes_on_where_it_was_set_aside(draft):
    first = services.start_analysis(listing=draft)
    Analysis.objects.filter(pk=first.pk).update(
        status=Status.SUPERSEDED, steps_done=[Step.ENCODE], attempts=2
    )
    again = services.start_analysis(listing=draft)
    assert (again.pk, again.status, again.attempts) == (first.pk, Status.QUEUED, 0)
    assert again.steps_done == [Step.ENCODE]


def test_trying_again_repeats_only_what_failed(analysis):
    Analysis.objects.filter(pk=analysis.pk).update(
        status=Status.DONE,
        steps_done=list(Step),
        notes={Step.ATTRIBUTES: "The model that reads the details cannot be used."},
    )
    again = services.retry_analysis(analysis=analysis)
    assert set(Step) - set(again.steps_done) == {Step.ATTRIBUTES}
    assert again.notes == {}


def test_trying_again_what_runs_or_went_well_is_refused(analysis):
    with pytest.raises(AssistantError):
        services.retry_analysis(analysis=analysis)
    Analysis.objects.filter(pk=analysis.pk).update(status=Status.DONE)
    with pytest.raises(AssistantError):
        services.retry_analysis(analysis=analysis)
