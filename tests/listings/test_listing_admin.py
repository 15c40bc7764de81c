"""Staff look into listings without moving them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from listing_assistant.accounts.models import User
from listing_assistant.listings.models import Listing, Order, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client, django_user_model: type[User]) -> Client:
    client.force_login(django_user_model.objects.create_superuser("root@example.org", "pass-root"))
    return client


@pytest.mark.parametrize("name", ["listing", "storedimage", "offer", "order", "watch", "cartitem"])
def test_every_list_opens_and_searches(staff: Client, live_listing: Listing, name: str) -> None:
    response = staff.get(reverse(f"admin:listings_{name}_changelist"), {"q": "shoes"})
    assert response.status_code == 200


def test_a_listing_shows_its_photos_and_keeps_its_state(
    staff: Client, live_listing: Listing
) -> None:
    page = reverse("admin:listings_listing_change", args=[live_listing.pk])
    content = staff.get(page).content.decode()
    assert live_listing.photos.get().image.file_name("small") in content
    assert 'name="state"' not in content
    assert Listing.objects.get(pk=live_listing.pk).state == State.LIVE


def test_nobody_writes_an_order_by_hand(staff: Client, live_listing: Listing, bob: User) -> None:
    assert staff.get(reverse("admin:listings_order_add")).status_code == 403
    order = Order.objects.create(listing=live_listing, buyer=bob, amount=25, currency="USD")
    page = reverse("admin:listings_order_change", args=[order.pk])
    staff.post(page, {"state": "refunded"})
    assert Order.objects.get(pk=order.pk).state == Order.State.PAID
