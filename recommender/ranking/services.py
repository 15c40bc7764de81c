"""Which candidate scores live strips unseen."""

from __future__ import annotations

from django.db import transaction

from listing_assistant.accounts.models import User
from recommender.models import ModelRelease, ShadowChange
from recommender.ranking import inference
from recommender.ranking.inference import KIND, RankerUnavailableError
from recommender.releases.services import ReleaseError


def put_in_shadow(*, release: ModelRelease, user: User | None, reason: str) -> ShadowChange:
    """All processes follow within settings.REMEMBERED_SECONDS; the one before it goes.

    Raises ReleaseError for what is no ranker, serves already, is in shadow, or cannot be loaded.
    """
    if release.kind != KIND:
        raise ReleaseError(f"{release}: only a ranker can be in shadow.")
    if release.state == ModelRelease.State.SERVING:
        raise ReleaseError(f"{release} is in service: there is nothing to compare it with.")
    try:
        inference.load(release.release)
    except RankerUnavailableError as error:
        raise ReleaseError(f"{release} cannot be used ({error}). Register it again.") from error
    with transaction.atomic():
        before = _locked()
        if before == release:
            raise ReleaseError(f"{release} is in shadow already.")
        return _note(release, user, reason)


def take_out_of_shadow(*, release: ModelRelease, user: User | None, reason: str) -> ShadowChange:
    """Raises ReleaseError where it is not in shadow."""
    with transaction.atomic():
        if _locked() != release:
            raise ReleaseError(f"{release} is not in shadow.")
        return _note(None, user, reason)


def release_in_shadow() -> ModelRelease | None:
    last = ShadowChange.objects.select_related("release").first()
    return last.release if last else None


def _locked() -> ModelRelease | None:
    """After everybody else's change: all of them lock the rankers' rows in one order."""
    list(ModelRelease.objects.select_for_update().filter(kind=KIND).order_by("pk"))
    return release_in_shadow()


def _note(release: ModelRelease | None, user: User | None, reason: str) -> ShadowChange:
    return ShadowChange.objects.create(release=release, made_by=user, reason=reason.strip()[:300])
