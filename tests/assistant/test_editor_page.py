"""The seller's editor: what it shows, what it saves, whom it serves."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import Listing

from .conftest import jpeg

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def seller(client, alice):
    client.force_login(alice)
    return client


def save(client, listing, field, value, **more):
    return client.post(
        reverse("save_field", args=[listing.public_id]),
        {"field": field, "value": value, **more},
        **HTMX,
    )


def tags_in(html: str) -> list[str]:
    return re.findall(r'name="have" value="([^"]+)"', html)


def test_a_new_listing_starts_with_its_photos_and_title(seller, alice):
    answer = seller.post(
        reverse("new_listing"), {"title": "Blue mug", "photos": [jpeg(1), jpeg(2)]}
    )
    listing = Listing.objects.get(seller=alice)
    assert answer.url == reverse("edit_listing", args=[listing.public_id])
    assert (listing.title, listing.photos.count()) == ("Blue mug", 2)


def test_a_bad_file_is_named_and_the_good_ones_are_kept(seller, alice):
    bad = jpeg(3)
    bad.truncate(500)
    bad.name = "broken.jpg"
    answer = seller.post(
        reverse("new_listing"), {"title": "", "photos": [jpeg(1), bad]}, follow=True
    )
    assert Listing.objects.get(seller=alice).photos.count() == 1
    assert "broken.jpg" in answer.content.decode()


def test_the_page_opens_for_an_empty_draft_and_for_a_full_one(seller, alice, draft, vocabulary):
    empty = Listing.objects.create(seller=alice)
    assert seller.get(reverse("edit_listing", args=[empty.public_id])).status_code == 200
    category = Category.objects.get(path__iendswith="Women > Dresses")
    Listing.objects.filter(pk=draft.pk).update(category=category)
    page = seller.get(reverse("edit_listing", args=[draft.public_id])).content.decode()
    assert "Red wool dress" in page
    assert ">Brand" in page


def test_somebody_elses_listing_does_not_exist(client, bob, draft):
    client.force_login(bob)
    assert client.get(reverse("edit_listing", args=[draft.public_id])).status_code == 404
    assert save(client, draft, "title", "Mine now").status_code == 404
    draft.refresh_from_db()
    assert draft.title == "Red wool dress"


def test_a_stranger_is_asked_to_sign_in(client, draft):
    answer = client.get(reverse("edit_listing", args=[draft.public_id]))
    assert answer.url.startswith(reverse("account_login"))


def test_a_field_is_saved_as_it_is_typed(seller, draft):
    assert save(seller, draft, "price", "1,234.5", base="").status_code == 200
    draft.refresh_from_db()
    assert str(draft.price) == "1234.50"


def test_a_bad_value_is_refused_with_a_reason_and_changes_nothing(seller, draft):
    answer = save(seller, draft, "price", "cheap", base="")
    assert answer.status_code == 422
    assert 'id="error-price"' in answer.content.decode()
    draft.refresh_from_db()
    assert draft.price is None


def test_two_tabs_may_save_different_fields(seller, draft):
    assert save(seller, draft, "title", "Red dress", base="Red wool dress").status_code == 200
    assert save(seller, draft, "quantity", "2", base="1").status_code == 200


def test_a_field_changed_in_another_tab_is_shown_and_not_overwritten(seller, draft):
    save(seller, draft, "title", "Green dress", base="Red wool dress")
    answer = save(seller, draft, "title", "Blue dress", base="Red wool dress")
    assert answer.status_code == 409
    assert "Green dress" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.title == "Green dress"


def test_what_the_seller_keeps_after_a_conflict_wins(seller, draft):
    save(seller, draft, "title", "Green dress", base="Red wool dress")
    assert save(seller, draft, "title", "Blue dress").status_code == 200
    draft.refresh_from_db()
    assert draft.title == "Blue dress"


def test_nothing_is_sent_again_that_the_browser_has(seller, draft):
    page = seller.get(reverse("edit_listing", args=[draft.public_id])).content.decode()
    news = reverse("assistant_news", args=[draft.public_id])
    assert seller.get(news, {"have": tags_in(page)}, **HTMX).status_code == 204
    Listing.objects.filter(pk=draft.pk).update(title="Another title")
    answer = seller.get(news, {"have": tags_in(page)}, **HTMX).content.decode()
    assert "innerHTML:#s-control-title" in answer
    assert "innerHTML:#s-control-price" not in answer


def test_the_field_that_is_being_typed_in_is_not_replaced(seller, draft):
    page = seller.get(reverse("edit_listing", args=[draft.public_id])).content.decode()
    answer = save(seller, draft, "title", "Red dress", have=tags_in(page)).content.decode()
    assert "innerHTML:#s-control-title" not in answer
    assert 'data-base="Red dress"' in answer


def test_a_title_with_markup_is_shown_as_text(seller, draft):
    Listing.objects.filter(pk=draft.pk).update(title="<script>alert(1)</script>")
    page = seller.get(reverse("edit_listing", args=[draft.public_id])).content.decode()
    assert "<script>alert(1)" not in page


def test_the_whole_form_can_be_saved_without_scripts(seller, draft):
    seller.post(
        reverse("edit_listing", args=[draft.public_id]),
        {"title": "Long red dress", "price": "nothing", "quantity": "3"},
    )
    draft.refresh_from_db()
    assert (draft.title, draft.quantity, draft.price) == ("Long red dress", 3, None)


def test_a_category_is_found_by_typing_and_a_detail_is_stored(seller, draft, vocabulary):
    address = reverse("find_category", args=[draft.public_id])
    assert "Dresses" in seller.get(address, {"category_query": "dress"}).content.decode()
    category = Category.objects.get(path__iendswith="Women > Dresses")
    assert save(seller, draft, "category", str(category.pk), base="").status_code == 200
    draft.refresh_from_db()
    from listing_assistant.catalogue.selectors import attributes_of

    colour = next(row.attribute for row in attributes_of(category) if "Colo" in row.attribute.name)
    assert save(seller, draft, f"attribute-{colour.pk}", "red", base="").status_code == 200
    assert [row.text for row in draft.attribute_rows.all()] == ["Red"]


def test_a_detail_of_another_category_is_refused(seller, draft, vocabulary):
    from listing_assistant.catalogue.selectors import attributes_of

    dresses = Category.objects.get(path__iendswith="Women > Dresses")
    other = Category.objects.get(name="Printers")
    own = {row.attribute_id for row in attributes_of(dresses)}
    foreign = next(row.attribute for row in attributes_of(other) if row.attribute_id not in own)
    Listing.objects.filter(pk=draft.pk).update(category=dresses)
    assert save(seller, draft, f"attribute-{foreign.pk}", "x", base="").status_code == 422


def test_publishing_says_what_is_missing(seller, photographed):
    answer = seller.post(reverse("publish_listing", args=[photographed.public_id]), follow=True)
    assert "Choose a category." in answer.content.decode()
    photographed.refresh_from_db()
    assert photographed.state == "draft"


def test_a_photo_is_removed_and_put_back_where_it_was(seller, photographed):
    first, second = photographed.photos.all()
    answer = seller.post(
        reverse("change_photo", args=[photographed.public_id, first.pk, "remove"]), **HTMX
    )
    token = re.search(r'name="token" value="([^"]+)"', answer.content.decode()).group(1)
    assert [photo.image_id for photo in photographed.photos.all()] == [second.image_id]
    seller.post(reverse("restore_photo", args=[photographed.public_id]), {"token": token}, **HTMX)
    images = [photo.image_id for photo in photographed.photos.all()]
    assert images == [first.image_id, second.image_id]


def test_a_forged_undo_is_refused(seller, photographed):
    address = reverse("restore_photo", args=[photographed.public_id])
    assert "no longer" in seller.post(address, {"token": "forged"}, **HTMX).content.decode()


def test_photos_move_turn_and_are_put_in_order(seller, photographed):
    first, second = photographed.photos.all()
    change = lambda pk, action: seller.post(  # noqa: E731
        reverse("change_photo", args=[photographed.public_id, pk, action]), **HTMX
    )
    change(second.pk, "earlier")
    assert [photo.pk for photo in photographed.photos.all()] == [second.pk, first.pk]
    change(second.pk, "rotate")
    turned = photographed.photos.get(pk=second.pk)
    assert turned.image_id != second.image_id
    order = reverse("order_photos", args=[photographed.public_id])
    seller.post(order, {"photo": [first.pk, second.pk]}, **HTMX)
    assert photographed.photos.first().pk == first.pk


def test_an_uploaded_file_that_is_no_photo_is_refused_by_name(seller, draft):
    bad = jpeg(1)
    bad.truncate(300)
    bad.name = "cut.jpg"
    answer = seller.post(reverse("add_photos", args=[draft.public_id]), {"photos": bad}, **HTMX)
    assert answer.status_code == 422
    assert "cut.jpg" in answer.content.decode()
