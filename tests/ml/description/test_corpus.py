"""Sellers' descriptions: cleaned of tools and deals, split by seller."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ml.description.corpus import Auction, of_split, read_auctions, sentences_of
from ml.records import RecordError


def test_sentences_about_the_deal_are_left_out() -> None:
    text = (
        "A glass lamp in green. Buyer pays shipping!! Free <b>counters</b>. Stands ten inches tall."
    )
    assert sentences_of(text) == ("A glass lamp in green.", "Stands ten inches tall.")


def test_style_sheets_are_left_out() -> None:
    text = ".title { font: 12px; color: #fff; } A very old brass lamp. TABLE { border: 0 }"
    assert sentences_of(text) == ("A very old brass lamp.",)


def test_a_row_of_codes_is_no_sentence() -> None:
    assert sentences_of("#443-12 / 88 / 12x12 / 99. A nice old book.") == ("A nice old book.",)


def row(**changed: Any) -> dict[str, Any]:
    seller = {"UserID": "a1", "Rating": "3"}
    base = {"ItemID": "1", "Name": "Old lamp", "Category": ["Home"], "Seller": seller}
    return base | {
        "Currently": "$1,250.00", "Number_of_Bids": "2", "Description": "A fine old lamp.",
    } | changed  # fmt: skip


def written(folder: Path, *rows: object) -> Path:
    path = folder / "auctions.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(one) + "\n" for one in rows)
    return path


def test_an_auction_is_read_with_its_price_and_bids(tmp_path: Path) -> None:
    (found,) = read_auctions(written(tmp_path, row()))
    assert found == Auction("1", "a1", "Old lamp", ("Home",), ("A fine old lamp.",), 1250.0, 2)


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, row(), {"ItemID": "2"})
    with pytest.raises(RecordError, match="line 2"):
        list(read_auctions(path))


def test_a_seller_is_in_one_split_with_all_he_wrote() -> None:
    auctions = [
        Auction(str(number), f"seller {number % 40}", "x", (), (f"Text number {number}.",), 1.0, 0)
        for number in range(400)
    ]
    sellers = [{one.seller for one in of_split(auctions, s)} for s in ("train", "valid", "test")]
    assert sum(map(len, sellers)) == len(set.union(*sellers)) == 40


def test_a_text_that_is_sold_twice_counts_once() -> None:
    same = [Auction(str(n), "s", "x", (), ("The same old text.",), 1.0, 0) for n in range(3)]
    assert len(of_split(same, same[0].split)) == 1
