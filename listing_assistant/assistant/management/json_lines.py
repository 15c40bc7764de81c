"""Files of JSON lines, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from django.core.management.base import CommandError


def replace_file(file: Path, rows: Iterable[object]) -> None:
    """Write the rows beside `file` and rename: a reader never finds half of it.

    Raises CommandError where its folder does not exist.
    """
    if not file.parent.is_dir():
        raise CommandError(f"file: the folder {file.parent} does not exist; make it first")
    beside = file.with_name(f"{file.name}.part")
    with beside.open("w", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    beside.replace(file)
