"""From upload to suggestions, through real workers: seconds, listings a minute, memory.

    python benchmarks/pipeline.py [--quick] [--json OUT] [--data FOLDER]

A scratch database, Redis and photo folder live in a temporary folder. Photos are products of
--data (../shared/data where it is there), else drawn by the demo. Baselines of the same run: a
worker that has loaded nothing yet, and the same listings again when their photos are known.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from _scratch import ROOT, new_seller, scratch_site

if TYPE_CHECKING:
    from listing_assistant.accounts.models import User
    from listing_assistant.listings.models import Listing

PHOTOS = 3
WAIT_SECONDS = 300
WEB_PORT = 8971


@dataclass(frozen=True)
class Thing:
    """What a seller brings: a title and photo files."""

    title: str
    photos: list[bytes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="under a minute, for a smoke run")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments = parser.parse_args()
    with scratch_site() as folder:
        figures = _run(folder, arguments)
    _print(figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def _run(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """1 cold worker  2 latency, warm  3 the same photos again  4 throughput  5 memory."""
    count, many = (4, 8) if arguments.quick else (30, 60)
    seller = new_seller()
    things, source = _things(arguments.data, count + many + 1)
    with worker(folder, processes=1) as process:
        cold = _one(seller, things.pop())
        runs = [_one(seller, things.pop()) for _ in range(count)]
        again = [_again(seller, run["listing"]) for run in runs]
        memory = _memory(process)
    waiting = [_upload(seller, things.pop()) for _ in range(many)]
    with worker(folder, processes=2):
        per_minute = _throughput(waiting)
    with web(folder) as process:
        web_memory = _web_memory(process)
    return {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "photos": source,
        "listings": count,
        "first_suggestion_s": _spread([run["first"] for run in runs]),
        "all_suggestions_s": _spread([run["all"] for run in runs]),
        "from_last_photo_s": _spread([run["after_upload"] for run in runs]),
        "baseline_cold_worker_s": round(cold["all"], 2),
        "known_photos_other_title_s": _spread(again),
        "listings_per_minute_2_workers": round(per_minute, 1),
        "throughput_listings": many,
        "worker_memory_mb": memory,
        "web_memory_mb": web_memory,
    }


# --- Preparing ----------------------------------------------------------------------------------


def _things(data: Path, count: int) -> tuple[list[Thing], str]:
    """Each with three different photos, so that nothing is cached that a real seller would miss."""
    if (data / "catalogue.jsonl.gz").exists():
        return _real_things(data, count), "products of the catalogue"
    return _drawn_things(count), "drawn by the demo"


def _real_things(data: Path, count: int) -> list[Thing]:
    from ml.records import read_catalogue

    titles: dict[bytes, str] = {}  # products share pictures; a listing takes each only once
    for item in read_catalogue(data):
        if item.photos and not item.title_is_label:
            titles.setdefault(item.photos[0].read_bytes(), item.title)
        if len(titles) == PHOTOS * count:
            break
    photos = list(titles)
    starts = range(0, PHOTOS * count, PHOTOS)
    return [Thing(titles[photos[start]], photos[start : start + PHOTOS]) for start in starts]


def _drawn_things(count: int) -> list[Thing]:
    from listing_assistant.demo.drawing import DRAWERS, Look, draw

    kinds = sorted(DRAWERS)
    things = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        files = []
        for angle in range(PHOTOS):
            file = io.BytesIO()
            draw(Look(kind=kind, colour="red"), seed=number, angle=angle).image.save(file, "JPEG")
            files.append(file.getvalue())
        things.append(Thing(f"Red {kind}", files))
    return things


@contextlib.contextmanager
def worker(folder: Path, *, processes: int) -> Iterator[psutil.Process]:
    command = [
        *(sys.executable, "-m", "celery", "-A", "listing_assistant", "worker"),
        *("--queues", "encode", "--concurrency", str(processes)),
        *("--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
    ]
    with _process(command, folder / "worker.log") as process:
        yield process


@contextlib.contextmanager
def web(folder: Path) -> Iterator[psutil.Process]:
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "1"),
        *("--port", str(WEB_PORT), "listing_assistant.wsgi:application"),
    ]
    with _process(command, folder / "web.log") as process:
        yield process


@contextlib.contextmanager
def _process(command: list[str], log: Path) -> Iterator[psutil.Process]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield psutil.Process(process.pid)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


# --- Measuring ----------------------------------------------------------------------------------


def _upload(seller: User, thing: Thing) -> Listing:
    from listing_assistant.listings import services

    listing = services.create_draft(seller=seller, title=thing.title)
    for number, photo in enumerate(thing.photos):
        name = f"photo-{number}.jpg"
        services.add_photo(listing=listing, user=seller, file=io.BytesIO(photo), name=name)
    return listing


def _one(seller: User, thing: Thing) -> dict[str, Any]:
    """Seconds from the first byte, as the editor sends them: photo by photo, each analysed."""
    began = time.perf_counter()
    listing = _upload(seller, thing)
    uploaded = time.perf_counter()
    first, done = _wait(listing)
    return {
        "listing": listing,
        "first": first - began,
        "all": done - began,
        "after_upload": done - uploaded,
    }


def _again(seller: User, listing: Listing) -> float:
    """Another title for photos that have been encoded already."""
    from listing_assistant.listings import services

    began = time.perf_counter()
    changes = {"title": f"{listing.title} new"[:120]}
    services.edit_listing(listing=listing, user=seller, changes=changes, version=None)
    return _wait(listing)[1] - began


def _wait(listing: Listing) -> tuple[float, float]:
    """When the first suggestion of the current analysis was there, and when the last."""
    from listing_assistant.assistant.models import Analysis
    from listing_assistant.assistant.selectors import current_analysis

    first = 0.0
    deadline = time.perf_counter() + WAIT_SECONDS
    while time.perf_counter() < deadline:
        analysis = current_analysis(listing)
        if analysis and not first and analysis.suggestions.exists():
            first = time.perf_counter()
        if analysis and analysis.status == Analysis.Status.DONE:
            return first or time.perf_counter(), time.perf_counter()
        time.sleep(0.005)
    sys.exit(f"No worker finished in {WAIT_SECONDS} s; is a model missing?")


def _throughput(listings: list[Listing]) -> float:
    """Listings a minute while the queue is full; the workers have loaded their models before."""
    from listing_assistant.assistant.models import Analysis

    done = Analysis.objects.filter(listing__in=listings, status=Analysis.Status.DONE)
    # The first answers tell that both workers are warm; the clock starts with them.
    warm = max(2, len(listings) // 10)
    _until(lambda: done.count() >= warm)
    began, at = time.perf_counter(), done.count()
    _until(lambda: done.count() >= len(listings))
    return 60 * (len(listings) - at) / (time.perf_counter() - began)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + WAIT_SECONDS
    while not condition():
        if time.perf_counter() > deadline:
            sys.exit(f"Nothing happened for {WAIT_SECONDS} s; is a model missing?")
        time.sleep(0.01)


def _memory(process: psutil.Process) -> dict[str, float]:
    """Of the child that holds the models: its own pages (USS), and its share of all (PSS)."""
    child = max(process.children(), key=lambda each: each.memory_info().rss)
    full = child.memory_full_info()
    return {"uss": round(full.uss / 2**20), "pss": round(full.pss / 2**20)}


def _web_memory(process: psutil.Process) -> dict[str, Any]:
    """Of the child that answers, once it has shown a few pages."""
    _until(_web_answers)
    for path in ("search/?q=shirt", "accounts/login/", ""):
        urllib.request.urlopen(f"http://127.0.0.1:{WEB_PORT}/{path}", timeout=10).read()
    child = max(process.children(), key=lambda each: each.memory_info().rss, default=process)
    full = child.memory_full_info()
    torch = any("torch" in part.path for part in child.memory_maps())
    return {"uss": round(full.uss / 2**20), "pss": round(full.pss / 2**20), "torch": torch}


def _web_answers() -> bool:
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{WEB_PORT}/healthz", timeout=5)
        return True
    return False


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return {"p50": round(statistics.median(ordered), 3), "p95": round(p95, 3)}


def _print(figures: dict[str, Any]) -> None:
    width = max(map(len, figures))
    for name, value in figures.items():
        shown = value
        if isinstance(value, dict):
            shown = "  ".join(f"{key} {each}" for key, each in value.items())
        print(f"{name:<{width}}  {shown}")


if __name__ == "__main__":
    main()
