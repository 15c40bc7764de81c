"""The strips of a listing among a million: what is like it, and what goes with it.

    python benchmarks/serving.py [--quick] [--json OUT] [--only similar|complementary|rank]
        [--listings 1000000] [--seeds 400]

Fills a scratch database inside PostgreSQL (_million.py) and publishes vectors and an item table
from arrays (_million_items.py): some minutes for a million. Then asks for the strips of listings
drawn at random, one after another: once each with nothing in the cache, then again with the cache
warm. The recall sets run in their threads within their time, as deployed; how often one of them was
late stands below. Baselines, in the same run: of similar items the nearest by photos and title and
their cards alone; of complementary ones the most popular of the related categories by one SQL
query. Neither has a cache.

`rank` takes 1,000 candidates from the item table to scores on one core, by a ranker of the real
size fitted on noise; beside it the same trees by the lightgbm package.

Then the same through HTTP: the web server as `make run` starts it, on the same machine as the
database and what asks, at a steady rate (an open loop, _load.py) and as the htmx part that a page
loads. Each seed is cold once; the second round is warm. Similar items are then asked for at rising
rates, while the 99th percentile stays within 50 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

# One thread a process, as deployed; before numpy starts its own.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from _similar import DESKTOP, ask_at_rates
from web import percentiles, prepare_environment, send_load, wait_until_up

HTMX = "HX-Request: true"
WARM_UP = 40
PARTS = ("similar", "complementary", "rank")

BASELINE = """
SELECT l.id, l.public_id, l.title, l.condition, l.price, l.currency, photo.image_id
FROM recommender_aggregaterow related,
    LATERAL jsonb_array_elements(related.entries) WITH ORDINALITY AS category(entry, place),
    recommender_aggregaterow popular,
    LATERAL jsonb_array_elements(popular.entries) WITH ORDINALITY AS item(entry, place),
    listings_listing l LEFT JOIN listings_photo photo
        ON photo.listing_id = l.id AND photo.position = 0
WHERE related.kind = 'related_category' AND related.key = %s
    AND popular.kind = 'popular' AND popular.key = category.entry->>0
    AND l.id = (item.entry->>0)::bigint AND l.state = 'live'
ORDER BY item.place, category.place LIMIT 12
"""


def main() -> None:
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="bench-serving-") as folder:
        prepare_environment(Path(folder))
        os.environ["LOG_LEVEL"] = "ERROR"
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
    parser.add_argument("--quick", action="store_true", help="20,000 listings, 60 seeds")
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write the figures here")
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    parser.add_argument("--listings", type=int, help="how many there are (1,000,000)")
    parser.add_argument("--seeds", type=int, help="how many strips are asked for (400)")
    parser.add_argument("--rate", type=float, default=10, help="HTTP requests per second (10)")
    parser.add_argument("--port", type=int, default=8766)
    options = parser.parse_args()
    options.listings = options.listings or (20_000 if options.quick else 1_000_000)
    options.seeds = options.seeds or (60 if options.quick else 400)
    return options


def measure(options: argparse.Namespace) -> dict[str, Any]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    from _million import fill

    wanted = (options.only,) if options.only else PARTS
    started = time.perf_counter()
    fill(options.listings)
    filled = {"listings": time.perf_counter() - started}
    if {"similar", "rank"} & set(wanted):
        from _million_items import publish_items
        from _similar import put_ranker_in_service

        filled |= publish_items()
        put_ranker_in_service()
    report = {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load_before": os.getloadavg()[0],
        "listings": options.listings,
        "seeds": options.seeds,
        "filled_seconds": {name: round(seconds, 1) for name, seconds in filled.items()},
    }
    return report | {part: measure_part(part, options) for part in wanted}


def measure_part(part: str, options: argparse.Namespace) -> dict[str, Any]:
    if part == "rank":
        from _similar import rank_many

        return rank_many(rounds=60 if options.quick else 600)
    seeds = draw_seeds(2 * options.seeds + 2 * WARM_UP)
    direct, through_http = seeds[: options.seeds + WARM_UP], seeds[options.seeds + WARM_UP :]
    if part == "similar":
        from _similar import ask_for_strips

        return ask_for_strips(direct, timed) | {"http": ask_by_http(through_http, part, options)}
    return ask_directly(direct) | {"http": ask_by_http(through_http, part, options)}


def draw_seeds(count: int) -> list[Any]:
    """Live listings at random, with all that the page reads before it asks for the strip."""
    from listing_assistant.listings.models import Listing, State

    live = Listing.objects.filter(state=State.LIVE).defer("search", "description")
    last = Listing.objects.order_by("-pk").values_list("pk", flat=True)[0]
    drawn = random.Random(5).sample(range(1, last), 2 * count)
    found = {listing.pk: listing for listing in live.filter(pk__in=drawn)}
    return [found[pk] for pk in drawn if pk in found][:count]


# --- In this process ----------------------------------------------------------------------------


def ask_directly(seeds: Sequence[Any]) -> dict[str, Any]:
    from django.conf import settings

    from recommender.strips.complementary import complementary_items

    strips: list[Any] = []

    def ask(listing: Any) -> None:
        strips.append(complementary_items(listing, explain=True))

    baseline = timed(ask_baseline, seeds)
    cold = timed(ask, seeds)
    made = strips[WARM_UP:]
    warm = timed(ask, seeds)
    kept = strips[-len(made) :]
    runs = [run for strip in made for run in strip.explanation.runs]
    return {
        "budget_ms": settings.RECALL_BUDGET_MS,
        "direct": {
            "popular in related categories, one SQL query": baseline,
            "strip, nothing in the cache": cold,
            "strip, from the cache": warm,
        },
        "warm_answers": dict(Counter(strip.explanation.cache for strip in kept)),
        "items_a_strip": sum(len(strip.items) for strip in made) / len(made),
        "steps": dict(Counter(str(strip.step) for strip in made)),
        "recall_sets": {
            name: {
                **percentiles([run.milliseconds for run in runs if run.name == name]),
                **Counter(str(run.outcome) for run in runs if run.name == name),
            }
            for name in dict.fromkeys(run.name for run in runs)
        },
    }


def ask_baseline(listing: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(BASELINE, [str(listing.category_id)])
        cursor.fetchall()


def timed(ask: Callable[[Any], None], seeds: Sequence[Any]) -> dict[str, float]:
    """One after another; the first WARM_UP fill the database's own caches and do not count."""
    took = []
    for listing in seeds:
        started = time.perf_counter()
        ask(listing)
        took.append((time.perf_counter() - started) * 1000)
    return percentiles(took[WARM_UP:])


