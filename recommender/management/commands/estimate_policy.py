"""manage.py estimate_policy: what a ranker's choice would have earned, before anybody sees it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recommender import policy
from recommender.experiments.estimating import (
    ChoiceValue,
    NothingExploredError,
    estimate_release,
)
from recommender.experiments.off_policy import PolicyValue
from recommender.models import ModelRelease
from recommender.ranking.inference import KIND, RankerUnavailableError
from recommender.ranking.training import days_to_learn_from
from recommender.releases.training import TrainingError


class Command(BaseCommand):
    help = (
        "Replay the places of strips that were left to chance: what would have come of those that a"
        " ranker chooses? No buyer sees anything of it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--release", required=True, help="of a registered ranker")
        parser.add_argument("--days", type=int, default=policy.RANKER_DAYS, help="days to read")

    def handle(self, *, release: str, days: int, **options: Any) -> None:
        if days < 1:
            raise CommandError("--days: read one day at least")
        if not ModelRelease.objects.filter(kind=KIND, release=release).exists():
            known = ", ".join(
                ModelRelease.objects.filter(kind=KIND).values_list("release", flat=True)
            )
            raise CommandError(f"--release: “{release}” is none of {known or 'those registered'}")
        first, last = days_to_learn_from(days)
        try:
            values = estimate_release(release, first=first, last=last)
        except (NothingExploredError, RankerUnavailableError, TrainingError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{'':<24}{'places':>8}  {'clicks a place':<26}purchases a place")
        for each in values:
            self.stdout.write(_line(each))


def _line(value: ChoiceValue) -> str:
    return f"{value.name:<24}{value.kept:>8}  {_told(value.clicks):<26}{_told(value.purchases)}"


def _told(value: PolicyValue) -> str:
    return f"{value.value:.2%} ({value.low:.2%} – {value.high:.2%})"
