"""What a process holds in memory, as Linux counts it; 0 where there is no /proc."""

from __future__ import annotations

import re
from pathlib import Path


def private_mb() -> float:
    """What this process alone holds: memory that no file backs."""
    return _kilobytes(_read("smaps_rollup"), "Anonymous") / 1024


def mapped_mb(path: Path) -> float:
    """What of the file is in memory, shared by all that map it."""
    entries = re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", _read("smaps"))
    own = [entry for entry in entries if entry.split("\n", 1)[0].endswith(str(path))]
    return sum(_kilobytes(entry, "Rss") for entry in own) / 1024


def peak_mb() -> float:
    return _kilobytes(_read("status"), "VmHWM") / 1024


def _kilobytes(text: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


def _read(name: str) -> str:
    try:
        return Path("/proc/self", name).read_text()
    except FileNotFoundError:
        return ""
