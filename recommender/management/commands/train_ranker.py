"""manage.py train_ranker: how to order similar items, learnt from this marketplace's strips."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from recommender import policy
from recommender.models import ModelRelease
from recommender.ranking.inference import KIND
from recommender.ranking.training import MARKETPLACE, SIMULATED, train
from recommender.releases.selectors import comparison_lines, release_serving
from recommender.releases.training import TrainingError

MOST_TOLD = 8


class Command(BaseCommand):
    help = (
        "Learn how to rank similar items from what people did with the strips that they saw, and"
        " register the result as a candidate. Nothing answers with it before manage.py release."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=int, default=policy.RANKER_DAYS, help="days to learn from"
        )
        parser.add_argument(
            "--trials", type=int, default=policy.RANKER_TRIALS, help="of weights and trees"
        )
        parser.add_argument(
            "--quick",
            action="store_true",
            help=f"{policy.QUICK_TRIALS} trials, to see that it runs",
        )
        parser.add_argument(
            "--simulated",
            action="store_true",
            help="people here are simulated: the card says so, and nothing of this site's own is"
            " learnt, as the result is made for others",
        )

    def handle(self, *, days: int, trials: int, quick: bool, **options: Any) -> None:
        if days < 1:
            raise CommandError("--days: learn from one day at least")
        if trials < 1:
            raise CommandError("--trials: one at least, which has the weights to start from")
        tried = policy.QUICK_TRIALS if quick else trials
        simulated = options["simulated"]
        command = f"python manage.py train_ranker --days {days} --trials {tried}"
        with tqdm(total=1.0, bar_format="{desc:20}{percentage:3.0f}%|{bar}|") as bar:

            def progress(share: float, doing: str) -> None:
                bar.set_description_str(doing)
                bar.update(share - bar.n)

            try:
                release = train(
                    days=days,
                    trials=tried,
                    progress=progress,
                    source=SIMULATED if simulated else MARKETPLACE,
                    command=command + " --simulated" * simulated,
                    for_others=simulated,
                )
            except TrainingError as error:
                raise CommandError(str(error)) from error
        for line in comparison_lines(release, release_serving(KIND)):
            self.stdout.write(line)
        self._tell_columns(release)
        self.stdout.write(f"{release} is a candidate. To put it in service:")
        self.stdout.write(f"  manage.py release {KIND} ARTEFACTS_DIR/{release.folder}")

    def _tell_columns(self, release: ModelRelease) -> None:
        first = [each["column"] for each in release.metrics["columns"][:MOST_TOLD]]
        self.stdout.write(f"It looks most at {', '.join(first)}.")
        wrong = [each["column"] for each in release.metrics["monotone"] if not each["holds"]]
        told = f"These do not: {', '.join(wrong)}." if wrong else "All do."
        self.stdout.write(f"Columns that may only help or only harm: {told}")
