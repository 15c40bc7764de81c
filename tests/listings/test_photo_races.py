"""Several uploads at once into one listing: a phone sends all its photos together."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from listing_assistant.accounts.models import User
from listing_assistant.listings import policy, services
from listing_assistant.listings.errors import PhotoError
from listing_assistant.listings.models import Listing, StoredImage

PhotoOf = Callable[[str], io.BytesIO]
pytestmark = pytest.mark.django_db(transaction=True)


def upload_together(listing: Listing, user: User, files: list[io.BytesIO]) -> list[str]:
    """Send all files at once; "added" or the refusal's code of each, sorted."""

    def upload(file: io.BytesIO) -> str:
        try:
            services.add_photo(listing=listing, user=user, file=file, name="photo.png")
        except PhotoError as error:
            return error.code
        finally:
            connection.close()
        return "added"

    with ThreadPoolExecutor(len(files)) as threads:
        return sorted(threads.map(upload, files))


def test_photos_sent_at_once_all_arrive_in_distinct_places(
    draft: Listing, alice: User, photo_of: PhotoOf
) -> None:
    files = [photo_of(f"rgb({index * 20}, 90, 50)") for index in range(6)]
    assert upload_together(draft, alice, files) == ["added"] * 6
    assert list(draft.photos.values_list("position", flat=True)) == [0, 1, 2, 3, 4, 5]


def test_the_limit_holds_when_too_many_come_at_once(
    draft: Listing, alice: User, photo_of: PhotoOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "MAX_PHOTOS", 2)
    files = [photo_of(f"rgb({index * 20}, 90, 50)") for index in range(5)]
    assert upload_together(draft, alice, files) == ["added", "added", *["too_many"] * 3]
    assert draft.photos.count() == 2


def test_the_same_photo_sent_twice_at_once_arrives_once(
    draft: Listing, alice: User, photo_of: PhotoOf
) -> None:
    files = [photo_of("red") for _ in range(4)]
    assert upload_together(draft, alice, files) == ["added", *["duplicate"] * 3]
    assert (draft.photos.count(), StoredImage.objects.count()) == (1, 1)
