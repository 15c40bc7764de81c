"""From a trained folder to the model that answers sellers, and back.

1  `register` checks the folder, copies it under ARTEFACTS_DIR, where every machine finds it, and
   makes a candidate
2  `put_in_service` retires the release in service and puts the candidate in its place, in one
   transaction with the row that says who did it and why
3  every process asks which rows serve (within settings.REMEMBERED_SECONDS), and loads what they
   name
4  `go_back` does the same with the release before, down to the model that ships with the project
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from listing_assistant.accounts.models import User
from recommender.models import ModelRelease, ReleaseChange
from recommender.releases import inference
from recommender.releases.selectors import release_before, release_serving

log = structlog.get_logger()

# The models whose processes follow `ModelRelease`; others are folders under ARTEFACTS_DIR.
KINDS = ("taclr", "category", "description", "deeprecs", "visual", "merging", "ranker")
State = ModelRelease.State


class ReleaseError(Exception):
    """A release that cannot be made or changed; `message` says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def register(*, kind: str, folder: Path) -> ModelRelease:
    """The candidate that a trained folder makes; the same folder makes it once.

    Raises ReleaseError for an unknown kind, or a folder that is no whole artefact of that kind.
    """
    check_kind(kind)
    try:
        found = inference.read_artefact(folder, kind)
    except inference.ArtefactUnusableError as error:
        raise ReleaseError(f"{folder}: {error}. Train it again, or name another folder.") from error
    place = inference.registered_folder(kind, found.release)
    _copy(folder, place)
    row, _ = ModelRelease.objects.update_or_create(
        kind=kind,
        release=found.release,
        defaults={
            "folder": str(place.relative_to(settings.ARTEFACTS_DIR)),
            "metrics": found.metrics,
        },
    )
    return row


def put_in_service(*, release: ModelRelease, user: User | None, reason: str) -> ReleaseChange:
    """Raises ReleaseError where it serves already, or its folder is gone or broken by now."""
    try:
        inference.read_artefact(Path(settings.ARTEFACTS_DIR) / release.folder, release.kind)
    except inference.ArtefactUnusableError as error:
        raise ReleaseError(f"{release} cannot be used: {error}. Register it again.") from error
    with transaction.atomic():
        before = _locked(release.kind)
        if before is not None and before.pk == release.pk:
            raise ReleaseError(f"{release} is in service already.")
        _retire(before)
        release.state, release.served_from = State.SERVING, timezone.now()
        release.save(update_fields=["state", "served_from"])
        return _note(release.kind, before, release, user, reason)


def go_back(*, kind: str, user: User | None, reason: str) -> ReleaseChange:
    """To the release before, or to the bundled model. Raises ReleaseError where that serves."""
    check_kind(kind)
    with transaction.atomic():
        serving = _locked(kind)
        if serving is None:
            raise ReleaseError(f"The bundled model of {kind} is in service: nothing is before it.")
        earlier = release_before(serving)
        _retire(serving)
        if earlier is not None:
            # It keeps its time, so that another step back goes one further.
            earlier.state = State.SERVING
            earlier.save(update_fields=["state"])
        return _note(kind, serving, earlier, user, reason)


def check_kind(kind: str) -> None:
    """Raises ReleaseError naming the kinds that there are."""
    if kind not in KINDS:
        raise ReleaseError(f"kind: {kind!r} is none of {', '.join(KINDS)}.")


def _locked(kind: str) -> ModelRelease | None:
    """The release in service, after everybody else's change of this kind."""
    list(ModelRelease.objects.select_for_update().filter(kind=kind).order_by("pk"))
    return release_serving(kind)


def _retire(release: ModelRelease | None) -> None:
    if release is not None:
        release.state = State.RETIRED
        release.save(update_fields=["state"])


def _note(
    kind: str,
    before: ModelRelease | None,
    after: ModelRelease | None,
    user: User | None,
    reason: str,
) -> ReleaseChange:
    change = ReleaseChange.objects.create(
        kind=kind, before=before, after=after, made_by=user, reason=reason.strip()[:300]
    )
    log.info("release_changed", kind=kind, before=str(before), after=str(after))
    return change


def _copy(folder: Path, place: Path) -> None:
    """Beside its place and then renamed: a process that looks finds all of it or nothing."""
    if place.is_dir() or place == folder:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        shutil.copytree(folder, beside, dirs_exist_ok=True)
        beside.chmod(0o755)
        beside.rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
