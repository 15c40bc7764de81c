"""The strip of what goes with a listing, among a million: from the cache and made anew.

    python benchmarks/serving.py [--quick] [--json OUT] [--listings 1000000] [--seeds 400]

Fills a scratch database inside PostgreSQL (_million.py: a minute or two for a million), then asks
for the strips of listings drawn at random, one after another: once each with nothing in the cache,
then again with the cache warm. The recall sets run in their threads within their time, as deployed;
how often one of them was late stands below. The baseline is the plainest strip there is: the most
popular of the related categories, by one SQL query without a cache.

Then the same through HTTP: the web server as `make run` starts it, on the same machine as the
database and what asks, at a steady rate (an open loop, _load.py) and as the htmx part that a page
loads. Each seed is cold once; the second round is warm.
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

from web import percentiles, prepare_environment, send_load, wait_until_up

HTMX = "HX-Request: true"
WARM_UP = 40

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

    started = time.perf_counter()
    fill(options.listings)
    filled = time.perf_counter() - started
    seeds = draw_seeds(2 * options.seeds + 2 * WARM_UP)
    direct, through_http = seeds[: options.seeds + WARM_UP], seeds[options.seeds + WARM_UP :]
    return {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load_before": os.getloadavg()[0],
        "listings": options.listings,
        "seeds": options.seeds,
        "fill_seconds": round(filled, 1),
        **ask_directly(direct),
        "http": ask_by_http(through_http, options),
    }


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


def ask_by_http(seeds: Sequence[Any], options: argparse.Namespace) -> dict[str, Any]:
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
        addresses = [reverse("complementary_strip", args=[each.public_id]) for each in seeds]
        send_load(
            options.port, addresses[:WARM_UP], rate=20, seconds=WARM_UP / 20, connections=4,
            headers=[HTMX],
        )  # fmt: skip
        rounds = {
            name: send_load(
                options.port,
                addresses[WARM_UP:],
                rate=options.rate,
                seconds=(len(addresses) - WARM_UP) / options.rate,
                connections=8,
                headers=[HTMX],
            )
            for name in ("nothing in the cache", "from the cache")
        }
    finally:
        server.stop()
    return {
        name: percentiles(found["latencies_ms"])
        | {"requests": len(found["latencies_ms"]), "errors": found["errors"]}
        for name, found in rounds.items()
    }


def print_report(report: dict[str, Any]) -> None:
    print(
        f"{report['listings']:,} listings, {report['seeds']} seeds · {report['machine']}, load "
        f"before {report['load_before']:.1f} · filled in {report['fill_seconds']:.0f} s\n"
    )
    print(f"{'one after another':<48}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}")
    for name, row in report["direct"].items():
        print(f"{name:<48}{row['p50_ms']:>8}{row['p95_ms']:>8}{row['p99_ms']:>8}")
    print(f"\n{'through HTTP':<48}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}")
    for name, row in report["http"].items():
        figures = f"{row['p50_ms']:>8}{row['p95_ms']:>8}{row['p99_ms']:>8}"
        print(f"{name:<48}{figures}  {row['errors'] or ''}")
    print(
        f"\n{report['items_a_strip']:.1f} items a strip · lowest steps {report['steps']} · "
        f"second asking {report['warm_answers']}"
    )
    title = f"recall sets, {report['budget_ms']} ms for all"
    print(f"\n{title:<28}{'p50 ms':>8}{'p99 ms':>8}  outcomes")
    for name, row in report["recall_sets"].items():
        outcomes = {key: count for key, count in row.items() if not key.endswith("_ms")}
        print(f"{name:<28}{row['p50_ms']:>8}{row['p99_ms']:>8}  {outcomes}")


if __name__ == "__main__":
    main()
