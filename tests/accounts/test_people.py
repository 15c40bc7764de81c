from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

pytestmark = pytest.mark.django_db


def test_somebody_new_signs_up_with_an_address_and_a_name(client, django_user_model):
    answer = client.post(
        reverse("account_signup"),
        {"email": "Erin@Example.org", "password1": "tall-green-lamp", "display_name": "Erin"},
    )
    assert answer.status_code == 302, answer.context["form"].errors
    erin = django_user_model.objects.get(email="erin@example.org")
    assert (erin.display_name, erin.is_seller, erin.is_moderator) == ("Erin", True, False)


def test_signing_up_without_a_name_says_so(client):
    page = client.post(
        reverse("account_signup"), {"email": "e@example.org", "password1": "tall-green-lamp"}
    )
    assert page.context["form"].errors["display_name"] == ["This field is required."]


def test_signing_in_leads_back_to_where_one_was(client, alice):
    answer = client.post(
        reverse("account_login") + "?next=/cart/",
        {"login": "alice@example.org", "password": "pass-alice"},
    )
    assert answer["Location"] == "/cart/"


def test_the_profile_changes_name_currency_and_zone(client, alice):
    client.force_login(alice)
    new = {"display_name": "Alice B", "country": "DE", "currency": "EUR"}
    client.post(reverse("profile"), new | {"time_zone": "Europe/Berlin"})
    alice.refresh_from_db()
    assert (alice.display_name, alice.currency, alice.time_zone) == (
        "Alice B",
        "EUR",
        "Europe/Berlin",
    )
    page = client.post(reverse("profile"), new | {"time_zone": "Moon/Crater"})
    assert "time_zone" in page.context["form"].errors


def test_times_are_shown_in_the_persons_own_zone(client, alice, rf):
    from listing_assistant.accounts.middleware import TimeZoneMiddleware

    alice.time_zone = "Asia/Tokyo"
    request = rf.get("/")
    request.user = alice
    seen = []
    TimeZoneMiddleware(lambda _: seen.append(timezone.get_current_timezone_name()))(request)
    assert seen == ["Asia/Tokyo"]
    timezone.deactivate()


def test_staff_moderate_and_others_do_not(alice, mona, django_user_model):
    boss = django_user_model.objects.create_superuser("boss@example.org", "x", display_name="Boss")
    assert [person.is_moderator for person in (alice, mona, boss)] == [False, True, True]


def test_addresses_are_one_whatever_their_case(django_user_model, alice):
    made = django_user_model.objects.create_user("Frank@EXAMPLE.org", "x", display_name="F")
    assert made.email == "frank@example.org"
