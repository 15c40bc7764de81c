"""Images that no photo uses go after a day, files and rows; nothing else goes."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.listings import policy, services
from listing_assistant.listings.models import Listing, Photo, StoredImage

PhotoOf = Callable[[str], io.BytesIO]
pytestmark = pytest.mark.django_db


@pytest.fixture
def removed(draft: Listing, alice: User, photo_of: PhotoOf) -> StoredImage:
    """The image of a photo that was taken out two days ago; a blue photo stays."""
    photo = services.add_photo(listing=draft, user=alice, file=photo_of("red"), name="r.png")
    services.add_photo(listing=draft, user=alice, file=photo_of("blue"), name="b.png")
    services.remove_photo(listing=draft, user=alice, photo=photo)
    StoredImage.objects.update(created_at=timezone.now() - timedelta(days=2))
    return photo.image


def prune(*arguments: str) -> str:
    output = io.StringIO()
    call_command("prune_images", *arguments, stdout=output)
    return output.getvalue().strip()


def test_an_unused_image_goes_with_its_files_and_a_used_one_stays(
    removed: StoredImage, draft: Listing
) -> None:
    assert prune() == "1 unused images deleted"
    used = draft.photos.get().image
    assert list(StoredImage.objects.all()) == [used]
    for variant in policy.VARIANTS:
        assert not default_storage.exists(removed.file_name(variant))
        assert default_storage.exists(used.file_name(variant))


def test_a_dry_run_counts_and_deletes_nothing(removed: StoredImage) -> None:
    assert prune("--dry-run") == "1 unused images"
    assert StoredImage.objects.count() == 2


def test_a_photo_removed_today_may_still_come_back(removed: StoredImage) -> None:
    StoredImage.objects.update(created_at=timezone.now() - timedelta(hours=23))
    assert prune() == "0 unused images deleted"


def test_sending_the_photo_again_renews_its_day(
    removed: StoredImage, draft: Listing, alice: User, photo_of: PhotoOf
) -> None:
    photo = services.add_photo(listing=draft, user=alice, file=photo_of("red"), name="r.png")
    services.remove_photo(listing=draft, user=alice, photo=photo)
    assert prune() == "0 unused images deleted"
    assert Photo.objects.count() == 1
