"""How a strip was made, for the log of what was seen of it.

It travels with the strip to the page or app and comes back with the impression, signed: nothing is
written for strips that nobody sees, and nobody can make it up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core import signing

SALT = "recommender.served"
LONGEST = 4000
# Hexadecimal digits of a public id that tell the things of one strip apart.
TOLD_OF_ID = 8


@dataclass(frozen=True)
class Served:
    """All that training needs to see what the ranker saw.

    `table` is the day of the item table, `propensities` the probability with which each place shows
    what it shows, by place from the first (1 where nothing was left to chance). `recent` are this
    visit's last listings. `arms` are the experiments' that changed the strip, by their keys.
    `shown` are the beginnings of the public ids, by place: it speaks for these alone. `at` is when,
    in seconds since 1970: by the time that it is seen, things are older.
    """

    table: str = ""
    ranker: str = ""
    country: str = ""
    device: str = ""
    recent: tuple[int, ...] = ()
    propensities: tuple[float, ...] = ()
    arms: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    at: float = 0.0

    def sign(self) -> str:
        return signing.dumps(vars(self), salt=SALT, compress=True)


def read_served(token: str, seen: Iterable[tuple[int, str]] = ()) -> dict[str, Any]:
    """What `sign` was told, as plain JSON; empty for anything else, and for a strip that did not
    show one of these (place from 1, public id) where it was `seen`."""
    try:
        told = signing.loads(token, salt=SALT) if token else {}
    except signing.BadSignature:
        return {}
    if not isinstance(told, dict):
        return {}
    shown = dict(enumerate(told.get("shown", ()), start=1))
    is_its = all(listing[:TOLD_OF_ID] == shown.get(place) for place, listing in seen)
    return told if is_its else {}
