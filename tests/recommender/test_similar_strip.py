import re
import uuid

import pytest
from django.urls import reverse
from django.utils.html import escape

from listing_assistant.listings.models import Listing, Photo, State, StoredImage
from recommender.models import Impression

pytestmark = pytest.mark.django_db


def get(client, listing: Listing) -> str:
    response = client.get(reverse("similar_strip", args=[listing.public_id]))
    assert response.status_code == 200
    return response.content.decode()


def test_cards_link_to_their_listing_naming_strip_place_and_seed(client, make_item, bob):
    seed, near, far = make_item(0, seller=bob), make_item(5), make_item(40)
    links = re.findall(r'href="([^"]+)"', get(client, seed))
    assert links == [
        escape(f"{item.get_absolute_url()}?strip=similar&position={n}&seed={seed.public_id}")
        for n, item in enumerate([near, far], start=1)
    ]


def test_a_card_shows_title_price_and_main_photo(client, make_item, bob):
    seed = make_item(0, seller=bob)
    near = make_item(5, price="12.50", currency="EUR")
    for position, digit in enumerate("ab"):
        image = StoredImage.objects.create(
            sha256=digit * 64, width=320, height=240, byte_size=9, perceptual_hash="0" * 16
        )
        Photo.objects.create(listing=near, image=image, position=position, file_name="x.jpg")
    html = get(client, seed)
    assert near.title in html
    assert "€12.50" in html
    assert re.findall(r'<img src="([^"]+)"', html) == [f"/media/photos/aa/{'a' * 64}-small.webp"]


def test_a_title_is_text_and_never_markup(client, make_item, bob):
    seed, near = make_item(0, seller=bob), make_item(5)
    Listing.objects.filter(pk=near.pk).update(title="<script>alert(1)</script>")
    html = get(client, seed)
    assert "<script" not in html
    assert escape("<script>alert(1)</script>") in html


def test_the_strip_says_what_is_to_be_told_when_it_is_seen(client, make_item, bob):
    """By events.js: what was rendered and never scrolled to was not shown."""
    seed, far, near = make_item(0, seller=bob), make_item(40), make_item(5)
    html = get(client, seed)
    assert f'data-strip="similar" data-seed="{seed.public_id}"' in html
    assert re.findall(r'data-item="([^"]+)"', html) == [str(near.public_id), str(far.public_id)]
    assert not Impression.objects.exists()


def test_every_showing_has_an_id_of_its_own(client, make_item, bob):
    seed = make_item(0, seller=bob)
    first, second = (re.search(r'data-impression="([^"]+)"', get(client, seed)) for _ in "12")
    assert uuid.UUID(first[1]) != uuid.UUID(second[1])


def test_two_strips_of_one_anonymous_visit_share_its_key(client, make_item, bob):
    seed = make_item(0, seller=bob)
    get(client, seed)
    first = client.cookies["visit"].value
    get(client, seed)
    assert client.cookies["visit"].value == first != ""


def test_an_empty_strip_offers_a_next_step(client, make_item, bob, category):
    html = get(client, make_item(0, seller=bob))
    assert "Nothing like this is for sale" in html
    assert reverse("category", args=[category.slug]) in html


def test_only_staff_see_scores(client, make_item, bob, django_user_model):
    seed = make_item(0, seller=bob)
    make_item(60)
    assert "score" not in get(client, seed)
    staff = django_user_model.objects.create_user("staff@example.org", "pass", is_staff=True)
    client.force_login(staff)
    assert "score 0.500" in get(client, seed)


def test_a_sold_listing_still_leads_to_similar_ones(client, make_item, bob):
    seed, near = make_item(0, seller=bob), make_item(5)
    Listing.objects.filter(pk=seed.pk).update(state=State.SOLD)
    assert near.title in get(client, seed)


@pytest.mark.parametrize("state", [State.DRAFT, State.HELD, State.REMOVED])
def test_a_hidden_listings_strip_is_for_its_seller_alone(
    client, make_item, alice, bob, charlie, state
):
    seed, near = make_item(0, seller=bob, state=state), make_item(5, seller=alice)
    address = reverse("similar_strip", args=[seed.public_id])
    assert client.get(address).status_code == 404
    client.force_login(charlie)
    assert client.get(address).status_code == 404
    client.force_login(bob)
    assert near.title in get(client, seed)


def test_an_unknown_listing_is_not_found(client, db):
    assert client.get(reverse("similar_strip", args=[uuid.uuid4()])).status_code == 404


def test_a_strip_is_only_read(client, make_item):
    address = reverse("similar_strip", args=[make_item(0).public_id])
    assert client.post(address).status_code == 405
