"""From the vectors of one release to those of the next, while searches go on.

1  the sweep finds that the models are of another release: `follow` begins a refresh beside the
   release in service, which goes on serving
2  the sweep makes the new vectors, a few at a time; killed or paused it goes on where it was
3  its snapshot is built, where there is enough for one
4  `take_over` puts the new release in service, in one transaction, as soon as it has a vector of
   everything that the old one can find

What is published meanwhile gets a vector of the new release alone, for the old models are gone. It
is found at once by what is of the new release too (drafts under analysis, strips of what was
published since), from the switch on by all. Until then others meet it in search pages and as the
newest of its category. What is sold leaves both at once.

The release before stays, as a way back: going back to its models makes only what has changed since.
"""

from __future__ import annotations

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from recommender import selectors
from recommender.indexes.inference import remove_all_but
from recommender.models import EmbeddingRelease, ItemEmbedding, PhotoEmbedding
from recommender.revisions import wait_for_turn

log = structlog.get_logger()

DELETE_CHUNK = 5000
Status = EmbeddingRelease.Status


def follow(release: str) -> EmbeddingRelease:
    """The state of this release of the models: in service, or being made, begun now if need be."""
    known = EmbeddingRelease.objects.filter(release=release).first()
    if known is not None and known.status in (Status.SERVING, Status.REFRESHING):
        return known
    with transaction.atomic():
        wait_for_turn()
        state = _begin(release)
    if state.status == Status.REFRESHING:
        log.info("refresh_begun", release=release, listings=selectors.live_count())
        _drop_all_but(release, selectors.serving_release())
    return state


def serve_first(release: str) -> None:
    """The first vectors of a marketplace serve at once: there is nothing to wait for."""
    if not EmbeddingRelease.objects.filter(status=Status.SERVING).exists():
        _begin(release)


def _begin(release: str) -> EmbeddingRelease:
    is_first = not EmbeddingRelease.objects.filter(status=Status.SERVING).exists()
    now = timezone.now()
    EmbeddingRelease.objects.filter(status=Status.REFRESHING).exclude(release=release).update(
        status=Status.RETIRED
    )
    state, _ = EmbeddingRelease.objects.update_or_create(
        release=release,
        defaults={
            "status": Status.SERVING if is_first else Status.REFRESHING,
            "is_paused": False,
            "begun_at": now,
            "done_then": selectors.vectors_of(release).count(),
            "position": 0,
            "served_from": now if is_first else None,
        },
    )
    return state


def note_position(state: EmbeddingRelease, listing_id: int) -> None:
    """A refresh goes on after this listing, whichever process takes it up."""
    EmbeddingRelease.objects.filter(pk=state.pk).update(position=listing_id)


def is_complete(state: EmbeddingRelease) -> bool:
    """Whether it has a vector of everything that the release in service can find."""
    return not selectors.lost_by_switch(state.release).exists()


def take_over(state: EmbeddingRelease) -> bool:
    """Put a refreshed release in service. False while something would be lost by it."""
    with transaction.atomic():
        # No vector changes until the switch is visible.
        wait_for_turn()
        serving = EmbeddingRelease.objects.filter(status=Status.SERVING)
        refreshed = EmbeddingRelease.objects.filter(pk=state.pk, status=Status.REFRESHING)
        if not refreshed.exists() or not is_complete(state):
            return False
        serving.update(status=Status.RETIRED)
        refreshed.update(status=Status.SERVING, served_from=timezone.now(), position=0)
    log.info("release_switched", release=state.release)
    return True


def pause(*, release: str) -> bool:
    """Stop making vectors of live listings anew; news of single ones goes on. False if nothing."""
    rows = EmbeddingRelease.objects.filter(release=release, status=Status.REFRESHING)
    return rows.filter(is_paused=False).update(is_paused=True) == 1


def resume(*, release: str) -> bool:
    """Go on where the pause began. False where nothing was paused."""
    rows = EmbeddingRelease.objects.filter(release=release, status=Status.REFRESHING)
    done = selectors.vectors_of(release).count()
    return (
        rows.filter(is_paused=True).update(is_paused=False, begun_at=timezone.now(), done_then=done)
        == 1
    )


def _drop_all_but(*kept: str | None) -> None:
    """Two releases are kept at most, or every new model would leave its vectors for good."""
    releases = [release for release in kept if release is not None]
    dropped = _delete(ItemEmbedding.objects.exclude(release__in=releases))
    photos = _delete(PhotoEmbedding.objects.exclude(release__in=releases))
    remove_all_but(releases)
    if dropped or photos:
        log.info("old_vectors_dropped", items=dropped, photos=photos)


def _delete(rows: QuerySet[ItemEmbedding] | QuerySet[PhotoEmbedding]) -> int:
    deleted = 0
    while keys := list(rows.values_list("pk", flat=True)[:DELETE_CHUNK]):
        deleted += rows.filter(pk__in=keys).delete()[0]
    return deleted
