"""Debian's Chromium, a live server, a real worker, a seller and things that are for sale."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from listing_assistant.listings import services as listings
from ml.records import ItemRecord, read_catalogue
from tests.workers import workers

expect.set_options(timeout=60_000)  # a worker that has just started loads its models first

CHROMIUM = shutil.which("chromium")
WAIT_MS = 60_000  # a worker that has just started loads its models first


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu"]}


@pytest.fixture
def page(page):
    page.set_default_timeout(WAIT_MS)
    return page


@pytest.fixture
def worker(tmp_path, transactional_db):
    with workers(tmp_path) as start:
        yield start()


@pytest.fixture(scope="session")
def things(shared_data: Path) -> dict[str, list[ItemRecord]]:
    """Real products with a photo, by the last word of their category."""
    found: dict[str, list[ItemRecord]] = {}
    for item in read_catalogue(shared_data):
        if item.source == "myntra" and item.photos and item.category:
            found.setdefault(item.category[-1], []).append(item)
    return found


@pytest.fixture
def starter(transactional_db):
    from listing_assistant.catalogue.services import load_starter_taxonomy

    load_starter_taxonomy()


@pytest.fixture
def for_sale(starter, bob, things):
    """Three watches of another seller, live."""
    from listing_assistant.catalogue.models import Category

    watches = Category.objects.filter(path__icontains="watch", is_leaf=True).first()
    for item in things["Watches"][10:13]:
        listing = listings.create_draft(
            seller=bob, title=item.title, category=watches, condition="good", price="50"
        )
        with item.photos[0].open("rb") as file:
            listings.add_photo(listing=listing, user=bob, file=file, name="photo.jpg")
        listings.publish_listing(listing=listing, user=bob)


@pytest.fixture
def signed_in(page, live_server, alice):
    """Alice's browser, through the sign-in page."""
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("mail").fill("alice@example.org")
    page.locator("input[name=password]").fill("pass-alice")
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: "login" not in url)
    return page
