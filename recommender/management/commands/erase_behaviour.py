from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listing_assistant.accounts.models import User
from recommender.events.erasure import erase_behaviour
from recommender.events.stream import StreamError


class Command(BaseCommand):
    help = (
        "Erase what a person did and was shown: rows, sessions, exported days, events on the way."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", metavar="EMAIL", required=True)

    def handle(self, *, user: str, **options: Any) -> None:
        person = User.objects.filter(email=user.lower()).first()
        if person is None:
            raise CommandError(f"nobody has the address {user}; give that of an account")
        try:
            erased = erase_behaviour(user_id=person.pk)
        except StreamError as error:
            raise CommandError(
                f"rows are erased; run it again when Redis answers: {error}"
            ) from error
        self.stdout.write(
            f"erased {erased.events} events, {erased.impressions} impressions,"
            f" {erased.set_aside} set aside, {erased.exported} exported rows"
        )
