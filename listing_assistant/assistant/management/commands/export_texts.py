"""manage.py export_texts FILE"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from listing_assistant.assistant.management.json_lines import replace_file
from listing_assistant.assistant.provenance import exported_texts


class Command(BaseCommand):
    help = "Writes published texts by sentence, with the origin of each and what backs it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="JSON lines; an existing file is replaced")

    def handle(self, *args: Any, **options: Any) -> None:
        counts: Counter[str] = Counter()

        def counted() -> Iterator[dict[str, Any]]:
            for text in exported_texts():
                counts.update(texts=1, sentences=len(text["sentences"]))
                yield text

        replace_file(options["file"], counted())
        self.stdout.write(f"{counts['texts']:,} texts, {counts['sentences']:,} sentences")
