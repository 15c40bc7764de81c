"""manage.py export_labels FILE"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listing_assistant.assistant.labels import labelled_offers


class Command(BaseCommand):
    help = "Writes what sellers decided about details as offers that ml.taclr.fit reads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="JSON lines; an existing file is replaced")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not file.parent.is_dir():
            raise CommandError(f"file: the folder {file.parent} does not exist; make it first")
        offers = labels = rejected = 0
        # Written beside and renamed: a reader never finds half a file.
        beside = file.with_name(f"{file.name}.part")
        with beside.open("w", encoding="utf-8") as lines:
            for offer in labelled_offers():
                lines.write(json.dumps(offer, ensure_ascii=False) + "\n")
                offers += 1
                labels += len(offer["target_scores"])
                rejected += sum(map(len, offer["rejected"].values()))
        beside.replace(file)
        self.stdout.write(f"{offers:,} listings, {labels:,} labels, {rejected:,} values rejected")
