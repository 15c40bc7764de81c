"""The web process under load: listing page, search, category and strip of similar items.

    python benchmarks/web.py [--quick] [--json OUT] [--listings 17000] [--rate 100]

Fills a scratch database with synthetic live listings, starts the web server as `make run` does and
sends requests on schedule from another process (_load.py). Beside the pages stand /healthz, the
cheapest answer the same server can give, and for search the same questions put as ILIKE.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).parent.parent
CONNECTIONS = 32
# What a page of results holds, for the comparison with ILIKE.
PAGE_SIZE = 24
QUESTIONS = 60


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="bench-web-") as folder:
        prepare_environment(Path(folder))
        from django.conf import settings

        from listing_assistant import embedded

        Path(folder).chmod(0o755)  # the embedded PostgreSQL runs as another user than root
        assert settings.EMBEDDED_SERVERS  # no other servers are named in the environment
        with embedded.running(settings.EMBEDDED_SERVERS):
            report = measure(options)
    print_report(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="2,000 listings, 4 s a page")
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write the figures here")
    parser.add_argument("--listings", type=int, help="how many to search among (17,000)")
    parser.add_argument("--rate", type=float, default=100, help="requests per second (100)")
    parser.add_argument("--seconds", type=float, help="how long each page is asked for (20)")
    parser.add_argument("--port", type=int, default=8765)
    options = parser.parse_args()
    options.listings = options.listings or (2_000 if options.quick else 17_000)
    options.seconds = options.seconds or (4.0 if options.quick else 20.0)
    return options


def prepare_environment(folder: Path) -> None:
    """Settings read these when they are first imported: a world of our own under `folder`."""
    for name in ("DATABASE_URL", "REDIS_URL", "MEDIA_ROOT", "ARTEFACTS_DIR"):
        os.environ.pop(name, None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "listing_assistant.settings",
        "VAR_DIR": str(folder),
        # As deployed: with DEBUG, Django keeps a copy of every query.
        "DEBUG": "false",
        "SECRET_KEY": "a-benchmark-has-no-secrets-and-this-is-long-enough-for-the-checks",
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "false",
        "LOG_LEVEL": "WARNING",
        "OMP_NUM_THREADS": "1",
    }
    sys.path.insert(0, str(ROOT))


def measure(options: argparse.Namespace) -> dict[str, Any]:
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from _marketplace import fill

    from listing_assistant.run import services_for

    started = time.perf_counter()
    fill(options.listings)
    filled = time.perf_counter() - started
    pages = paths()
    server = services_for(settings.VAR_DIR, options.port)[-1]
    server.environment = server.environment | {"PYTHONPATH": str(ROOT)}
    server.start()
    try:
        wait_until_up(options.port, server.log)
        assert server.process
        report = {
            "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
            "load_before": os.getloadavg()[0],
            "listings": options.listings,
            "rate": options.rate,
            "seconds": options.seconds,
            "fill_seconds": round(filled, 1),
            "pages": {
                name: measure_page(addresses, options, server.process.pid)
                for name, addresses in pages.items()
            },
            "processes": [memory_of(process) for process in workers_of(server.process.pid)],
        }
    finally:
        server.stop()
    return report | {"search_in_the_database": compare_with_ilike()}


def paths() -> dict[str, list[str]]:
    """Addresses of each kind, a few hundred of them so that no page is asked for twice in a row."""
    from _marketplace import BRANDS, COLOURS, MATERIALS, NOUNS
    from django.urls import reverse

    from listing_assistant.listings.models import Listing

    rng = random.Random(2)
    ids = list(Listing.objects.values_list("public_id", flat=True))
    chosen = rng.sample(ids, min(len(ids), 500))
    search = reverse("search")
    return {
        "healthz": [reverse("healthz")],
        "listing": [reverse("listing", args=[public_id]) for public_id in chosen],
        "search": [
            f"{search}?q={rng.choice(words)}+{rng.choice(NOUNS)}"
            for words in [COLOURS, MATERIALS, BRANDS] * 100
        ],
        "category": [reverse("category", args=[noun]) for noun in NOUNS],
        "similar strip": [reverse("similar_strip", args=[public_id]) for public_id in chosen],
    }


def wait_until_up(port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while send_load(port, ["/healthz"], rate=0, seconds=0.1, connections=1)["errors"]:
        if time.monotonic() > deadline:
            sys.exit(f"The web server does not answer:\n{log.read_text()[-2000:]}")
        time.sleep(0.2)


def send_load(
    port: int,
    addresses: list[str],
    *,
    rate: float,
    seconds: float,
    connections: int,
    headers: Sequence[str] = (),
) -> dict[str, Any]:
    """`headers` are lines such as "Accept: text/html"."""
    arguments = [*(str(number) for number in (port, rate, seconds, connections)), *headers]
    command = [sys.executable, str(Path(__file__).with_name("_load.py")), *arguments]
    done = subprocess.run(
        command, input="\n".join(addresses), capture_output=True, text=True, check=True
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def measure_page(addresses: list[str], options: argparse.Namespace, server: int) -> dict[str, Any]:
    """Warm every worker, then ask on schedule, then as fast as answers come."""
    send_load(options.port, addresses, rate=0, seconds=1.5, connections=8)
    before = cpu_seconds(server)
    steady = send_load(
        options.port,
        addresses,
        rate=options.rate,
        seconds=options.seconds,
        connections=CONNECTIONS,
    )
    # Latency depends on what else the machine does; this hardly does.
    cpu = {name: seconds - before[name] for name, seconds in cpu_seconds(server).items()}
    most = send_load(
        options.port, addresses, rate=0, seconds=options.seconds / 4, connections=CONNECTIONS // 4
    )
    requests = len(steady["latencies_ms"])
    sent = requests - steady["errors"].get("not sent, more than 5 s late", 0)
    return percentiles(steady["latencies_ms"]) | {
        "requests": requests,
        "errors": steady["errors"],
        "web_cpu_ms": round(cpu["web"] * 1000 / sent, 2),
        "database_cpu_ms": round(cpu["database"] * 1000 / sent, 2),
        "most_per_second": round(len(most["latencies_ms"]) / most["seconds"], 1),
    }


def cpu_seconds(server: int) -> dict[str, float]:
    """Processor time used so far by the web processes, and by this scratch PostgreSQL."""
    web = psutil.Process(server).children(recursive=True)
    folder = os.environ["VAR_DIR"]
    masters = [
        process
        for process in psutil.process_iter(["cmdline"])
        if folder + "/postgres" in (process.info["cmdline"] or [])
    ]
    # A connection's process that has ended meanwhile is counted by its parent.
    database = [each for m in masters for each in (m, *m.children(recursive=True))]
    return {"web": total_cpu(web), "database": total_cpu(database)}


def total_cpu(processes: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(time.user + time.system for time in times)


def percentiles(latencies_ms: list[float]) -> dict[str, float]:
    values = np.percentile(latencies_ms, [50, 95, 99])
    return {
        name: round(float(value), 1)
        for name, value in zip(("p50_ms", "p95_ms", "p99_ms"), values, strict=True)
    }


def workers_of(server: int) -> list[psutil.Process]:
    """The processes that answer: granian's own only watches over them."""
    children = psutil.Process(server).children(recursive=True)
    return [child for child in children if child.memory_info().rss > 40 * 2**20]


