"""What a person likes as of a day: shares of categories and brands, prices, a vector of tastes.

An act counts by policy.ACT_WORTH, half as much after TASTE_HALF_LIFE days. A listing whose acts add
up to nothing (bought and given back) counts for nothing. Serving reads what `store_profiles` wrote
with the item table; training makes the same of any day from the log, by the same function. Who did
nothing that counts is NOBODY.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from recommender import policy
from recommender.events.days import midnight
from recommender.events.storing import keep_erasures_waiting
from recommender.features import NOBODY, Viewer
from recommender.items.columns import Ids, Items, Numbers
from recommender.items.facts import items_of
from recommender.items.history import copied, day_number, known_day
from recommender.items.reading import dims_of, read_items
from recommender.items.table import ItemTable, current_table
from recommender.models import ViewerProfile
from recommender.selectors import serving_release

# Of each TASTE_LISTINGS at most, with their vectors.
PEOPLE_AT_ONCE = 100
KINDS = list(policy.ACT_WORTH)
WORTHS = np.array([policy.ACT_WORTH[kind] for kind in KINDS])
STORED = np.dtype("<f4")

Worths = NDArray[np.float64]  # (k,)
Read = Callable[[list[int]], Items]  # listings by ascending id

_WITHIN = f"""
happened_at >= %(from)s AND happened_at < %(to)s AND {known_day("happened_at")} < %(day)s
    AND flags = '' AND kind = ANY(%(kinds)s) AND listing_id IS NOT NULL
