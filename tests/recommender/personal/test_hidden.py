"""“Not interested”: of a person or a visit, with a way back, and counted nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recommender import policy
from recommender.events.erasure import erase_behaviour
from recommender.models import BehaviourEvent, HiddenItem, Impression
from recommender.similar.hidden import (
    forget_past_visits,
    hidden_from,
    hidden_listings,
    hide_item,
    show_item_again,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def press(client: Client, view: str, listing, **headers):
    return client.post(reverse(view, args=[listing.public_id]), headers=headers)


def test_a_person_and_a_visit_hide_each_for_themselves(make_listing, bob, charlie):
    mug, cup = make_listing("Mug"), make_listing("Cup")
    hide_item(mug, user_id=bob.pk, session_key="a")
    hide_item(cup, user_id=None, session_key="a")
    assert hidden_from(bob.pk, "a") == {mug.pk}
    assert hidden_from(None, "a") == {cup.pk}
    assert hidden_from(charlie.pk, "a") == hidden_from(None, "b") == hidden_from(None, "") == set()


def test_hiding_twice_is_hiding_once_and_a_way_back(make_listing):
    mug = make_listing()
    for _ in "12":
        hide_item(mug, user_id=None, session_key="a")
    assert HiddenItem.objects.count() == 1
    assert show_item_again(mug, user_id=None, session_key="a")
    assert not show_item_again(mug, user_id=None, session_key="a")
    assert hidden_from(None, "a") == set()


def test_nobody_hides_nothing(make_listing):
    with pytest.raises(ValueError, match="name the person or the visit"):
        hide_item(make_listing(), user_id=None, session_key="")


def test_the_last_hidden_is_listed_first_without_what_may_not_be_seen(make_listing, bob):
    mug, cup, held = make_listing("Mug"), make_listing("Cup"), make_listing(state="held")
    for listing in (mug, held, cup):
        hide_item(listing, user_id=bob.pk, session_key="")
    assert hidden_listings(user_id=bob.pk, session_key="") == [cup, mug]


def test_a_press_covers_the_card_and_undo_uncovers_it(client, make_listing):
    mug = make_listing("Blue mug")
    covered = press(client, "hide_item", mug, **HTMX).content.decode()
    assert "Blue mug" in covered
    assert reverse("show_item_again", args=[mug.public_id]) in covered
    key = client.cookies["visit"].value
    assert hidden_from(None, key) == {mug.pk}
    press(client, "show_item_again", mug, **HTMX)
    assert hidden_from(None, key) == set()


def test_without_scripts_a_press_leads_to_all_that_is_hidden(client, make_listing, bob):
    client.force_login(bob)
    mug = make_listing("Blue mug")
    page = client.post(reverse("hide_item", args=[mug.public_id]), follow=True)
    assert page.redirect_chain[-1][0] == reverse("hidden_items")
    assert "Blue mug" in page.content.decode()
    page = client.post(reverse("show_item_again", args=[mug.public_id]), follow=True)
    assert "Nothing is hidden from you" in page.content.decode()


def test_it_is_no_click_and_no_impression(client, make_listing):
    press(client, "hide_item", make_listing(), **HTMX)
    assert not BehaviourEvent.objects.exists()
    assert not Impression.objects.exists()


def test_what_nobody_may_see_cannot_be_hidden(client, make_listing):
    assert press(client, "hide_item", make_listing(state="draft")).status_code == 404
    assert client.get(reverse("hide_item", args=[make_listing().public_id])).status_code == 405


def test_a_foreign_page_cannot_press_for_somebody(make_listing):
    strict = Client(enforce_csrf_checks=True)
    assert press(strict, "hide_item", make_listing()).status_code == 403


def test_visits_are_forgotten_and_people_are_not(make_listing, bob):
    mug, cup = make_listing(), make_listing()
    for user_id, key, listing in ((bob.pk, "", mug), (None, "a", mug), (None, "b", cup)):
        hide_item(listing, user_id=user_id, session_key=key)
    long_ago = timezone.now() - policy.HIDDEN_KEPT - timedelta(minutes=1)
    HiddenItem.objects.exclude(session_key="b").update(hidden_at=long_ago)
    assert forget_past_visits() == 1
    assert (hidden_from(bob.pk, ""), hidden_from(None, "a"), hidden_from(None, "b")) == (
        {mug.pk}, set(), {cup.pk},
    )  # fmt: skip


def test_erasing_a_person_erases_what_they_hid(
    make_listing, bob, charlie, own_stream, settings, tmp_path
):
    settings.EVENTS_DIR = tmp_path / "events"
    mug = make_listing()
    for person in (bob, charlie):
        hide_item(mug, user_id=person.pk, session_key="")
    erase_behaviour(user_id=bob.pk)
    assert hidden_from(bob.pk, "") == set()
    assert hidden_from(charlie.pk, "") == {mug.pk}
