from __future__ import annotations

import io

import pytest
from PIL import Image

from listing_assistant.listings.models import Photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(phone) -> str:
    return f"/listings/{phone.post('/listings', {'title': 'Lamp'}).json()['id']}"


def test_photos_keep_the_order_that_the_seller_gives(phone, path, photo_of):
    ids = [phone.upload(f"{path}/photos", photo_of(c).read()).json()["id"] for c in ("red", "blue")]
    answer = phone.call("PUT", f"{path}/photos/order", {"photos": ids[::-1]})
    assert [photo["id"] for photo in answer.json()] == ids[::-1]
    assert phone.call("DELETE", f"{path}/photos/{ids[1]}").status_code == 204
    assert [photo["id"] for photo in phone.get(path).json()["photos"]] == [ids[0]]


def test_a_bad_photo_is_refused_with_its_reason_and_the_draft_stays(phone, path):
    tiny = io.BytesIO()
    Image.new("RGB", (1, 1)).save(tiny, "PNG")
    for content, code in (
        (b"", "empty"),
        (b"not a photo", "not_an_image"),
        (tiny.getvalue(), "too_small"),
    ):
        answer = phone.upload(f"{path}/photos", content)
        assert answer.status_code == 422
        assert answer.json()["code"] == code
    assert not Photo.objects.exists()


def test_a_photo_of_somebody_elses_listing_cannot_be_removed(phone, bobs_phone, path, photo_of):
    photo = phone.upload(f"{path}/photos", photo_of("red").read()).json()["id"]
    assert bobs_phone.call("DELETE", f"{path}/photos/{photo}").status_code == 404
    assert Photo.objects.count() == 1


def test_a_seller_learns_that_a_photo_is_in_use_elsewhere_and_not_by_whom(
    phone, path, photo_of, sell, bob
):
    uploaded = phone.upload(f"{path}/photos", photo_of("red").read()).json()["id"]
    assert phone.get(f"{path}/photos/elsewhere").json() == []
    theirs = sell(seller=bob)
    theirs.photos.update(image=Photo.objects.get(pk=uploaded).image)
    assert phone.get(f"{path}/photos/elsewhere").json() == [{"photo": uploaded, "position": 0}]


def test_only_ones_own_listing_is_asked_about(phone, bobs_phone, path):
    assert bobs_phone.get(f"{path}/photos/elsewhere").status_code == 404