"""
# Person, listing, day, kind's place from 1, how often.
_ACTS = f"""
COPY (
    SELECT user_id, listing_id, day, what, count(*) FROM (
        SELECT user_id, listing_id,
            ((happened_at AT TIME ZONE 'UTC')::date - date '1970-01-01')::bigint AS day,
            array_position(%(kinds)s::text[], kind::text)::bigint AS what
        FROM recommender_behaviourevent
        WHERE user_id = ANY(%(people)s) AND {_WITHIN}
    ) AS act GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
) TO STDOUT (FORMAT binary)
"""
_PEOPLE = f"""
COPY (
    SELECT DISTINCT user_id FROM recommender_behaviourevent
    WHERE user_id IS NOT NULL AND {_WITHIN} ORDER BY 1
) TO STDOUT (FORMAT binary)
"""
# By the ORM composing this takes longer than running it.
_PROFILE = """
SELECT categories, brands, prices, vector FROM recommender_viewerprofile
WHERE user_id = %s AND day = %s AND release = %s
"""


# --- For serving --------------------------------------------------------------------------------


def viewer_of(user_id: int | None, recent: Items | None) -> Viewer:
    """A person as of the day of the item table, in one query; in none for who is not signed in.

    `recent` is what this visit opened last, newest first.
    """
    table = current_table()
    if user_id is None or table is None:
        return replace(NOBODY, recent=recent)
    with connection.cursor() as cursor:
        cursor.execute(_PROFILE, [user_id, table.day, table.release])
        told = cursor.fetchone()
    return replace(NOBODY if told is None else _read(*told), recent=recent)


def store_profiles(table: ItemTable) -> int:
    """Write down everybody's tastes as of the table's day; returns how many people have any.

    A few people at a time, while whose behaviour is to be erased waits: what is written was not.
    """
    day = date.fromisoformat(table.day)
    people = copied(_PEOPLE, _within(day), 1)[:, 0]
    stored = 0
    for start in range(0, len(people), PEOPLE_AT_ONCE):
        with transaction.atomic():
            keep_erasures_waiting()
            asked = people[start : start + PEOPLE_AT_ONCE].tolist()
            viewers = _viewers(day, asked, lambda listings: items_of(listings, table))
            stored += _write(viewers, day, table.release)
    return stored


def forget_profiles_but(kept: Iterable[tuple[str, str]]) -> None:
    """Delete those of other days and releases than these pairs."""
    rows = ViewerProfile.objects.all()
    for day, release in kept:
        rows = rows.exclude(day=day, release=release)
    rows.delete()


def _write(viewers: dict[int, Viewer], day: date, release: str) -> int:
    rows = [
        ViewerProfile(
            user_id=user_id,
            day=day,
            release=release,
            categories=viewer.categories,
            brands=viewer.brands,
            prices=viewer.prices,
            vector=None if viewer.vector is None else viewer.vector.astype(STORED).tobytes(),
        )
        for user_id, viewer in viewers.items()
        if viewer is not NOBODY
    ]
    ViewerProfile.objects.filter(user_id__in=viewers, day=day, release=release).delete()
    ViewerProfile.objects.bulk_create(rows)
    return len(rows)


def _read(categories: str, brands: str, prices: str, vector: bytes | None) -> Viewer:
    return Viewer(
        categories={int(key): share for key, share in json.loads(categories).items()},
        brands={int(key): share for key, share in json.loads(brands).items()},
        prices={int(key): (mean, spread) for key, (mean, spread) in json.loads(prices).items()},
        vector=None if vector is None else np.frombuffer(vector, STORED).astype(np.float32),
    )


# --- For training -------------------------------------------------------------------------------


def viewers_as_of(day: date, user_ids: Iterable[int]) -> dict[int, Viewer]:
    """Each of these people as of the day, without what a visit opened; NOBODY who did nothing."""
    release = serving_release() or ""
    dims = dims_of(release)

    def read(listings: list[int]) -> Items:
        return read_items(listings, release=release, dims=dims)

    asked = sorted(set(user_ids))
    found: dict[int, Viewer] = {}
    for start in range(0, len(asked), PEOPLE_AT_ONCE):
        found |= _viewers(day, asked[start : start + PEOPLE_AT_ONCE], read)
    return found


# --- Both ---------------------------------------------------------------------------------------


def _within(day: date) -> dict[str, object]:
    return {
        "kinds": KINDS,
        "from": midnight(day - timedelta(days=policy.TASTE_DAYS)),
        "to": midnight(day),
        "day": day_number(day),
    }


def _viewers(day: date, people: Sequence[int], read: Read) -> dict[int, Viewer]:
    acts = copied(_ACTS, {**_within(day), "people": list(people)}, 5)
    worths = {user_id: worths_as_of(own, day) for user_id, own in _by_person(acts)}
    wanted = {pk for own, _ in worths.values() for pk in own.tolist()}
    items = read(sorted(wanted))
    return {
        user_id: viewer_from(items, *worths[user_id]) if user_id in worths else NOBODY
        for user_id in people
    }


def _by_person(acts: Ids) -> Iterator[tuple[int, Ids]]:
    """Rows of each person; `acts` are in the order of the people."""
    people, starts = np.unique(acts[:, 0], return_index=True)
    return zip(people.tolist(), np.split(acts, starts[1:]), strict=False)


def worths_as_of(acts: Ids, day: date) -> tuple[Ids, Worths]:
    """The listings that a person did most with, by ascending id, and what that is worth."""
    listings, at = np.unique(acts[:, 1], return_inverse=True)
    days = day_number(day) - acts[:, 2]
    decayed = np.array([0.5 ** (ago / policy.TASTE_HALF_LIFE) for ago in days.tolist()])
    worths = np.zeros(len(listings))
    np.add.at(worths, at, WORTHS[acts[:, 3] - 1] * decayed * acts[:, 4])
    best = np.lexsort((listings, -worths))[: policy.TASTE_LISTINGS]
    kept = np.sort(best[worths[best] > 0])
    return listings[kept], worths[kept]


def viewer_from(items: Items, listings: Ids, worths: Worths) -> Viewer:
    """`items` hold the listings, by ascending id, but for those deleted since."""
    there = np.isin(listings, items.ids)
    if not there.any():
        return NOBODY
    rows, worths = np.searchsorted(items.ids, listings[there]), worths[there]
    return Viewer(
        categories=_shares(items.categories[rows], worths),
        brands=_shares(items.brands[rows], worths),
        prices=_prices(items.currencies[rows], items.log_prices[rows], worths),
        vector=_direction(items.joint[rows], worths),
    )


def _shares(keys: Ids, worths: Worths) -> dict[int, float]:
    """What part of the worth goes to each key; nothing is said of what has none."""
    known, at = np.unique(keys[keys != 0], return_inverse=True)
    sums = np.bincount(at, weights=worths[keys != 0], minlength=len(known))
    total = math.fsum(sums)
    return {key: part / total for key, part in zip(known.tolist(), sums.tolist(), strict=True)}


def _prices(currencies: Ids, log_prices: Numbers, worths: Worths) -> dict[int, tuple[float, float]]:
    """The weighted mean and deviation of each currency's logarithms."""
    found = {}
    priced = ~np.isnan(log_prices)
    for currency in np.unique(currencies[priced & (currencies != 0)]).tolist():
        own = priced & (currencies == currency)
        values, weights = log_prices[own].astype(np.float64), worths[own]
        total = math.fsum(weights)
        mean = math.fsum(weights * values) / total
        variance = math.fsum(weights * (values - mean) ** 2) / total
        found[currency] = mean, math.sqrt(variance)
    return found


def _direction(vectors: NDArray[np.float16], worths: Worths) -> Numbers | None:
    """The unit sum (dim,) of the vectors (k, dim) by worth; None where nothing has one."""
    total = np.einsum("k,kd->d", worths, vectors.astype(np.float64))
    length = math.sqrt(math.fsum(total * total))
    return (total / length).astype(np.float32) if length > 0 else None