# --- Through HTTP -------------------------------------------------------------------------------


def ask_by_http(seeds: Sequence[Any], part: str, options: argparse.Namespace) -> dict[str, Any]:
    from django.conf import settings
    from django.urls import reverse

    from listing_assistant.run import services_for

    services = services_for(settings.VAR_DIR, options.port)
    server = next(service for service in services if service.name == "web server")
    root = str(Path(__file__).parent.parent)
    server.environment = server.environment | {"PYTHONPATH": root}
    server.start()
    try:
        wait_until_up(options.port, server.log)
        addresses = [reverse(f"{part}_strip", args=[each.public_id]) for each in seeds]
        headers = [HTMX, f"User-Agent: {DESKTOP}"]
        send_load(
            options.port, addresses[:WARM_UP], rate=20, seconds=WARM_UP / 20, connections=4,
            headers=headers,
        )  # fmt: skip
        rounds = {
            name: send_load(
                options.port,
                addresses[WARM_UP:],
                rate=options.rate,
                seconds=(len(addresses) - WARM_UP) / options.rate,
                connections=8,
                headers=headers,
            )
            for name in ("nothing in the cache", "from the cache")
        }
        rising = ask_at_rates(addresses, options, headers) if part == "similar" else {}
    finally:
        server.stop()
    steady = {
        name: percentiles(found["latencies_ms"])
        | {"requests": len(found["latencies_ms"]), "errors": found["errors"]}
        for name, found in rounds.items()
    }
    return {"steady": steady, **rising}


# --- Printing -----------------------------------------------------------------------------------


def print_report(report: dict[str, Any]) -> None:
    filled = ", ".join(f"{name} {took:.0f} s" for name, took in report["filled_seconds"].items())
    print(
        f"{report['listings']:,} listings, {report['seeds']} seeds · {report['machine']}, load "
        f"before {report['load_before']:.1f} · filled: {filled}"
    )
    for part in ("similar", "complementary"):
        if part in report:
            print_strips(part, report[part])
    if "rank" in report:
        print_ranking(report["rank"])


def print_strips(part: str, report: dict[str, Any]) -> None:
    print_times(f"{part}, one after another", report["direct"])
    print_times("through HTTP", report["http"]["steady"])
    if "rates" in report["http"]:
        print_times("through HTTP, candidates in the cache", report["http"]["rates"])
        print(f"p99 within 50 ms up to {report['http']['requests_per_second']} requests/s")
    told = ("items_a_strip", "sponsored_a_strip", "queries_cold", "stages_p50_ms", "first_sets")
    more = (*told, "steps", "warm_answers", "budget_ms")
    print("\n" + " · ".join(f"{name} {report[name]}" for name in more if name in report))
    print(f"\n{'recall sets':<28}{'p50 ms':>8}{'p99 ms':>8}  outcomes")
    for name, row in report["recall_sets"].items():
        outcomes = {key: count for key, count in row.items() if not key.endswith("_ms")}
        print(f"{name:<28}{row['p50_ms']:>8}{row['p99_ms']:>8}  {outcomes}")


def print_ranking(report: dict[str, Any]) -> None:
    times = {name: row for name, row in report.items() if isinstance(row, dict)}
    print_times(f"{report['candidates']:,} candidates ranked, one core", times)
    print(report["trees"])


def print_times(title: str, rows: dict[str, Any]) -> None:
    print(f"\n{title:<48}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}")
    for name, row in rows.items():
        figures = f"{row['p50_ms']:>8}{row['p95_ms']:>8}{row['p99_ms']:>8}"
        print(f"{name:<48}{figures}  {row.get('errors') or ''}")


if __name__ == "__main__":
    main()
