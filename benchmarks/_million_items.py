"""Vectors and an item table of the million listings of _million.py, published from arrays.

Reading them from rows, as the worker does, would take an hour of filling and change nothing that a
strip sees: it reads the item table and the indexes' snapshots. Vectors lie around their leaf's and
their product's. Histories are drawn; people have tastes, and visits things that they opened.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from recommender.items import table as tables
from recommender.items.columns import HISTORY, MOST_DETAILS, Dims, Ids, Items, key_of
from recommender.items.history import NO_PRIORS, Tally, copied

DIMS: Dims = (256, 768, 256)  # of the bundled models: item, photo, title
AT_ONCE = 50_000
BRANDS, VALUES = 200, 3_000
SEED = 11
LIVE = """
COPY (
    SELECT listing.id, seller_id, category_id, coalesce(parent_id, category_id),
        coalesce(product_id, 0), (price * 100)::bigint, (ad_rate * 100)::bigint,
        extract(epoch FROM published_at)::bigint
    FROM listings_listing listing JOIN catalogue_category category ON category.id = category_id
    WHERE state = 'live' ORDER BY listing.id
) TO STDOUT (FORMAT binary)
"""

Vectors = NDArray[np.float32]


def publish_items() -> dict[str, float]:
    """The item table and both indexes of what is for sale; how many seconds each took."""
    from recommender import inference, published
    from recommender.indexes.following import Field
    from recommender.models import EmbeddingRelease

    release = inference.current_release()
    status = EmbeddingRelease.Status.SERVING
    EmbeddingRelease.objects.create(
        release=release, status=status, begun_at=timezone.now(), done_then=0
    )
    rows = copied(LIVE, {}, 8)
    draft = published.new_draft(tables.root())
    items = tables.new_columns(draft, len(rows), DIMS)
    took = {}
    started = time.perf_counter()
    _fill_plain(items, rows)
    _fill_vectors(items)
    nothing = Tally(np.empty(0, np.int64), np.empty((0, len(HISTORY))))
    day = timezone.now().date().isoformat()
    table = tables.ItemTable(day, release, items, nothing, NO_PRIORS)
    tables.publish(draft, table, revision=0, started=time.time())
    took["item table"] = time.perf_counter() - started
    for field, column in ((Field.ITEM, items.joint), (Field.TITLE, items.text)):
        started = time.perf_counter()
        _publish_index(release, field, items, column)
        took[f"index of {field.value}s"] = time.perf_counter() - started
    return took


def _fill_plain(items: Items, rows: Ids) -> None:
    ids, sellers, categories, departments, products, cents, rates, published = rows.T
    n, rng = len(rows), np.random.default_rng(SEED)
    known, places = np.unique(products, return_inverse=True)
    keys = np.array([key_of(f"p{pk}") if pk else 0 for pk in known.tolist()])
    plain = {
        "ids": ids,
        "sellers": sellers,
        "categories": categories,
        "departments": departments,
        "products": keys[places],
        "brands": rng.integers(1, BRANDS, n),
        "conditions": rng.integers(0, 6, n),
        "formats": rng.integers(0, 3, n),
        "currencies": np.full(n, key_of("USD")),
        "log_prices": np.log(cents / 100),
        "ad_rates": rates / 100,
        "quantities": np.ones(n),
        "published": published,
        "details": np.sort(_details(n, rng), axis=1),
    }
    for name, column in plain.items():
        getattr(items, name)[:] = column
    shown = rng.gamma(0.6, 40, n).astype(np.float32)
    shares = np.array([1, 0.05, 0.004, 0.005, 0.002, 0.002, 0.002, 0.0001], np.float32)
    items.history[:] = shown[:, np.newaxis] * shares
    items.prior[:] = 25_000 * shares


def _details(n: int, rng: np.random.Generator) -> Ids:
    """Six of each listing."""
    details = np.zeros((n, MOST_DETAILS), np.int64)
    details[:, -6:] = rng.integers(1, VALUES, (n, 6))
    return details


def _fill_vectors(items: Items) -> None:
    rng = np.random.default_rng(SEED)
    for name in ("joint", "image", "text"):
        column = getattr(items, name)
        dim = column.shape[1]
        leaves, of_leaf = _centres(items.categories, dim, rng)
        kinds, of_kind = _centres(items.products, dim, rng)
        for start in range(0, len(items), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            own = rng.standard_normal((len(items.ids[part]), dim), dtype=np.float32)
            made = leaves[of_leaf[part]] + 0.8 * kinds[of_kind[part]] + 0.6 * own
            column[part] = made / np.linalg.norm(made, axis=1, keepdims=True)


def _centres(keys: Ids, dim: int, rng: np.random.Generator) -> tuple[Vectors, Ids]:
    known, places = np.unique(keys, return_inverse=True)
    return rng.standard_normal((len(known), dim), dtype=np.float32), places


def _publish_index(release: str, field: Any, items: Items, column: NDArray[np.float16]) -> None:
    from ml.index_snapshot import publish
    from recommender.indexes.inference import SnapshotStore

    publish(
        SnapshotStore(release, field).root,
        release=release,
        revision=0,  # no rows have these vectors, and so none is newer
        ids=items.ids,
        vectors=column.astype(np.float32),
        categories=items.categories,
        sellers=items.sellers,
    )


# --- Who looks ----------------------------------------------------------------------------------


def make_viewer(number: int, listing_ids: list[int]) -> tuple[int, str]:
    """A person with tastes, and a visit that opened these; their id and the visit's key."""
    from listing_assistant.accounts.models import User
    from recommender.models import ViewerProfile

    table = tables.current_table()
    assert table is not None
    user = User.objects.create(
        email=f"viewer{number}@bench.example", display_name=f"Viewer {number}"
    )
    rows = table.rows_of(listing_ids)
    liked = table.items.joint[rows].astype(np.float32).mean(axis=0)
    ViewerProfile.objects.create(
        user=user,
        day=table.day,
        release=table.release,
        categories={str(pk): 1 / len(rows) for pk in set(table.items.categories[rows].tolist())},
        brands={str(key): 1 / len(rows) for key in set(table.items.brands[rows].tolist())},
        prices={str(key_of("USD")): (3.5, 0.4)},
        vector=(liked / np.linalg.norm(liked)).astype("<f4").tobytes(),
    )
    session = f"bench{number:027d}"
    _open(session, listing_ids)
    return user.pk, session


