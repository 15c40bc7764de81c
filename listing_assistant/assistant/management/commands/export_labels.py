"""manage.py export_labels FILE"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from listing_assistant.assistant.labels import labelled_offers
from listing_assistant.assistant.management.json_lines import replace_file


class Command(BaseCommand):
    help = "Writes what sellers decided about details as offers that ml.taclr.fit reads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="JSON lines; an existing file is replaced")

    def handle(self, *args: Any, **options: Any) -> None:
        counts: Counter[str] = Counter()

        def counted() -> Iterator[dict[str, Any]]:
            for offer in labelled_offers():
                labels, rejected = offer["target_scores"], offer["rejected"].values()
                counts.update(offers=1, labels=len(labels), rejected=sum(map(len, rejected)))
                yield offer

        replace_file(options["file"], counted())
        self.stdout.write(
            f"{counts['offers']:,} listings, {counts['labels']:,} labels, "
            f"{counts['rejected']:,} values rejected"
        )
