"""manage.py release KIND [FOLDER]: put a trained model in service, take it back, or list them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listing_assistant.accounts.models import User
from recommender.models import ModelRelease, ReleaseChange
from recommender.releases.selectors import comparison_lines, release_serving
from recommender.releases.services import (
    KINDS,
    ReleaseError,
    check_kind,
    go_back,
    put_in_service,
    register,
)


class Command(BaseCommand):
    help = (
        "Put a trained folder in service; every process follows at once. With --back the release"
        " before, or the bundled model, answers again. With a kind alone it lists the releases."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", help=", ".join(KINDS))
        parser.add_argument("folder", type=Path, nargs="?", help="as training wrote it")
        parser.add_argument("--back", action="store_true", help="to the release before")
        parser.add_argument("--reason", default="", help="kept beside the change")
        parser.add_argument("--by", metavar="EMAIL", default="", help="who does it")

    def handle(self, *, kind: str, folder: Path | None, back: bool, **options: Any) -> None:
        if folder is not None and back:
            raise CommandError("Name a folder or say --back, not both.")
        user, reason = self._person(options["by"]), options["reason"]
        try:
            check_kind(kind)
            if back:
                self._tell(go_back(kind=kind, user=user, reason=reason))
            elif folder is not None:
                self._release(register(kind=kind, folder=folder), user, reason)
            else:
                self._list(kind)
        except ReleaseError as error:
            raise CommandError(error.message) from error

    def _person(self, email: str) -> User | None:
        if not email:
            return None
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"--by: Nobody here has the address {email}.")
        return user

    def _release(self, release: ModelRelease, user: User | None, reason: str) -> None:
        for line in comparison_lines(release, release_serving(release.kind)):
            self.stdout.write(line)
        self._tell(put_in_service(release=release, user=user, reason=reason))

    def _tell(self, change: ReleaseChange) -> None:
        after = change.after or f"the bundled model of {change.kind}"
        before = change.before or "the bundled model"
        self.stdout.write(f"{after} is in service now, in the place of {before}.")

    def _list(self, kind: str) -> None:
        releases = ModelRelease.objects.filter(kind=kind)
        for release in releases:
            last = release.changes.first()
            why = f"  {last.made_by or 'command line'}: {last.reason}" if last else ""
            self.stdout.write(
                f"{release.release}  {release.get_state_display():<11}"
                f"{release.created_at:%Y-%m-%d %H:%M}{why}"
            )
        if not releases.filter(state=ModelRelease.State.SERVING).exists():
            self.stdout.write(f"The bundled model of {kind} is in service.")