def _open(session: str, listing_ids: list[int]) -> None:
    from listing_assistant.listings.models import Listing
    from recommender.events import sessions
    from recommender.services import event_of

    for listing in Listing.objects.filter(pk__in=listing_ids):
        event = event_of(kind="click", listing=listing, user=None, session_key=session)
        sessions.remember([event])


def random_ranker(trees: int, leaves: int) -> Any:
    """Fitted on noise, of the real size: what it says is nothing, what it costs is the same."""
    from ml.ranker.fit import fit
    from ml.ranker.model import LEVELS, RankerConfig, RankingData
    from recommender.features import COLUMNS, NAMES

    rng = np.random.default_rng(SEED)
    groups = np.full(2_000, 12)
    n = int(groups.sum())
    matrix = rng.standard_normal((n, len(NAMES))).astype(np.float32)
    for place, column in enumerate(COLUMNS):
        if column.is_category:
            matrix[:, place] = rng.integers(0, 20, n)
    labels = rng.choice(len(LEVELS), n, p=[0.8, 0.1, 0.03, 0.03, 0.01, 0.01, 0.02])
    data = RankingData(matrix, labels, groups, None, NAMES)
    config = RankerConfig(columns=NAMES, leaves=leaves, rounds=trees, min_data=20)
    return fit(data, config, quiet=True)[0]
