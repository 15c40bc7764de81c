"""Listings to draft for, which no model of descriptions has read, and neighbours for style."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ml.description.corpus import Auction, of_split
from ml.description.facts import Fact, Facts
from ml.description.request import Example
from ml.records import read_catalogue, split_of

MOST_ATTRIBUTES = 8
# How many of every five hundred come from where; second-hand first, as that is the business.
SHARES = {"thredup": 170, "mercari": 60, "flipkart": 130, "wdc_pave": 110, "magento": 30}
_MERCARI_CONDITIONS = {"New": "new", "Like new": "like new", "Good": "good", "Fair": "fair"}


@dataclass(frozen=True)
class Listing:
    """What is known of a listing, and what its seller wrote, where he did."""

    source: str
    facts: Facts
    description: str = ""


def held_out(data: Path, count: int) -> list[Listing]:
    """`count` listings, drawn by a fixed seed from the sources in SHARES' proportions."""
    generator = random.Random(7)
    chosen: list[Listing] = []
    for source, share in SHARES.items():
        found = [one for one in _READERS[source](data) if one.facts.attributes]
        wanted = round(share * count / sum(SHARES.values()))
        chosen += generator.sample(found, min(wanted, len(found)))
    return chosen


def from_file(path: Path) -> list[Listing]:
    """Listings of others: lines of {"title", "category", "condition", "attributes", "description"}.

    Raises SystemExit naming the line that is not one.
    """
    found = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        try:
            row = json.loads(line)
            facts = Facts(
                row["title"],
                row.get("category", ""),
                row.get("condition", ""),
                _facts(row.get("attributes", {})),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SystemExit(f"{path.name} line {number}: {error!r}") from error
        found.append(Listing("file", facts, row.get("description", "")))
    return found


def neighbours(data: Path, auctions: Sequence[Auction], most: int) -> list[Example]:
    """What drafts may look at: auctions of the training sellers, and catalogue texts with facts."""
    examples = [
        Example(one.text, Facts(one.title, " > ".join(one.category)))
        for one in of_split(auctions, "train")
    ]
    examples += [
        Example(one.description, one.facts)
        for one in _catalogue(data, ("flipkart", "magento"), ("train",))
        if one.description
    ]
    return random.Random(7).sample(examples, min(most, len(examples)))


def _thredup(data: Path) -> Iterator[Listing]:
    with gzip.open(data / "text" / "thredup_3000.json.gz", "rt", encoding="utf-8") as file:
        rows = json.load(file)
    for row in rows:
        materials = [part for part in row["materials"] if part != "No Fabric Content"]
        named = {
            "Brand": row["brand"],
            "Colour": ", ".join(row["colorNames"]),
            "Material": ", ".join(materials),
            "Size": row["sizeLabel"].removeprefix("Size "),
            "Type": row["category"],
            "Occasion": ", ".join(row["occasionTags"]),
        }
        facts = Facts(
            row["title"],
            " > ".join(["Clothing", *row["departmentTags"][:1], row["category"]]),
            "new" if row["newWithTags"] else "good",
            _facts(named),
        )
        yield Listing("thredup", facts)


def _mercari(data: Path) -> Iterator[Listing]:
    with gzip.open(data / "text" / "mercari_300.csv.gz", "rb") as file:
        rows = list(csv.DictReader(io.TextIOWrapper(file, "utf-8")))
    for row in rows:
        if row["status"] != "trading":
            continue  # a line that a quotation mark broke
        levels = [row[f"itemCategoryNameLevel{level}"] for level in range(3)]
        facts = Facts(
            row["name"],
            " > ".join(filter(None, levels)),
            _MERCARI_CONDITIONS.get(row["itemConditionName"], ""),
            _facts({"Brand": row["brandName"], "Size": row["itemSizeName"], "Type": levels[2]}),
        )
        yield Listing("mercari", facts, row["description"])


def _wdc_pave(data: Path) -> Iterator[Listing]:
    for line in (data / "text" / "wdc_pave" / "test.jsonl").read_text().splitlines():
        row = json.loads(line)
        named = {
            name: next(iter(values))
            for name, values in row["target_scores"].items()
            if "n/a" not in values
        }
        facts = Facts(row["input_title"], row["category"], "new", _facts(named))
        yield Listing("wdc_pave", facts, row["input_description"] or "")


def _catalogue(data: Path, sources: tuple[str, ...], splits: tuple[str, ...]) -> Iterator[Listing]:
    for item in read_catalogue(data):
        if item.source in sources and split_of(item.id) in splits:
            category = " > ".join(item.category[:3])
            facts = Facts(item.title, category, "good", _facts(item.attributes))
            yield Listing(item.source, facts, item.description)


def _facts(named: dict[str, str]) -> tuple[Fact, ...]:
    pairs = [(name, str(value)) for name, value in named.items() if value]
    return tuple(Fact(name, value) for name, value in pairs[:MOST_ATTRIBUTES])


def _flipkart(data: Path) -> Iterator[Listing]:
    return _catalogue(data, ("flipkart",), ("valid", "test"))


def _magento(data: Path) -> Iterator[Listing]:
    return _catalogue(data, ("magento",), ("valid", "test"))


_READERS = {
    "thredup": _thredup,
    "mercari": _mercari,
    "wdc_pave": _wdc_pave,
    "flipkart": _flipkart,
    "magento": _magento,
}
