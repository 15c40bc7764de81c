"""A buyer sees what is like a listing and what is picked; staff see how it came about."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import Listing, State, Watch
from recommender.events.consumer import Consumer
from recommender.events.stream import event_stream
from recommender.features import COLUMNS
from recommender.models import BehaviourEvent, EventKind, HiddenItem, Impression

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("own_stream"),
]

WATCHES = ("Steel watch", "Gold watch", "Sports watch", "Field watch", "Dress watch", "Old watch")


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """Chromium calls itself headless, which would make it a robot."""
    return {**browser_context_args, "user_agent": "Mozilla/5.0 Chrome/120 Safari/537.36"}


@pytest.fixture
def watches(starter, django_user_model) -> list[Listing]:
    """Each of another seller; the second is promoted."""
    category = Category.objects.filter(path__icontains="watch", is_leaf=True).first()
    return [
        Listing.objects.create(
            title=title,
            category=category,
            price=40 + number,
            condition="good",
            state=State.LIVE,
            published_at=timezone.now(),
            ad_rate=7 if number == 1 else 0,
            seller=django_user_model.objects.create_user(f"seller{number}@example.org", "x"),
        )
        for number, title in enumerate(WATCHES)
    ]


def fits(page) -> bool:
    page.set_viewport_size({"width": 390, "height": 844})
    return page.evaluate("document.documentElement.scrollWidth") <= 390


def test_similar_items_say_why_they_are_there_and_what_is_sponsored(page, live_server, watches):
    page.goto(f"{live_server.url}{watches[0].get_absolute_url()}")
    strip = page.locator("[data-strip=similar]")
    expect(strip.locator("[data-item]")).to_have_count(5)
    promoted = strip.locator(f"[data-item='{watches[1].public_id}']")
    expect(promoted.get_by_text("Sponsored")).to_be_visible()
    expect(strip.get_by_text("Sponsored")).to_have_count(1)
    expect(promoted.locator(".reason")).to_have_text("Just listed")

    # By the keyboard: what "Sponsored" means.
    promoted.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(promoted.get_by_text("The seller pays a share of the price")).to_be_visible()
    expect(page.get_by_text("How this came about")).to_have_count(0)
    assert fits(page)


def test_staff_see_candidates_features_and_moves(signed_in, live_server, watches, alice):
    alice.is_staff = True
    alice.save()
    page = signed_in
    page.goto(f"{live_server.url}{watches[0].get_absolute_url()}")
    strip = page.locator("[data-strip=similar]")
    how = strip.locator("details.explanation")
    how.locator("> summary").click()
    expect(how.get_by_role("region", name="Recall sets")).to_contain_text("fresh")
    expect(how).to_contain_text("of the strip's relevance")
    place = how.locator("ol > li").first
    place.locator("summary").first.click()
    first = place.get_by_role("rowheader").first
    expect(first).to_be_visible()
    assert first.inner_text() in {column.words for column in COLUMNS}
    expect(place).to_contain_text("shown here with a probability of")
    assert fits(page)


def test_what_was_seen_comes_back_as_it_was_served(page, live_server, watches):
    page.goto(f"{live_server.url}{watches[0].get_absolute_url()}")
    strip = page.locator("[data-strip=similar]")
    expect(strip.locator("[data-item]").first).to_be_visible()
    strip.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    page.goto("about:blank")
    Consumer(event_stream(), "test").step(wait_ms=500)
    seen = Impression.objects.get(strip="similar")
    assert seen.seed == watches[0]
    assert (seen.served["ranker"], seen.served["device"]) != ("", "")
    assert len(seen.served["propensities"]) == 5


def test_a_buyer_finds_picks_on_the_landing_page_and_hides_one(
    signed_in, live_server, watches, alice
):
    Watch.objects.create(user=alice, listing=watches[0])
    BehaviourEvent.objects.create(
        kind=EventKind.WATCH, listing=watches[0], user=alice, happened_at=timezone.now()
    )
    page = signed_in
    page.goto(live_server.url)
    picked = page.locator("[data-strip=picked]")
    expect(picked.get_by_role("heading", name="Picked for you")).to_be_visible()
    because = page.locator("[data-strip=because]")
    expect(because.get_by_role("heading")).to_contain_text(["Because you watched Steel watch"])
    assert fits(page)

    # By the keyboard: not interested, and back.
    card = picked.locator(f"[data-item='{watches[3].public_id}']")
    card.get_by_role("button", name=f"Not interested in {watches[3].title}").focus()
    page.keyboard.press("Enter")
    expect(card.get_by_role("status")).to_contain_text("Hidden")
    expect(card.get_by_role("link", name=watches[3].title)).to_be_hidden()
    card.get_by_role("button", name="Undo").click()
    expect(card.get_by_role("link", name=watches[3].title)).to_be_visible()
    assert not HiddenItem.objects.exists()

    card.get_by_role("button", name=f"Not interested in {watches[3].title}").click()
    expect(card.get_by_role("status")).to_contain_text("Hidden")
    page.reload()
    expect(picked.get_by_role("heading", name="Picked for you")).to_be_visible()
    expect(picked).not_to_contain_text(watches[3].title)
    page.goto(f"{live_server.url}{reverse('hidden_items')}")
    page.get_by_role("button", name=f"Show {watches[3].title} again").click()
    expect(page.get_by_text("Nothing is hidden from you")).to_be_visible()