def memory_of(process: psutil.Process) -> dict[str, Any]:
    memory = process.memory_full_info()
    libraries = Path(f"/proc/{process.pid}/maps")
    return {
        "rss_mb": round(memory.rss / 2**20),
        "uss_mb": round(memory.uss / 2**20),
        "torch_loaded": libraries.exists() and "libtorch" in libraries.read_text(),
    }


def compare_with_ilike() -> dict[str, dict[str, float]]:
    """The same questions to the same rows, one at a time: what the full-text index buys."""
    from _marketplace import COLOURS, NOUNS
    from django.db.models import Q
    from django.http import QueryDict

    from listing_assistant.listings.criteria import read_criteria
    from listing_assistant.listings.models import Listing, State
    from listing_assistant.listings.search import search_listings

    rng = random.Random(3)
    questions = [(rng.choice(COLOURS), rng.choice(NOUNS)) for _ in range(QUESTIONS)]

    def by_index(words: tuple[str, str]) -> None:
        search_listings(read_criteria(QueryDict(f"q={'+'.join(words)}")))

    def by_ilike(words: tuple[str, str]) -> None:
        rows = Listing.objects.filter(state=State.LIVE)
        for word in words:
            rows = rows.filter(
                Q(title__icontains=word)
                | Q(description__icontains=word)
                | Q(attribute_rows__text__icontains=word)
            )
        rows = rows.distinct()
        list(rows.order_by("-published_at")[:PAGE_SIZE])
        rows.count()

    return {
        "search with facets": timed(by_index, questions),
        "ILIKE, no facets": timed(by_ilike, questions),
    }


def timed(
    ask: Callable[[tuple[str, str]], None], questions: list[tuple[str, str]]
) -> dict[str, float]:
    took = []
    for words in questions:
        started = time.perf_counter()
        ask(words)
        took.append((time.perf_counter() - started) * 1000)
    return percentiles(took)


def print_report(report: dict[str, Any]) -> None:
    print(
        f"{report['listings']:,} live listings · {report['rate']:.0f} requests/s for "
        f"{report['seconds']:.0f} s a page · {report['machine']}, load before "
        f"{report['load_before']:.1f}\n"
    )
    print(
        f"{'page':<22}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}{'errors':>8}"
        f"{'web cpu':>9}{'db cpu':>8}{'most/s':>9}"
    )
    for name, row in report["pages"].items():
        figures = f"{row['p50_ms']:>8}{row['p95_ms']:>8}{row['p99_ms']:>8}"
        print(
            f"{name:<22}{figures}{sum(row['errors'].values()):>8}"
            f"{row['web_cpu_ms']:>9}{row['database_cpu_ms']:>8}{row['most_per_second']:>9}"
        )
    print("\nthe same search, one at a time")
    for name, row in report["search_in_the_database"].items():
        print(f"{name:<22}{row['p50_ms']:>8}{row['p95_ms']:>8}{row['p99_ms']:>8}")
    print()
    for row in report["processes"]:
        torch = "torch loaded" if row["torch_loaded"] else "no torch"
        print(f"web process: {row['rss_mb']} MB resident, {row['uss_mb']} MB its own, {torch}")


if __name__ == "__main__":
    main()
