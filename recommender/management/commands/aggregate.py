"""manage.py aggregate: bring the tables that strips read up to date with the behaviour log."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from recommender.offline.engine import ENGINES, EngineError


class Command(BaseCommand):
    help = (
        "Count the behaviour log: related categories and products, co-views, queries, what is"
        " popular. Days that did not change are not read again. Strips go on with the old tables"
        " meanwhile; stopped or killed it leaves each of them whole."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=_day, help="first day, YYYY-MM-DD")
        parser.add_argument("--until", type=_day, help="last day; behaviour is as old as then")
        parser.add_argument("--engine", choices=sorted(ENGINES), help="else OFFLINE_ENGINE")

    def handle(self, *args: Any, **options: Any) -> None:
        from recommender.offline.run import aggregate

        since, until = options["since"], options["until"]
        if since and until and since > until:
            raise CommandError(f"--since {since} is after --until {until}: give the earlier first")
        with tqdm(total=100, unit="%", bar_format="{desc:<32}{bar} {n:3.0f}%") as bar:

            def progress(share: float, what: str) -> None:
                bar.set_description(what)
                bar.update(100 * share - bar.n)

            try:
                run = aggregate(
                    since=since, until=until, engine=options["engine"], progress=progress
                )
            except EngineError as error:
                raise CommandError(str(error)) from error
        if run is None:
            raise CommandError("Another process is at it; the admin shows how far it is")
        for step in run.steps:
            self.stdout.write(
                f"{step['name']:<20}{step['rows']:>12,} rows{step['seconds']:>9.2f} s"
            )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"“{text}” is no day: write it as 2026-03-01") from error
