"""Baskets to learn from and baskets to test on: UCI Online Retail, a week of H&M, any sequences.

The protocol is the one whose baselines the project quotes: train before a date, test on the baskets
after it that hold two known things or more, one of them drawn as the seed (numpy's default_rng(0)),
the rest to be found among all things of the training baskets. The merge learns from the last part
of the training time alone, whose baskets play the test's part for the time before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
FEW_BOUGHT = 5  # a seed bought fewer times than this in training is cold


@dataclass(frozen=True)
class Round:
    """What is known, as rows of things in baskets, and what is asked.

    `rows` has the columns basket, thing (0 … n-1), person (-1: unknown) and age (days before the
    end of the known time; in a sequence, places before its end). `seeds` (q,) with what goes with
    each in `rest`. In an ordered round baskets are sequences.
    """

    rows: pd.DataFrame
    names: Sequence[str]  # (n,) texts of the things; empty strings where there are none
    seeds: Ints
    rest: list[Ints]
    is_ordered: bool = False

    @property
    def n(self) -> int:
        return len(self.names)

    @property
    def bought(self) -> Ints:
        """In how many baskets each thing is, (n,)."""
        return np.bincount(self.rows.thing, minlength=self.n)

    @property
    def is_cold(self) -> NDArray[np.bool_]:
        """Of the seeds, (q,)."""
        return self.bought[self.seeds] < FEW_BOUGHT


@dataclass(frozen=True)
class DataSet:
    """`lessons` teach the merge; `test` is asked once."""

    name: str
    lessons: Round
    test: Round


def uci(folder: Path) -> DataSet:
    """A year of a shop's invoices; the test is the time from November on."""
    rows = pd.read_parquet(folder / "text" / "uci_online_retail.parquet")
    kept = ~rows.InvoiceNo.str.startswith("C") & (rows.Quantity > 0)
    rows = rows[kept & rows.StockCode.str.match(r"^\d")]
    names = rows.dropna(subset="Description").groupby("StockCode").Description
    frame = pd.DataFrame(
        {
            "basket": rows.InvoiceNo,
            "thing": rows.StockCode,
            "at": rows.InvoiceDate,
            "person": rows.CustomerID.fillna(-1).astype(int),
        }
    )
    dates = pd.Timestamp("2011-10-01"), pd.Timestamp("2011-11-01")
    return _by_date("uci", frame, names.first().to_dict(), *dates)


def hm(folder: Path) -> DataSet:
    """A week of fashion purchases; the test is its last day."""
    rows = pd.read_parquet(folder / "text" / "hm_transactions_week.parquet")
    articles = pd.read_parquet(folder / "text" / "hm_articles.parquet")
    told = ["prod_name", "product_type_name", "colour_group_name", "graphical_appearance_name",
            "section_name", "detail_desc"]  # fmt: skip
    texts = articles[told].fillna("").agg(" ".join, axis=1)
    frame = pd.DataFrame(
        {
            "basket": rows.customer.astype(str) + "_" + rows.t_dat.astype(str),
            "thing": rows.article_id.astype(int),
            "at": pd.to_datetime(rows.t_dat),
            "person": rows.customer.astype(int),
        }
    )
    names = dict(zip(articles.article_id.astype(int), texts, strict=True))
    last = frame["at"].max()
    return _by_date("hm", frame, names, last - pd.Timedelta(days=1), last)


def sequences(path: Path) -> DataSet:
    """Lines of `user item item …`: of each the last item is asked for, from the one before it.

    The merge learns from the last but one, asked for from the one before that. Order is all there
    is of time: things of a line belong together the more, the nearer they stand. Raises ValueError
    naming the line that has no two items, or where there is nothing to ask.
    """
    lines: list[list[str]] = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            words = line.split()
            if words and len(words) < 3:
                raise ValueError(f"{path.name}, line {number}: a user and two items are needed")
            if words:
                lines.append(words[1:])
    lessons, test = _sequence_round([line[:-1] for line in lines]), _sequence_round(lines)
    if not (len(lessons.seeds) and len(test.seeds)):
        raise ValueError(
            f"{path.name}: lines of three items and more are needed, whose last ones other lines"
            " hold, too"
        )
    return DataSet(path.name, lessons, test)


def _by_date(
    name: str, rows: pd.DataFrame, names: dict[Any, str], before: pd.Timestamp, cut: pd.Timestamp
) -> DataSet:
    rows = rows.drop_duplicates(["basket", "thing"])
    early = rows[rows["at"] < cut]
    return DataSet(
        name,
        lessons=_dated_round(early, names, before),
        test=_dated_round(rows, names, cut),
    )


def _dated_round(rows: pd.DataFrame, names: dict[Any, str], cut: pd.Timestamp) -> Round:
    known, asked = rows[rows["at"] < cut], rows[rows["at"] >= cut]
    things = pd.Index(known.thing.unique())
    asked = asked[asked.thing.isin(things)].assign(number=lambda r: things.get_indexer(r.thing))
    baskets = asked.groupby("basket", sort=True).number.apply(lambda s: np.sort(s.to_numpy()))
    baskets = baskets[baskets.apply(len) >= 2]
    rng = np.random.default_rng(0)
    seeds = np.array([basket[rng.integers(len(basket))] for basket in baskets])
    frame = pd.DataFrame(
        {
            "basket": pd.factorize(known.basket)[0],
            "thing": things.get_indexer(known.thing),
            "person": known.person.to_numpy(),
            "age": (cut - known["at"]).dt.total_seconds().to_numpy() / 86400,
        }
    )
    rest = [basket[basket != seed] for basket, seed in zip(baskets, seeds, strict=True)]
    return Round(frame, [str(names.get(thing, "")) for thing in things], seeds, rest)


def _sequence_round(lines: list[list[str]]) -> Round:
    """The last item of each line is asked for, what stands before it is known."""
    known = [line[:-1] for line in lines if len(line) > 1]
    things = {thing: number for number, thing in enumerate(sorted({t for k in known for t in k}))}
    frame = pd.DataFrame(
        [
            (person, things[thing], person, float(len(line) - place))
            for person, line in enumerate(known)
            for place, thing in enumerate(line)
        ],
        columns=["basket", "thing", "person", "age"],
    )
    asked = [
        (things[line[-2]], things[line[-1]])
        for line in lines
        if len(line) > 1 and line[-1] in things and line[-1] != line[-2]
    ]
    return Round(
        frame,
        [""] * len(things),
        np.array([seed for seed, _ in asked]),
        [np.array([target]) for _, target in asked],
        is_ordered=True,
    )
