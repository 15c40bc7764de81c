"""A strip counts as shown when it was seen: in Chromium, to the row in the database."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from recommender.events.consumer import Consumer
from recommender.events.stream import event_stream
from recommender.models import Impression

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("own_stream")]

STRIP = """
<div style="height: {above}px"></div>
<section data-strip="complementary" data-seed="" data-impression="{impression}" data-arm="b">
  <ul style="display: grid; grid-auto-flow: column; grid-auto-columns: 300px; overflow-x: auto">
    {cards}
  </ul>
</section>
"""
CARD = '<li style="height: 200px" data-item="{item}" data-recall-set="{recall_set}">card</li>'


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """Chromium calls itself headless, which would make it a robot."""
    return {**browser_context_args, "user_agent": "Mozilla/5.0 Chrome/120 Safari/537.36"}


@pytest.fixture
def strip(page, live_server, sell):
    """Put a strip of five cards into a page, `above` pixels down; returns cards and the id."""

    def put(*, above: int):
        listings = [sell() for _ in range(5)]
        cards = "".join(
            CARD.format(item=listing.public_id, recall_set=recall_set)
            for listing, recall_set in zip(listings, ["co_views", *["popular"] * 4], strict=True)
        )
        impression = uuid.uuid4()
        page.goto(f"{live_server.url}{reverse('search')}?q=nothing")
        page.evaluate(
            """html => {
                const main = document.querySelector("main");
                main.innerHTML = html;
                htmx.process(main);
                document.dispatchEvent(new CustomEvent("htmx:load", {detail: {elt: main}}));
            }""",
            STRIP.format(above=above, impression=impression, cards=cards),
        )
        return listings, impression

    return put


def told(page) -> list[Impression]:
    """What was stored, once the page has gone and with it the last beacon."""
    page.goto("about:blank")
    consumer = Consumer(event_stream(), "test")
    for _ in range(30):
        consumer.step(wait_ms=100)
        if Impression.objects.exists() and not event_stream().length():
            break
    return list(Impression.objects.order_by("pk"))


def test_a_strip_that_is_seen_for_a_second_is_told_with_the_cards_in_view(page, strip):
    listings, impression = strip(above=0)
    page.set_viewport_size({"width": 800, "height": 600})
    # Until it is sent: a beacon that leaves with the page gives Chromium's own name.
    page.wait_for_timeout(4000)
    (row,) = told(page)
    assert (row.event_id, row.strip, row.source, row.flags) == (
        *(impression, "complementary", "page", ""),
    )
    assert row.listings == [listing.pk for listing in listings[: len(row.listings)]]
    assert 1 <= len(row.listings) < 5  # the others lie beyond the strip's edge
    assert row.places[0] == {"position": 1, "recall_set": "co_views", "arm": "b"}


def test_cards_that_are_scrolled_to_are_told_of_later_and_once(page, strip):
    listings, _ = strip(above=0)
    page.wait_for_timeout(1300)
    page.locator("[data-strip] ul").evaluate("each => each.scrollTo(9999, 0)")
    page.wait_for_timeout(1500)
    first, second = told(page)
    shown = first.listings + second.listings
    assert sorted(shown) == sorted(set(shown))
    assert listings[-1].pk in second.listings
    assert second.places[-1]["position"] == 5
    assert second.event_id != first.event_id


def test_a_strip_below_the_fold_was_not_shown(page, strip):
    strip(above=3000)
    page.wait_for_timeout(1500)
    assert told(page) == []


def test_a_strip_that_is_passed_quickly_was_not_shown(page, strip):
    strip(above=3000)
    page.mouse.wheel(0, 2800)
    page.wait_for_timeout(300)
    page.mouse.wheel(0, -2800)
    page.wait_for_timeout(1200)
    assert told(page) == []
