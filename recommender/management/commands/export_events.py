from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from recommender.events.export import export_days, logged_days


class Command(BaseCommand):
    help = "Write events to Parquet by day; days that have not changed are left as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--out", type=Path, default=settings.EVENTS_DIR, metavar="FOLDER")

    def handle(self, *, since: date | None, until: date | None, out: Path, **options: Any) -> None:
        days = logged_days()
        if days is None and not (since and until):
            self.stdout.write("there are no events")
            return
        first, last = days or (date.max, date.min)
        written = list(export_days(out, since=since or first, until=until or last))
        for day, rows in written:
            self.stdout.write(f"{day}  {rows:>9,} events")
        self.stdout.write(f"{len(written)} days written to {out}")
