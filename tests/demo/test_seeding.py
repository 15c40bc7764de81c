from __future__ import annotations

from collections import Counter
from datetime import UTC
from itertools import islice

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command

from listing_assistant.accounts.models import User
from listing_assistant.demo import seeding, services
from listing_assistant.demo.catalogue import plan_listings
from listing_assistant.demo.models import DrawnListing
from listing_assistant.demo.people import DEMO_PASSWORD, DEMO_PEOPLE
from listing_assistant.demo.photo_work import map_in_processes
from listing_assistant.demo.seeding import draw_photos as seeding_draw_photos
from listing_assistant.demo.similar import DEVICES
from listing_assistant.listings.models import (
    CartItem,
    Listing,
    ListingAttribute,
    Offer,
    Order,
    Photo,
    State,
    StoredImage,
    Watch,
)
from listing_assistant.moderation import photo_selectors
from recommender.models import BehaviourEvent, Impression
from recommender.similar.served import Served

FEW = 28
COUNTED = (User, Listing, ListingAttribute, Photo, StoredImage, DrawnListing, BehaviourEvent,
           Impression, Watch, CartItem, Offer, Order)  # fmt: skip


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in COUNTED}


@pytest.fixture(scope="module")
def drawn_once():
    """The real drawing, done once for all tests of this file: it is what takes time."""
    done = {}

    def draw_photos(plan):
        if plan.key not in done:
            done[plan.key] = seeding_draw_photos(plan)
        return done[plan.key]

    return draw_photos


@pytest.fixture
def few_plans(monkeypatch, drawn_once):
    """One listing of each of some kinds."""
    plans = [plan for plan in plan_listings(0.01) if plan.photos == 1][:FEW]
    monkeypatch.setattr(services, "plan_listings", lambda scale: plans)
    monkeypatch.setattr(seeding, "draw_photos", drawn_once)
    return plans


@pytest.fixture
def seeded(starter, few_plans, settings):
    settings.DEBUG = True
    services.seed_marketplace(scale=0.1, processes=0)
    return few_plans


def test_every_planned_listing_is_there_with_photos_and_truth(seeded):
    rows = {row.import_key: row for row in Listing.objects.filter(import_key__startswith="demo:")}

    assert rows.keys() == {plan.key for plan in seeded}
    for plan in seeded:
        row = rows[plan.key]
        assert row.photos.count() == plan.photos
        assert row.drawn.mismatch == plan.mismatch
        assert row.drawn.shown["kind"] == plan.shown.kind
        assert len(row.drawn.boxes) == plan.photos
        for photo in row.photos.all():
            assert default_storage.exists(photo.image.file_name("small"))


def test_attributes_are_values_of_the_taxonomy_where_it_has_them(seeded):
    colours = ListingAttribute.objects.filter(
        attribute__name="Colour", listing__import_key__startswith="demo:"
    )

    assert colours.exists()
    assert not colours.filter(value=None).exists()


def test_drawings_of_one_kind_are_not_compared_as_if_they_were_photos(seeded):
    assert not photo_selectors.listings_to_compare().exists()


def test_seeding_twice_changes_nothing(seeded):
    before = counts()

    report = services.seed_marketplace(scale=0.1, processes=0)

    assert counts() == before
    assert (report.listings, report.events, report.log_ins) == (0, 0, False)


def test_a_seeding_that_was_killed_goes_on_where_it_stopped(starter, few_plans, monkeypatch):
    class Killed(BaseException):
        pass

    def draw_until_killed(work, jobs, *, processes):
        yield from islice(map_in_processes(work, jobs, processes=processes), 9)
        raise Killed

    monkeypatch.setattr(seeding, "BATCH", 4)
    with monkeypatch.context() as killing:
        killing.setattr(seeding, "map_in_processes", draw_until_killed)
        with pytest.raises(Killed):
            services.seed_marketplace(scale=0.1, processes=0)
    # Two batches of four were whole; the ninth listing was on its way.
    assert Listing.objects.count() == 8

    report = services.seed_marketplace(scale=0.1, processes=0)

    assert report.listings == len(few_plans) - 8
    assert Listing.objects.count() == len(few_plans)


def test_the_log_ins_work_and_have_something_of_their_own(seeded, client):
    for person in DEMO_PEOPLE:
        assert client.login(username=person.email, password=DEMO_PASSWORD), person.role
    seller = User.objects.get(email="seller@demo.example")
    buyer = User.objects.get(email="buyer@demo.example")
    states = Counter(seller.listings.values_list("state", flat=True))

    assert states[State.DRAFT] == 3 and states[State.LIVE] >= 1
    assert seller.listings.filter(state=State.DRAFT).exclude(state_reason="").count() == 1
    assert Offer.objects.filter(listing__seller=seller, state=Offer.State.OPEN).exists()
    assert buyer.watches.exists() and buyer.orders.exists()


def test_there_are_no_log_ins_without_debug(starter, few_plans, settings):
    settings.DEBUG = False

    services.seed_marketplace(scale=0.1, processes=0)

    assert not User.objects.filter(email__in=[person.email for person in DEMO_PEOPLE]).exists()


def test_what_was_sold_out_is_sold_and_its_orders_lie_in_the_past(seeded):
    singles = Order.objects.filter(buyer__email__startswith="person", listing__quantity=0)

    assert BehaviourEvent.objects.filter(kind="click").exists()
    assert all(order.listing.state == State.SOLD for order in singles.select_related("listing"))
    for order in Order.objects.filter(buyer__email__startswith="person"):
        event = BehaviourEvent.objects.filter(
            kind="purchase", listing=order.listing, user=order.buyer, happened_at=order.created_at
        )
        assert event.exists()


def test_similar_strips_are_logged_as_the_site_logs_them(starter):
    services.seed_marketplace(scale=0.2, processes=0, photos=lambda plan: [])
    rows = list(Impression.objects.filter(strip="similar").select_related("seed", "user"))

    assert len(rows) > 50
    for row in rows:
        assert row.seed_id not in row.listings
        assert [place["position"] for place in row.places] == list(range(1, len(row.listings) + 1))
        served = Served(**row.served)
        assert len(served.propensities) == len(row.listings)
        assert all(0 < each <= 1 for each in served.propensities)
        assert served.table == row.shown_at.astimezone(UTC).date().isoformat()
        assert served.country == row.user.country and served.device in DEVICES
        assert row.seed_id not in served.recent
    seeds = {str(row.seed.public_id) for row in rows}
    clicks = BehaviourEvent.objects.filter(kind="click", data__strip="similar")
    assert {click.data["seed"] for click in clicks} <= seeds and clicks.exists()


def test_the_command_says_what_it_added(starter, few_plans, capsys, monkeypatch):
    monkeypatch.setattr(services, "_cores", lambda: 0)

    call_command("seed_demo", scale=0.1)

    assert f"{len(few_plans)} listings" in capsys.readouterr().out
