"""The strip on a listing's page, the bundle and the cart's strip, as a browser asks for them."""

import re

import pytest
from django.urls import reverse

from listing_assistant.listings.models import CartItem, Listing, State

HTMX = {"HX-Request": "true"}


@pytest.fixture
def scene(market, relate, make_popular, bob):
    """Bob's phone, and what goes with it: a case, a charger and three more chargers."""
    relate(market.phones, market.cases, market.chargers)
    phone = market.phone(seller=bob)
    case, charger = market.case(price=15), market.charger(price=25)
    make_popular(case, charger, *(market.charger(price=9 + n, seller=bob) for n in range(3)))
    return phone, case, charger


def get(client, address, *args):
    response = client.get(reverse(address, args=args), headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


def add(client, phone, *listings, headers=None):
    return client.post(
        reverse("add_bundle", args=[phone.public_id]),
        {"item": [str(listing.public_id) for listing in listings]},
        headers=headers or HTMX,
    )


def test_a_bundle_is_the_listing_with_two_that_go_with_it_of_different_kinds(client, scene):
    phone, case, charger = scene
    html = get(client, "complementary_strip", phone.public_id)
    taken = re.findall(r'name="item" value="([^"]+)" checked', html)
    bundle = [Listing.objects.get(public_id=public_id) for public_id in taken]
    assert bundle[:2] == [phone, case]
    assert [listing.category for listing in bundle[2:]] == [charger.category]
    assert f"${sum(listing.price for listing in bundle)}" in html


def test_what_is_not_in_the_bundle_stands_below_as_cards(client, scene):
    phone, *_ = scene
    html = get(client, "complementary_strip", phone.public_id)
    assert html.count('<li class="listing-card"') == 3


def test_every_item_says_its_place_its_set_and_its_seed(client, scene):
    phone, *_ = scene
    html = get(client, "complementary_strip", phone.public_id)
    positions = re.findall(r"\?strip=complementary&amp;position=(\d)&amp;seed=([^\"]+)", html)
    assert positions == [(str(n), str(phone.public_id)) for n in range(1, 6)]
    assert len(re.findall(r'data-item="[^"]+" data-recall-set="\w+"', html)) == 5
    assert f'data-strip="complementary" data-seed="{phone.public_id}" data-impression="' in html


def test_only_staff_see_what_put_an_item_there(client, scene, django_user_model):
    phone, *_ = scene
    html = get(client, "complementary_strip", phone.public_id)
    assert "popular in" not in html and "How this came about" not in html
    staff = django_user_model.objects.create_user("staff@example.org", "pass", is_staff=True)
    client.force_login(staff)
    html = get(client, "complementary_strip", phone.public_id)
    assert "fits iPhone 15" in html and "How this came about" in html and " ms, uncached" in html


def test_without_htmx_the_strip_is_a_page(client, scene):
    phone, case, _ = scene
    html = client.get(reverse("complementary_strip", args=[phone.public_id])).content.decode()
    assert "<html" in html and case.title in html


def test_adding_a_bundle_puts_what_is_ticked_in_the_cart(client, scene, charlie):
    phone, _case, charger = scene
    client.force_login(charlie)
    html = add(client, phone, phone, charger).content.decode()
    assert "2 things added to your cart" in html
    held = CartItem.objects.filter(user=charlie).values_list("listing", flat=True)
    assert set(held) == {phone.pk, charger.pk}


def test_what_was_sold_meanwhile_is_named_and_the_rest_is_added(client, scene, charlie):
    phone, case, _ = scene
    Listing.objects.filter(pk=case.pk).update(state=State.SOLD)
    client.force_login(charlie)
    html = add(client, phone, phone, case).content.decode()
    assert "1 thing added" in html
    assert "“Case for iPhone 15” was left out. This listing has been sold." in html


def test_what_was_in_the_cart_already_stays_when_a_bundle_is_taken_back(client, scene, charlie):
    phone, case, _ = scene
    CartItem.objects.create(user=charlie, listing=case)
    client.force_login(charlie)
    html = add(client, phone, phone, case).content.decode()
    assert "“Case for iPhone 15” was in your cart already." in html
    token = re.search(r'name="token" value="(\w+)"', html)[1]
    told = client.post(reverse("undo_bundle"), {"token": token}, headers=HTMX).content.decode()
    assert "1 thing taken out" in told
    assert [item.listing for item in CartItem.objects.filter(user=charlie)] == [case]


def test_a_bundle_is_taken_back_once(client, scene, charlie):
    phone, _case, _ = scene
    client.force_login(charlie)
    html = add(client, phone, phone).content.decode()
    token = re.search(r'name="token" value="(\w+)"', html)[1]
    client.post(reverse("undo_bundle"), {"token": token}, headers=HTMX)
    CartItem.objects.create(user=charlie, listing=phone)
    client.post(reverse("undo_bundle"), {"token": token}, headers=HTMX)
    assert CartItem.objects.filter(user=charlie).count() == 1


def test_without_scripts_adding_leads_to_a_page_that_can_be_reloaded(client, scene, charlie):
    phone, case, _ = scene
    client.force_login(charlie)
    response = client.post(
        reverse("add_bundle", args=[phone.public_id]), {"item": [str(case.public_id)]}, follow=True
    )
    assert response.redirect_chain == [(reverse("bundle_added"), 302)]
    assert "1 thing added" in response.content.decode()
    client.get(reverse("bundle_added"))
    assert CartItem.objects.get(user=charlie).quantity == 1


@pytest.mark.parametrize("items", [[], ["nonsense"], ["00000000-0000-0000-0000-000000000000"]])
def test_a_bundle_of_nothing_adds_nothing_and_says_why(client, scene, charlie, items):
    phone, *_ = scene
    client.force_login(charlie)
    response = client.post(
        reverse("add_bundle", args=[phone.public_id]), {"item": items}, follow=True
    )
    assert re.search("Tick at least one|out of date", response.content.decode())
    assert not CartItem.objects.exists()


def test_a_stranger_is_sent_to_sign_in(client, scene):
    phone, case, _ = scene
    response = client.post(
        reverse("add_bundle", args=[phone.public_id]), {"item": [str(case.public_id)]}
    )
    assert response.status_code == 302 and "login" in response["Location"]


def test_a_seller_is_offered_no_bundle_with_a_thing_of_their_own(client, scene, bob):
    phone, *_ = scene
    client.force_login(bob)
    assert "data-bundle" not in get(client, "complementary_strip", phone.public_id)


def test_an_empty_strip_offers_a_next_step(client, market, bob):
    phone = market.phone(seller=bob)
    html = get(client, "complementary_strip", phone.public_id)
    assert "Nothing that goes with this" in html
    assert reverse("category", args=[market.phones.slug]) in html


@pytest.mark.parametrize("state", [State.DRAFT, State.HELD, State.REMOVED])
def test_a_hidden_listings_strip_is_hidden(client, market, bob, state):
    phone = market.phone(seller=bob, state=state)
    address = reverse("complementary_strip", args=[phone.public_id])
    assert client.get(address).status_code == 404


def test_the_cart_shows_what_goes_with_it_and_nothing_that_is_in_it(client, scene, charlie):
    phone, case, charger = scene
    for listing in (phone, case):
        CartItem.objects.create(user=charlie, listing=listing)
    client.force_login(charlie)
    html = get(client, "cart_strip")
    assert f'data-item="{charger.public_id}"' in html
    assert f'data-item="{case.public_id}"' not in html
    assert reverse("add_to_cart", args=[charger.public_id]) in html


def test_the_listing_page_and_the_cart_ask_for_their_strips(client, scene, charlie):
    phone, *_ = scene
    CartItem.objects.create(user=charlie, listing=phone)
    client.force_login(charlie)
    page = client.get(phone.get_absolute_url()).content.decode()
    assert f'hx-get="{reverse("complementary_strip", args=[phone.public_id])}"' in page
    assert f'hx-get="{reverse("cart_strip")}"' in client.get(reverse("cart")).content.decode()
