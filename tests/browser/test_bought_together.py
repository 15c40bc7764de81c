"""A buyer takes a phone with what goes with it: a case that fits, and none that does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import attributes_of
from listing_assistant.listings.models import CartItem, Listing, ListingAttribute, Order, State
from recommender.models import BehaviourEvent, EventKind
from recommender.offline.run import aggregate

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BUYERS = 8
IPHONE = {"Brand": "Apple", "Model": "iPhone 15", "Storage": "128 GB"}
FOR_IPHONE = {"Compatible Brand": "Apple", "Compatible Model": "iPhone 15"}
FOR_PIXEL = {"Compatible Brand": "Google", "Compatible Model": "Pixel 8"}


@pytest.fixture
def sell(starter, bob):
    """Puts a thing of Bob's on sale in a category of the starter taxonomy."""

    def sell(title: str, category: str, price: int, said: dict[str, str], **fields) -> Listing:
        leaf = Category.objects.select_related("taxonomy", "parent").get(
            name=category, taxonomy__name="starter", is_leaf=True
        )
        defaults = {"state": State.LIVE, "condition": "good", "published_at": timezone.now()}
        listing = Listing.objects.create(
            title=title, category=leaf, price=price, seller=bob, **defaults | fields
        )
        named = {link.attribute.name: link.attribute for link in attributes_of(leaf)}
        for name, text in said.items():
            if name in named:
                ListingAttribute.objects.create(listing=listing, attribute=named[name], text=text)
        return listing

    return sell


@pytest.fixture
def market(sell, django_user_model, settings, tmp_path):
    """A phone, cases for it and for another, headphones; eight people bought such things together,
    and the tables were made from what they did."""
    settings.EVENTS_DIR, settings.OFFLINE_DIR = tmp_path / "events", tmp_path / "offline"
    phone = sell("Apple iPhone 15 128 GB", "Mobile Phones", 500, IPHONE)
    fitting = sell("Green case for iPhone 15", "Phone Cases", 15, FOR_IPHONE)
    wrong = sell("Green case for Pixel 8", "Phone Cases", 12, FOR_PIXEL)
    headphones = sell("Over-ear headphones", "Headphones", 80, {"Brand": "Sony"})
    bought = [
        sell(f"Sold {each.title}", each.category.name, 10, said, state=State.SOLD)
        for each, said in ((phone, IPHONE), (fitting, FOR_IPHONE), (wrong, FOR_PIXEL))
    ] + [headphones]
    at = timezone.now() - timedelta(hours=2)
    for number in range(BUYERS):
        buyer = django_user_model.objects.create_user(f"buyer{number}@example.org", "x")
        BehaviourEvent.objects.bulk_create(
            BehaviourEvent(kind=kind, listing=listing, user=buyer, happened_at=at)
            for listing in [*bought, fitting, wrong]
            for kind in (EventKind.CLICK, EventKind.PURCHASE)
        )
    assert aggregate() is not None
    return phone, fitting, wrong, headphones


def test_a_phone_is_bought_with_a_case_that_fits(signed_in, live_server, market, alice):
    page = signed_in
    phone, fitting, wrong, headphones = market
    page.goto(f"{live_server.url}{phone.get_absolute_url()}")
    bundle = page.locator("[data-bundle]")
    expect(bundle.get_by_role("heading", name="Frequently bought together")).to_be_visible()
    expect(bundle).to_contain_text(fitting.title)
    expect(page.locator("[data-strip=complementary]")).not_to_contain_text(wrong.title)
    expect(bundle.locator("output")).to_have_text("$595.00")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    # Without the headphones, by the keyboard.
    bundle.get_by_role("checkbox", name=f"Take “{headphones.title}”").focus()
    page.keyboard.press("Space")
    expect(bundle.locator("output")).to_have_text("$515.00")
    bundle.get_by_role("button", name="Add 2 to cart").click()
    expect(page.get_by_role("status")).to_contain_text("2 things added to your cart")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("2 things taken out")
    assert not CartItem.objects.filter(user=alice).exists()

    # Once more, with everything; the case is sold before the press.
    page.reload()
    expect(bundle).to_contain_text(fitting.title)
    Listing.objects.filter(pk=headphones.pk).update(state=State.SOLD)
    bundle.get_by_role("button", name="Add all to cart").click()
    told = page.get_by_role("status")
    expect(told).to_contain_text("2 things added to your cart")
    expect(told).to_contain_text(f"“{headphones.title}” was left out. This listing has been sold.")
    told.get_by_role("link", name="Go to the cart").click()
    page.get_by_role("button", name="Check out").click()
    expect(page.locator("main")).to_contain_text(phone.title)
    bought = Order.objects.filter(buyer=alice).values_list("listing", flat=True)
    assert set(bought) == {phone.pk, fitting.pk}


def test_the_cart_offers_what_fits_and_a_press_adds_it(signed_in, live_server, market, alice):
    page = signed_in
    phone, fitting, wrong, _ = market
    CartItem.objects.create(user=alice, listing=phone)
    page.goto(f"{live_server.url}/cart/")
    strip = page.locator("[data-strip=cart]")
    expect(strip).to_contain_text(fitting.title)
    expect(strip).not_to_contain_text(wrong.title)
    strip.get_by_role("button", name=f"Add {fitting.title} to the cart").click()
    expect(page.locator(".lines")).to_contain_text(fitting.title)
    expect(page.locator("[data-strip=cart]")).not_to_contain_text(fitting.title)
