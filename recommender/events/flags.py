"""Which events do not count. All are kept: what is flagged can be looked at and judged again."""

from __future__ import annotations

import re
from functools import lru_cache

from recommender.models import EventKind, Source

BOT = "bot"  # says so itself, in its user agent
PACE = "pace"  # clicks faster than people do
SELF = "self"  # a seller on things of their own
UNVERIFIED = "unverified"  # a sale that the marketplace did not make

# The marketplace reports these itself, in the transaction that makes them.
MADE_HERE = frozenset(
    {EventKind.OFFER, EventKind.BID, EventKind.BUY_NOW, EventKind.PURCHASE, EventKind.REFUND}
)
ROBOTS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|headless|phantomjs|scrapy|curl/|wget/|python-requests|aiohttp"
    r"|python-urllib|httpx|go-http-client|java/|libwww|lighthouse|preview|monitor",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_robot(user_agent: str) -> bool:
    return bool(ROBOTS.search(user_agent))


def on_arrival(kind: str, *, source: str, user_agent: str) -> tuple[str, ...]:
    """A sale that the marketplace made is one, whatever asked for it."""
    found = []
    if kind in MADE_HERE:
        found += [] if source == Source.SITE else [UNVERIFIED]
    elif is_robot(user_agent):
        found.append(BOT)
    return tuple(found)
