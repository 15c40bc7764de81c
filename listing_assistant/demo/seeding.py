"""The demo's catalogue in the database: drawn, stored, described."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import leaf_categories
from listing_assistant.demo.bulk import (
    CategoryVocabulary,
    attribute_row,
    write_attributes,
    write_listings,
)
from listing_assistant.demo.catalogue import DemoListing
from listing_assistant.demo.drawing import draw
from listing_assistant.demo.models import DrawnListing
from listing_assistant.demo.photo_work import map_in_processes
from listing_assistant.listings.models import Listing, State
from listing_assistant.listings.photos import PreparedPhoto, prepared_from
from listing_assistant.moderation.models import PhotoReview

BATCH = 40
OLDEST_DAYS = 60
DrawnPhoto = tuple[PreparedPhoto, dict[str, Any]]


def draw_photos(plan: DemoListing) -> list[DrawnPhoto]:
    """The photos of a listing and, for each, where thing and print are. No database."""
    photos = []
    for angle in range(plan.photos):
        drawing = draw(plan.shown, seed=plan.number, angle=angle)
        boxes = {"object": drawing.object_box, "brand": drawing.brand_box}
        photos.append((prepared_from(drawing.image), boxes))
    return photos


def seed_listings(
    plans: Sequence[DemoListing],
    *,
    sellers: Sequence[User],
    processes: int,
    progress: Callable[[int, int], None],
    photos: Callable[[DemoListing], list[DrawnPhoto]] | None = None,
) -> int:
    """Add the listings that are not there yet, in batches that are each all or nothing.

    Returns how many were added. `progress` is called with how many are done, of how many.
    `photos` makes a listing's pictures, `draw_photos` unless something else is given.
    """
    known = set(
        Listing.objects.filter(import_key__startswith="demo:").values_list("import_key", flat=True)
    )
    missing = [plan for plan in plans if plan.key not in known]
    if not missing:
        return 0
    writer = _Writer(sellers)
    drawn = map_in_processes(photos or draw_photos, missing, processes=processes)
    done = len(plans) - len(missing)
    progress(done, len(plans))
    while batch := list(islice(drawn, BATCH)):
        writer.write(batch)
        done += len(batch)
        progress(done, len(plans))
    return len(missing)


class _Writer:
    def __init__(self, sellers: Sequence[User]) -> None:
        self.sellers = sellers
        self.categories = {category.slug: category for category in leaf_categories()}
        self.vocabulary = CategoryVocabulary()
        self.now = timezone.now()

    @transaction.atomic
    def write(self, batch: Sequence[tuple[DemoListing, list[DrawnPhoto]]]) -> None:
        listings = [self._listing(plan) for plan, _ in batch]
        photos = {
            place: [
                (f"{plan.look.kind}-{n + 1}.jpg", prepared) for n, (prepared, _) in enumerate(drawn)
            ]
            for place, (plan, drawn) in enumerate(batch)
        }
        write_listings(listings, photos)
        plans = [plan for plan, _ in batch]
        write_attributes(
            row
            for listing, plan in zip(listings, plans, strict=True)
            for row in self._attributes(listing, plan)
        )
        DrawnListing.objects.bulk_create(
            DrawnListing(
                listing=listing,
                mismatch=plan.mismatch,
                stated=asdict(plan.look),
                shown=asdict(plan.shown),
                boxes=[boxes for _, boxes in drawn],
            )
            for listing, (plan, drawn) in zip(listings, batch, strict=True)
        )
        # Drawn things of one kind are one drawing: compared, they would flood the moderators.
        PhotoReview.objects.bulk_create(PhotoReview(listing=listing) for listing in listings)

    def _listing(self, plan: DemoListing) -> Listing:
        rng = random.Random(f"demo row {plan.number}")
        age = timedelta(days=rng.uniform(1, OLDEST_DAYS))
        return Listing(
            seller=rng.choice(self.sellers),
            category=self._category(plan),
            title=plan.title,
            description=plan.description,
            condition=plan.condition,
            price=plan.price,
            currency=plan.currency,
            format=plan.format,
            quantity=plan.quantity,
            ad_rate=plan.ad_rate,
            state=State.LIVE,
            import_key=plan.key,
            published_at=self.now - age,
        )

    def _category(self, plan: DemoListing) -> Category:
        return self.categories[plan.category]

    def _attributes(self, listing: Listing, plan: DemoListing) -> Iterator[Any]:
        for name, text in plan.attributes.items():
            known = self.vocabulary.find(self._category(plan), name)
            if known:
                yield attribute_row(listing, known, text)
