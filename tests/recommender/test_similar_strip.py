import re
import uuid

import pytest
from django.urls import reverse
from django.utils.html import escape

from listing_assistant.listings.models import Listing, Photo, State, StoredImage
from recommender.models import Impression
from recommender.similar.served import read_served

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_ranker")]


def get(client, listing: Listing) -> str:
    address = reverse("similar_strip", args=[listing.public_id])
    response = client.get(address, headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response.content.decode()


def test_cards_link_to_their_listing_naming_strip_place_and_seed(client, make_item, bob):
    seed, near, far = make_item(0, seller=bob), make_item(5), make_item(40)
    links = re.findall(r'<h3[^>]*><a href="([^"]+)"', get(client, seed))
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


def test_only_staff_see_how_it_came_about(client, make_item, bob, django_user_model):
    seed, near = make_item(0, seller=bob), make_item(60)
    assert "How this came about" not in get(client, seed)
    staff = django_user_model.objects.create_user("staff@example.org", "pass", is_staff=True)
    client.force_login(staff)
    html = get(client, seed)
    assert "How this came about: 1 candidate" in html
    assert "Ranked by likeness: the ranker is missing" in html
    told = html[html.index("explanation__slots") :]
    assert near.title in told
    assert re.search(r"likeness of photos and title</th>\s*<td>0\.500?</td>", told)


def test_a_promoted_listing_says_that_it_is_sponsored_and_why(client, make_item, bob):
    seed, plain, promoted = make_item(0, seller=bob), make_item(5), make_item(9, ad_rate=8)
    cards = get(client, seed).split("<li ")[1:]
    badges = {
        str(item.public_id): "Sponsored" in card
        for card in cards
        for item in (plain, promoted)
        if str(item.public_id) in card
    }
    assert badges == {str(plain.public_id): False, str(promoted.public_id): True}
    assert any("The seller pays a share of the price" in card for card in cards)


def test_how_it_was_made_travels_signed_with_the_strip(client, make_item, bob):
    seed, _ = make_item(0, seller=bob), make_item(5)
    token = re.search(r'data-served="([^"]+)"', get(client, seed))[1]
    told = read_served(token)
    assert (told["ranker"], told["propensities"]) == ("similarity", [1.0])
    assert read_served(token[:-1] + "x") == {}


def test_without_htmx_it_is_a_page_of_its_own(client, make_item, bob):
    seed, near = make_item(0, seller=bob), make_item(5)
    html = client.get(reverse("similar_strip", args=[seed.public_id])).content.decode()
    assert "<title>" in html
    assert near.title in html


def test_no_cache_keeps_what_is_one_persons(client, make_item, bob):
    answer = client.get(reverse("similar_strip", args=[make_item(0, seller=bob).public_id]))
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


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
