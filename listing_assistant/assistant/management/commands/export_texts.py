"""manage.py export_texts FILE"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listing_assistant.assistant.provenance import exported_texts


class Command(BaseCommand):
    help = "Writes published texts by sentence, with the origin of each and what backs it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="JSON lines; an existing file is replaced")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not file.parent.is_dir():
            raise CommandError(f"file: the folder {file.parent} does not exist; make it first")
        texts = sentences = 0
        # Written beside and renamed: a reader never finds half a file.
        beside = file.with_name(f"{file.name}.part")
        with beside.open("w", encoding="utf-8") as lines:
            for text in exported_texts():
                lines.write(json.dumps(text, ensure_ascii=False) + "\n")
                texts += 1
                sentences += len(text["sentences"])
        beside.replace(file)
        self.stdout.write(f"{texts:,} texts, {sentences:,} sentences")
