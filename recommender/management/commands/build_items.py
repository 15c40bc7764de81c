"""manage.py build_items: what is for sale as columns, for ranking."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommender.items.building import build_table


class Command(BaseCommand):
    help = (
        "Build today's item table, and what people like as of today. Strips go on with the table"
        " before; stopped or killed it changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        made = build_table(progress=self._tell)
        if made is None:
            raise CommandError("Another process is building it; try again when it is done")
        self.stdout.write(f"{made.count} listings as of {made.day}")

    def _tell(self, done: int, total: int) -> None:
        self.stderr.write(f"\r{done} of {total}", ending="" if done < total else "\n")
