"""Which descriptions show how to write, and that they show nothing else."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listing_assistant.assistant import pipeline, policy, services
from listing_assistant.assistant.examples import SellerRecord, examples_for, is_worth_reading
from listing_assistant.assistant.models import PublishedText, Suggestion
from listing_assistant.catalogue.models import Category, Product
from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing, Order, Photo, State, StoredImage
from ml.artefacts import save_artefact
from recommender import inference as recommender
from recommender import services as vectors
from recommender.selectors import content_hash_of

from .conftest import jpeg

TEXTS = (
    "Worn for one summer only. The sole has lots of life left and they come from a clean home.",
    "I bought these for running and never got round to it. They sit true to size on narrow feet.",
    "Sturdy and light at once. Washed by hand last week, laces are new, box went with the move.",
    "My daughter grew out of them in a month. Nothing is torn and both insoles are still there.",
)


@pytest.fixture
def well_made(sell, bob, colour, django_user_model):
    """Sells a good listing with the n-th text, each of another seller unless one is named."""
    images = [
        StoredImage.objects.create(
            sha256=f"{n:064d}", width=9, height=9, byte_size=9, perceptual_hash="0" * 16
        )
        for n in range(4)
    ]

    def make(number=0, **fields):
        text = TEXTS[number % len(TEXTS)]
        if "seller" not in fields:
            address = f"seller{Listing.objects.count()}@example.org"
            fields["seller"] = django_user_model.objects.create_user(address, display_name="S")
        stated = fields.pop("stated", {colour: "Red"})
        title = fields.pop("title", f"Red running trainers pair number {number} light sturdy")
        listing = sell(title, description=fields.pop("text", text), stated=stated, **fields)
        Photo.objects.bulk_create(
            Photo(listing=listing, image=image, position=place + 1, file_name="b.jpg")
            for place, image in enumerate(images)
        )
        return listing

    return make


@pytest.fixture
def mine(sell, alice, shoes):
    return sell("Grey trainers", seller=alice, state=State.DRAFT)


@pytest.fixture
def at_angle(settings, tmp_path):
    """Gives a listing a vector on a circle: its cosine to another is that of the angle between."""
    settings.ARTEFACTS_DIR, settings.INDEX_DIR = tmp_path / "artefacts", tmp_path / "index"
    for kind in ("mismatch", "image_tower"):
        config = {"made_for": str(tmp_path)}
        save_artefact(
            Path(settings.ARTEFACTS_DIR) / kind,
            kind=kind, format_version=1, config=config, tensors={}, metrics={}, card="test",
        )  # fmt: skip

    def place(listing, degrees):
        vector = np.zeros(8, dtype=np.float32)
        vector[:2] = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        row = recommender.EncodedListing(
            photo_ids=(),
            photo_vectors=np.zeros((0, 8), dtype=np.float32),
            title_vector=vector,
            item_vector=vector,
            release=recommender.current_release(),
            content_hash=content_hash_of(listing),
        )
        vectors.store_embedding(encoded={listing.pk: row})
        return vector

    return place


def ids(listing, **options):
    return [one.listing_id for one in examples_for(listing, **options)]


def test_the_likest_come_first_and_the_listing_itself_never(well_made, mine, at_angle):
    far, near = well_made(0), well_made(1)
    at_angle(far, 60), at_angle(near, 10)
    vector = at_angle(mine, 0)
    assert ids(mine, vector=vector) == [near.pk, far.pk]


def test_the_stored_vector_serves_where_none_is_given(well_made, mine, at_angle):
    far, near = well_made(0), well_made(1)
    at_angle(far, 60), at_angle(near, 10), at_angle(mine, 0)
    assert ids(mine) == [near.pk, far.pk]


def test_without_a_vector_the_newest_of_the_category_serve(well_made, mine, settings, tmp_path):
    settings.ARTEFACTS_DIR = tmp_path
    first, second = well_made(0), well_made(1)
    assert set(ids(mine)) == {first.pk, second.pk}


def test_a_thin_category_is_filled_from_those_beside_it_but_not_from_afar(
    well_made, mine, at_angle, taxonomy, fashion
):
    boots = make_category(taxonomy, "Fashion > Boots", parent=fashion)
    lamps = make_category(taxonomy, "Lamps", parent=None)
    same, beside, afar = well_made(0), well_made(1, category=boots), well_made(2, category=lamps)
    for listing, degrees in ((same, 50), (beside, 5), (afar, 1), (mine, 0)):
        at_angle(listing, degrees)
    assert ids(mine) == [same.pk, beside.pk]


@pytest.mark.parametrize("state", [State.HELD, State.REMOVED, State.DRAFT, State.SOLD])
def test_what_is_not_for_sale_is_no_example(well_made, mine, at_angle, state):
    listing = well_made(0)
    at_angle(listing, 5), at_angle(mine, 0)
    Listing.objects.filter(pk=listing.pk).update(state=state)
    assert ids(mine) == []


def test_a_seller_with_a_removed_listing_shows_nobody_how_to_write(well_made, mine, bob, sell):
    good, bad = well_made(0), well_made(1, seller=bob)
    sell("Fake watch", seller=bob, state=State.REMOVED)
    assert ids(mine) == [good.pk]
    assert bad.state == State.LIVE


def test_a_seller_whose_sales_are_often_refunded_is_left_out(well_made, mine, bob, charlie):
    listing = well_made(0, seller=bob)
    for state in (Order.State.PAID, Order.State.REFUNDED):
        Order.objects.create(listing=listing, buyer=charlie, amount=1, currency="USD", state=state)
    assert ids(mine) == []


def test_sellers_who_have_sold_something_go_first(well_made, mine, bob, charlie, at_angle):
    near, sold = well_made(0), well_made(1, seller=bob)
    at_angle(near, 5), at_angle(sold, 40), at_angle(mine, 0)
    Order.objects.create(listing=sold, buyer=charlie, amount=1, currency="USD")
    assert ids(mine) == [sold.pk, near.pk]


def test_one_refund_among_many_sales_is_forgiven():
    assert SellerRecord(sales=9, refunds=1).is_good
    assert not SellerRecord(sales=1, refunds=1).is_good
    assert not SellerRecord(sales=50, sanctioned=1).is_good


def test_a_poor_listing_is_no_example_however_good_its_text(sell, mine, bob, colour):
    sell("Shoes", seller=bob, description=TEXTS[0])
    assert ids(mine) == []


@pytest.mark.parametrize("text", ["Nice.", TEXTS[0].upper(), "word " * 400])
def test_a_text_that_is_short_shouted_or_endless_is_not_worth_reading(text):
    assert not is_worth_reading(text)
    assert is_worth_reading(TEXTS[0])


def test_the_same_text_is_shown_once_though_a_word_is_changed(well_made, mine):
    well_made(0)
    well_made(0, text=TEXTS[0].replace("summer", "winter"))
    assert len(ids(mine)) == 1


def test_one_product_and_one_seller_do_not_fill_the_list(well_made, mine, bob, shoes):
    product = Product.objects.create(name="Aurora", category=shoes)
    well_made(0, product=product), well_made(1, product=product)
    assert len(ids(mine)) == 1
    for number in range(4):
        well_made(number, seller=bob, title=f"Blue light running trainers of number {number}")
    sellers = [Listing.objects.get(pk=pk).seller_id for pk in ids(mine)]
    assert sellers.count(bob.pk) == policy.EXAMPLES_A_SELLER


def test_the_sellers_own_texts_come_last_and_sold_ones_count(well_made, mine, alice):
    own = well_made(2, seller=alice)
    Listing.objects.filter(pk=own.pk).update(state=State.SOLD)
    other = well_made(1)
    found = examples_for(mine)
    assert [(one.listing_id, one.is_own) for one in found] == [(other.pk, False), (own.pk, True)]


def test_an_own_text_that_moderation_took_down_is_no_voice(well_made, mine, alice):
    own = well_made(2, seller=alice)
    Listing.objects.filter(pk=own.pk).update(state=State.REMOVED)
    assert ids(mine) == []


def test_what_the_assistant_wrote_itself_is_no_example(well_made, mine, alice):
    drafted, typed, own = well_made(0), well_made(1), well_made(2, seller=alice)
    for listing, share in ((drafted, 0.9), (typed, 0.1), (own, 1.0)):
        PublishedText.objects.create(listing=listing, fingerprint="x", drafted_share=share)
    assert ids(mine) == [typed.pk]


def test_an_example_brings_its_own_facts_to_be_cut_out(well_made, mine, colour):
    well_made(0, stated={colour: "Red"})
    found = examples_for(mine)[0]
    assert (found.category, found.condition) == ("Trainers", "good")
    assert found.attributes == (("Colour", "Red"),)


def test_the_number_of_queries_does_not_grow_with_the_market(well_made, mine, at_angle):
    at_angle(mine, 0)

    def queries():
        examples_for(mine)  # the index reads what is new when it is next asked
        with CaptureQueriesContext(connection) as captured:
            assert examples_for(mine)
        return len(captured)

    at_angle(well_made(0), 10)
    few = queries()
    for number in range(8):
        at_angle(well_made(number), 10 + number)
    assert queries() <= few


def test_a_neighbours_brand_or_size_cannot_leak_into_the_draft(
    photographed, alice, bob, vocabulary, sell, django_user_model
):
    dresses = Category.objects.get(name="Dresses")
    stated = {row.attribute: "Zorvex" for row in dresses.category_attributes.all()}
    text = "Zorvex dress in size 54 from Milano, bought for 450 euros. Worn once to a wedding."
    title = "Zorvex silk dress size 54 Milano evening gown belted"
    neighbour = sell(title, seller=bob, category=dresses, description=text, stated=stated)
    listings.add_photo(listing=neighbour, user=bob, file=jpeg(1), name="other.jpg")
    listings.edit_listing(
        listing=photographed, user=alice, changes={"category": dresses}, version=None
    )
    photographed.refresh_from_db()
    assert neighbour.pk in ids(photographed)
    analysis = services.start_analysis(listing=photographed)
    pipeline.run(analysis.pk)
    drafts = analysis.suggestions.filter(kind=Suggestion.Kind.DESCRIPTION)
    written = drafts.get().value["text"].lower()
    assert "dress" in written
    for foreign in ("zorvex", "54", "milano", "450", "silk", "wedding"):
        assert foreign not in written


def make_category(taxonomy, path, parent):
    name = path.rpartition(" > ")[2]
    return Category.objects.create(
        taxonomy=taxonomy, source_id=path, parent=parent, name=name, slug=name.lower(), path=path
    )
