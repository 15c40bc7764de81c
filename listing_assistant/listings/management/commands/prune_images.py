from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from listing_assistant.listings import photo_files, policy
from listing_assistant.listings.models import Photo, StoredImage


class Command(BaseCommand):
    help = "Delete images that no photo has used for a while, rows and files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=int, default=policy.UNUSED_IMAGE_HOURS)
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *, hours: int, dry_run: bool, **options: Any) -> None:
        before = timezone.now() - timedelta(hours=hours)
        unused = unused_images().filter(created_at__lt=before)
        if dry_run:
            self.stdout.write(f"{unused.count()} unused images")
            return
        pks = list(unused.values_list("pk", flat=True))
        deleted = sum(delete_if_unused(unused, pk) for pk in pks)
        self.stdout.write(f"{deleted} unused images deleted")


def unused_images() -> QuerySet[StoredImage]:
    return StoredImage.objects.filter(~Exists(Photo.objects.filter(image=OuterRef("pk"))))


@transaction.atomic
def delete_if_unused(unused: QuerySet[StoredImage], pk: str) -> bool:
    """Files go while the row is locked: who stores the same picture now waits and writes anew."""
    image = unused.filter(pk=pk).select_for_update(of=("self",)).first()
    if image is None:
        return False
    StoredImage.objects.filter(pk=pk).delete()
    photo_files.delete_files(image)
    return True
