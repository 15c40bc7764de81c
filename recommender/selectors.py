"""What the recommender reads from the database."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from listing_assistant.listings.buyer_selectors import cards
from listing_assistant.listings.models import Listing, State
from recommender.models import EmbeddingRelease, ItemEmbedding


@dataclass(frozen=True)
class RefreshProgress:
    """How far the vectors of a release are. `left` is None while nothing tells how fast it goes."""

    done: int
    total: int
    left: timedelta | None


def content_hash(title: str, images: Iterable[str]) -> str:
    """Of what a vector is made from: the title and the photos' hashes, in the seller's order."""
    return hashlib.sha256("\n".join([*images, title]).encode()).hexdigest()


def content_hash_of(listing: Listing) -> str:
    images = listing.photos.order_by("position").values_list("image_id", flat=True)
    return content_hash(listing.title, images)


class StoredVectors(NamedTuple):
    """As `vectors.pack` wrote them. `title` is None before the title was encoded by itself."""

    release: str
    item: bytes
    title: bytes | None


# By the ORM composing this takes longer than running it.
_VECTORS = """
SELECT item.release, item.vector, item.title_vector
FROM recommender_itemembedding item
LEFT JOIN recommender_embeddingrelease serving
    ON serving.release = item.release AND serving.status = %s
WHERE item.listing_id = %s AND (serving.id IS NOT NULL OR item.release = %s)
ORDER BY serving.id IS NULL LIMIT 1
"""


def vector_to_search_with(*, listing_id: int, models_release: str | None) -> StoredVectors | None:
    """A release and the listing's vectors of it: of the release in service, or the models' own.

    The models' own is all there is of what was published during a refresh. Without a release in
    service nothing but the models' own counts.
    """
    serving = EmbeddingRelease.Status.SERVING.value
    with connection.cursor() as cursor:
        cursor.execute(_VECTORS, [serving, listing_id, models_release or ""])
        row = cursor.fetchone()
    if row is None:
        return None
    release, item, title = row
    return StoredVectors(release, bytes(item), None if title is None else bytes(title))


def serving_release() -> str | None:
    """The release whose vectors searches use; None in a marketplace that has no vectors yet."""
    rows = EmbeddingRelease.objects.filter(status=EmbeddingRelease.Status.SERVING)
    return rows.values_list("release", flat=True).first()


def live_among(
    listing_ids: Collection[int], *, category: int | None = None, except_seller: int | None = None
) -> set[int]:
    """Which of them can be bought at this moment."""
    rows = Listing.objects.filter(pk__in=listing_ids, state=State.LIVE)
    if category is not None:
        rows = rows.filter(category_id=category)
    if except_seller is not None:
        rows = rows.exclude(seller_id=except_seller)
    return set(rows.values_list("pk", flat=True))


def listings_for_cards(listing_ids: Collection[int]) -> dict[int, Listing]:
    """Live listings by id with what a card shows; `main_photos` holds the main photo, if any."""
    return {listing.pk: listing for listing in cards().filter(pk__in=listing_ids)}


def fresh_in_category(
    listing: Listing, *, limit: int, exclude: Iterable[int] = ()
) -> list[Listing]:
    """The newest live listings beside this one, of other sellers."""
    if listing.category_id is None:
        return []
    beside = cards().filter(category_id=listing.category_id).exclude(seller_id=listing.seller_id)
    newest = beside.exclude(pk__in=[listing.pk, *exclude]).order_by("-published_at", "-pk")
    return list(newest[:limit])


def listings_to_embed(release: str) -> QuerySet[Listing]:
    """Live listings without a vector of this release, or their title's, or changed since theirs
    were made."""
    fits = Q(
        release=release,
        is_live=True,
        updated_at__gte=OuterRef("updated_at"),
        title_vector__isnull=False,
    )
    embedded = ItemEmbedding.objects.filter(fits, listing=OuterRef("pk"))
    return Listing.objects.filter(~Exists(embedded), state=State.LIVE).order_by("pk")


def found_by_others(release: str) -> Exists:
    """For a listing: whether searches in another release can find it."""
    others = ItemEmbedding.objects.exclude(release=release)
    return Exists(others.filter(listing=OuterRef("pk"), is_live=True))


def lost_by_switch(release: str) -> QuerySet[ItemEmbedding]:
    """What the release in service can find and this one could not."""
    own = vectors_of(release).filter(listing=OuterRef("listing"))
    return vectors_of(serving_release() or release).filter(~Exists(own))


def rows_of(release: str) -> QuerySet[ItemEmbedding]:
    return ItemEmbedding.objects.filter(release=release)


def vectors_of(release: str, field: str = "vector") -> QuerySet[ItemEmbedding]:
    """What searches in this release can find by one of the two vectors."""
    return rows_of(release).filter(is_live=True, **{f"{field}__isnull": False})


# Asked for by searches, time and again: by the ORM composing it takes longer than running it.
_NEWEST = "SELECT coalesce(max(revision), 0) FROM recommender_itemembedding WHERE release = %s"


def newest_revision(release: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [release])
        return int(cursor.fetchone()[0])


def live_count() -> int:
    return Listing.objects.filter(state=State.LIVE).count()


def refresh_progress(state: EmbeddingRelease) -> RefreshProgress:
    """Counted now. The rate is that since the refresh began, or went on after a pause."""
    done, total = vectors_of(state.release).count(), live_count()
    made = done - state.done_then
    if state.is_paused or state.status != EmbeddingRelease.Status.REFRESHING or made <= 0:
        return RefreshProgress(done, total, None)
    each = (timezone.now() - state.begun_at) / made
    return RefreshProgress(done, total, each * max(0, total - done))


def listings_to_retire() -> QuerySet[ItemEmbedding]:
    """Vectors that the indexes still hold although their listing is no longer for sale."""
    return ItemEmbedding.objects.filter(is_live=True).exclude(listing__state=State.LIVE)
