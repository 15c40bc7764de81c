"""A listing's page and its API say how many look at it now and how many watch it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from listing_assistant.listings.models import Listing, State, Watch
from recommender.models import RecentViewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def looked_at(make_listing, bob) -> Listing:
    """Two looked within the hour and one before it; Bob watches."""
    listing = make_listing()
    for person, minutes in (("u1", 5), ("s2", 50), ("u3", 61)):
        seen_at = timezone.now() - timedelta(minutes=minutes)
        RecentViewer.objects.create(listing=listing, person=person, seen_at=seen_at)
    Watch.objects.create(user=bob, listing=listing)
    return listing


def test_the_line_names_those_of_the_last_hour_and_the_watchers(client, looked_at):
    page = client.get(reverse("attention", args=[looked_at.public_id])).content.decode()
    assert "2 people looked at this in the last hour · 1 watches it" in page


def test_nothing_is_said_where_nobody_looks(client, make_listing):
    page = client.get(reverse("attention", args=[make_listing().public_id])).content.decode()
    assert "looked" not in page
    assert "watch" not in page


def test_the_listings_page_asks_for_the_line_while_it_can_be_bought(client, looked_at):
    address = reverse("attention", args=[looked_at.public_id])
    assert address in client.get(looked_at.get_absolute_url()).content.decode()
    Listing.objects.filter(pk=looked_at.pk).update(state=State.SOLD)
    assert address not in client.get(looked_at.get_absolute_url()).content.decode()


def test_a_draft_tells_nobody_who_looks(client, make_listing):
    draft = make_listing(state=State.DRAFT)
    assert client.get(reverse("attention", args=[draft.public_id])).status_code == 404


def test_apps_read_both_numbers(client, looked_at):
    answer = client.get(f"/api/v1/listings/{looked_at.public_id}/attention")
    assert answer.json() == {"viewers_last_hour": 2, "watchers": 1}
