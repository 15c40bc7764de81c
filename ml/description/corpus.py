"""What sellers wrote: descriptions of consumer-to-consumer auctions, cleaned, cut, split by seller.

Sellers repeat themselves, so a split by item would hold out sentences that were seen.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ml.description.facts import plain
from ml.records import RecordError, Split, split_of

# Sentences about the deal say nothing about the thing.
_DEAL = re.compile(
    r"\b(?:ship\w*|postage|paypal|payments?|pays?|paid|bid\w*|auctions?|reserve|insur\w*|e-?mail\w*|"
    r"feedback|winner|winning|thanks?|click|money orders?|counters?|andale|checkout|tax|zip|visit|"
    r"store|refund\w*|deposit|check|cash|handling|usps|ups|priority|sellers?|buyers?|questions?|"
    r"ebay|contact|web ?site|image hosting|auctionwatch|larger|listings?|policy|policies|"
    r"international|delivery|bank|credit|visa|mastercard|customers?|business days?)\b",
    re.I,
)
# What auction tools leave behind of a page's style sheet.
_STYLE_SHEET = re.compile(r"[.#]?[\w-]+(?:[.#:][\w-]+)*\s*\{[^{}]*\}")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\s*[*~_=]{2,}\s*|\s+-\s+")
_LEAST_WORDS, _MOST_WORDS = 3, 40
_LEAST_LETTERS = 0.6  # share of a sentence that is letters; below it, a table or a code


@dataclass(frozen=True, slots=True)
class Auction:
    """One listing of the collection: its description in sentences about the thing itself."""

    id: str
    seller: str
    title: str
    category: tuple[str, ...]
    sentences: tuple[str, ...]
    price: float
    bids: int

    @property
    def split(self) -> Split:
        return split_of(f"ebay2001-seller:{self.seller}")

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def sentences_of(description: str) -> tuple[str, ...]:
    """The sentences of a description that are about the item."""
    cleaned = plain(_STYLE_SHEET.sub(" ", description))
    cleaned = re.sub(r"([.!?])[.!?]+", r"\1", cleaned)
    return tuple(
        part.strip() for part in _SENTENCE_END.split(cleaned) if _is_about_the_item(part.strip())
    )


def _is_about_the_item(sentence: str) -> bool:
    letters = sum(character.isalpha() or character == " " for character in sentence)
    return (
        _LEAST_WORDS <= len(sentence.split()) <= _MOST_WORDS
        and letters >= _LEAST_LETTERS * len(sentence)
        and not _DEAL.search(sentence)
    )


def read_auctions(path: Path) -> Iterator[Auction]:
    """Every auction of a gzipped file of JSON lines. Raises RecordError naming a bad line."""
    if not path.exists():
        raise RecordError(f"{path} does not exist")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                yield Auction(
                    id=str(row["ItemID"]),
                    seller=str(row["Seller"]["UserID"]),
                    title=plain(str(row["Name"] or "")),
                    category=tuple(row["Category"]),
                    sentences=sentences_of(str(row["Description"] or "")),
                    price=float(str(row["Currently"]).strip("$").replace(",", "")),
                    bids=int(row["Number_of_Bids"]),
                )
            except (ValueError, KeyError, TypeError) as error:
                raise RecordError(f"{path.name} line {number}: {error!r}") from error


def of_split(auctions: Iterable[Auction], split: Split) -> list[Auction]:
    """Those of the split's sellers, each text once."""
    seen: set[str] = set()
    kept = []
    for auction in auctions:
        if auction.split == split and auction.sentences and auction.text.casefold() not in seen:
            seen.add(auction.text.casefold())
            kept.append(auction)
    return kept
