import uuid

import pytest
from django.db import transaction

from listing_assistant.listings.signals import behaviour
from recommender.models import BehaviourEvent, EventKind
from recommender.services import EventError, record_event

pytestmark = pytest.mark.django_db


def test_an_event_keeps_what_was_reported(make_listing, bob):
    listing = make_listing()
    record_event(
        kind="click",
        listing=listing,
        user=bob,
        session_key="s1",
        data={"strip": "similar", "position": 3},
    )
    event = BehaviourEvent.objects.get()
    assert (event.kind, event.listing, event.user, event.session_key) == (
        *(EventKind.CLICK, listing, bob, "s1"),
    )
    assert event.data == {"strip": "similar", "position": 3}


def test_a_repeated_report_counts_once(make_listing, bob):
    listing, event_id = make_listing(), uuid.uuid4()
    reports = [
        record_event(kind="cart", listing=listing, user=bob, event_id=event_id) for _ in range(3)
    ]
    assert reports == [True, False, False]
    assert BehaviourEvent.objects.count() == 1


def test_an_unknown_kind_is_refused_by_name(make_listing):
    with pytest.raises(EventError) as caught:
        record_event(kind="stare", listing=make_listing(), user=None)
    assert (caught.value.code, caught.value.field) == ("unknown_kind", "kind")
    assert "stare" in caught.value.message


def test_only_a_search_goes_without_a_listing():
    record_event(kind="search", listing=None, user=None, data={"query": "mug"})
    with pytest.raises(EventError) as caught:
        record_event(kind="watch", listing=None, user=None)
    assert caught.value.field == "listing"


def send(**kwargs) -> None:
    fields = {"user": None, "session_key": "s1", "data": {}} | kwargs
    behaviour.send(sender=None, **fields)


def test_the_listings_news_becomes_an_event(make_listing, bob, django_capture_on_commit_callbacks):
    listing = make_listing()
    with django_capture_on_commit_callbacks(execute=True):
        send(kind="purchase", listing=listing, user=bob, data={"amount": "5.00"})
    event = BehaviourEvent.objects.get()
    assert (event.kind, event.listing, event.user) == ("purchase", listing, bob)


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_was_never_done(make_listing):
    listing = make_listing()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        send(kind="purchase", listing=listing)
        raise ZeroDivisionError
    assert not BehaviourEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_bad_report_never_breaks_the_senders_work(make_listing):
    listing = make_listing()
    with transaction.atomic():
        listing.title = "renamed"
        listing.save()
        send(kind="stare", listing=listing)
    listing.refresh_from_db()
    assert listing.title == "renamed"
    assert not BehaviourEvent.objects.exists()
