"""Listings with what came of them, as `benchmarks/quality.py` needs them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _scratch import scratch_site

from listing_assistant.assistant.quality import Contents, Detail


@dataclass(frozen=True)
class Outcomes:
    """Listings of one set. `signal` says what `outcomes` counts.

    A `cluster` is who listed it: one seller's listings are alike and sell alike.
    """

    name: str
    signal: str
    contents: list[Contents]
    outcomes: list[float]
    prices: list[float]
    categories: list[str]
    clusters: list[str]
    is_train: list[bool]


def auctions(folder: Path) -> list[Outcomes]:
    """Auctions of 2001: whether anybody bid, and how far bids went over what was asked."""
    with gzip.open(folder / "text" / "ebay_auctions_2001.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    sold = [row for row in rows if row["Bids"]]

    def outcomes(signal: str, rows: list[dict[str, Any]], came: list[float]) -> Outcomes:
        return Outcomes(
            "eBay auctions, 2001",
            signal,
            [_auction(row) for row in rows],
            came,
            [_dollars(row["First_Bid"]) for row in rows],
            [" > ".join(row["Category"][:3]) for row in rows],
            [row["Seller"]["UserID"] for row in rows],
            [_is_train(row["ItemID"]) for row in rows],
        )

    reached = [_dollars(row["Currently"]) / _dollars(row["First_Bid"]) for row in sold]
    return [
        outcomes("purchase: at least one bid", rows, [float(bool(row["Bids"])) for row in rows]),
        outcomes("price reached by price asked, where anybody bid", sold, reached),
    ]


def thredup(folder: Path) -> list[Outcomes]:
    """Second-hand clothes: how many people marked them. The shop wrote the titles itself."""
    rows = json.loads(gzip.decompress((folder / "text" / "thredup_3000.json.gz").read_bytes()))
    rows = [row for row in rows if row.get("title")]
    return [
        Outcomes(
            "ThredUp",
            "watch: favourites",
            [_garment(row) for row in rows],
            [float(row["favoriteCount"] or 0) for row in rows],
            [float(row["price"] or 0) for row in rows],
            [row["category"] or "" for row in rows],
            [str(row["id"]) for row in rows],
            [_is_train(str(row["id"])) for row in rows],
        )
    ]


def mercari(folder: Path) -> list[Outcomes]:
    """Listings of private sellers. All of them were sold: what tells them apart is the price.

    Rows that a line break in a text has torn are left out.
    """
    with gzip.open(folder / "text" / "mercari_300.csv.gz", "rt", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if (row["price"] or "").isdecimal() and (row["originalPrice"] or "").isdecimal()
        ]
    return [
        Outcomes(
            "Mercari, all sold",
            "last price by first price",
            [_mercari(row) for row in rows],
            [float(row["price"]) / float(row["originalPrice"]) for row in rows],
            [float(row["originalPrice"]) for row in rows],
            [row["itemCategoryNameLevel0"] for row in rows],
            [row["id"] for row in rows],
            [_is_train(row["id"]) for row in rows],
        )
    ]


def simulated(scale: float) -> tuple[Outcomes, Outcomes]:
    """The demo's month: purchases, and watches, per thousand times shown. Simulated people."""
    with scratch_site():
        from listing_assistant.assistant import grading
        from listing_assistant.demo.services import seed_marketplace
        from listing_assistant.listings.models import Listing

        seed_marketplace(scale=scale, processes=1)
        shown, bought, watched = _counts()
        rows = [
            row
            for row in Listing.objects.filter(import_key__startswith="demo:")
            .select_related("category")
            .prefetch_related("photos", "attribute_rows")
            if shown.get(row.pk) and row.category and row.price
        ]
        wanted: dict[int, Any] = {}
        for row in rows:
            assert row.category
            if row.category.pk not in wanted:
                wanted[row.category.pk] = grading.details_wanted(row.category)
        contents = [grading.contents_of(row, wanted[row.category_id or 0]) for row in rows]

    def outcomes(signal: str, counts: dict[int, int]) -> Outcomes:
        return Outcomes(
            "the demo (simulated)",
            signal,
            contents,
            [counts.get(row.pk, 0) / shown[row.pk] for row in rows],
            [float(row.price or 0) for row in rows],
            [row.category.name if row.category else "" for row in rows],
            [str(row.seller_id) for row in rows],
            [False] * len(rows),
        )

    return outcomes("purchase per view of a list", bought), outcomes("watch", watched)


def _counts() -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    """By listing: how often shown in a list, bought, watched."""
    from collections import Counter

    from recommender.models import BehaviourEvent, EventKind, Impression

    shown: Counter[int] = Counter()
    for listings in Impression.objects.values_list("listings", flat=True):
        shown.update(listings)

    def of(kind: str) -> dict[int, int]:
        rows = BehaviourEvent.objects.filter(kind=kind).values_list("listing_id", flat=True)
        return Counter(pk for pk in rows if pk is not None)

    return shown, of(EventKind.PURCHASE), of(EventKind.WATCH)


def _auction(row: dict[str, Any]) -> Contents:
    return Contents(
        title=row["Name"], has_category=True, description=row["Description"] or "", has_price=True
    )


def _garment(row: dict[str, Any]) -> Contents:
    said = {
        "Brand": row.get("brand"),
        "Colour": row.get("colorNames"),
        "Material": row.get("materials"),
        "Size": row.get("sizeLabel"),
        "Style": row.get("styleTags"),
        "Occasion": row.get("occasionTags"),
    }
    details = tuple(Detail(name, _joined(value)) for name, value in said.items())
    return Contents(title=row["title"], has_category=True, details=details, has_price=True)


def _mercari(row: dict[str, str]) -> Contents:
    said = {"Brand": row["brandName"], "Size": row["itemSizeName"]}
    return Contents(
        title=row["name"],
        has_category=True,
        condition=row["itemConditionName"],
        is_new=row["itemConditionName"] == "New",
        details=tuple(Detail(name, value) for name, value in said.items()),
        description=row["description"],
        has_price=True,
    )


def _joined(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _dollars(text: str) -> float:
    return float(text.replace("$", "").replace(",", ""))


def _is_train(key: str) -> bool:
    """Half of the listings, by their id: what was chosen from data was chosen on these."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % 2 == 0


REAL: tuple[Callable[[Path], list[Outcomes]], ...] = (auctions, thredup, mercari)
