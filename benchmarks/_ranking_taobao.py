"""Taobao's public log as a ranker's data: a visit to a category is a strip beside its first item.

A visit is one person in one category without a pause of more than PAUSE. Its first item is the
seed; candidates are all other items of the category, whether or not anybody had seen them by then:
leaving those out would tell who is opened in the visit. What is done with each in the visit is its
label, pv < fav < cart < buy. Columns are counted from what was before the visit, and nothing after.

Only visits in which another item than the seed was opened say anything. Purchases among these are
few (printed): intervals are wide.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from _ranking_arms import (
    PATIENCE,
    ROUNDS,
    Periods,
    Row,
    bpr,
    judged,
    learnt,
    print_arms,
    summary,
    tuned_config,
    with_purchases,
)
from numpy.typing import NDArray

from ml.ranker.model import LEVELS, Matrix, RankerConfig, RankingData

Ids = NDArray[np.int64]

FILE = Path("text") / "taobao_userbehavior.parquet"
KINDS = ("pv", "fav", "cart", "buy")
LEVEL_OF = np.array([LEVELS.index(each) for each in ("click", "watch", "cart", "purchase")])
WORTH = np.array([1.0, 2.0, 3.0, 5.0])  # of each kind, for popularity
PAUSE = 6 * 3600
DAY = 86_400
# The log's nine days; a few events are dated outside them. Learn, choose, judge.
FIRST, END = 1_511_539_200, 1_512_316_800
CHOOSE_FROM, JUDGE_FROM = FIRST + 5 * DAY, FIRST + 7 * DAY
# Learning sees no more than so many candidates of a visit; choosing and judging see all.
MOST_LEARNT_FROM = 100
# Of what a person met last, so many stand close to what comes next.
RECENT = 10
CHUNK = 50_000
TRIALS, QUICK_TRIALS = 25, 2
QUICK_EVERY = 8
COLUMNS = (
    *(f"item_{kind}" for kind in KINDS),
    *("item_people", "item_today", "item_age", "item_share"),
    *(f"own_{kind}" for kind in KINDS),
    *("own_age", "co_views", "co_view_share", "together_with_recent"),
    *(f"category_{kind}" for kind in KINDS),
    *("person_in_category", "person_events", "seed_views", "hour"),
)


@dataclass(frozen=True)
class Visit:
    """Rows of the log, in order of time."""

    person: int
    seed: int
    category: int
    at: float
    rows: Ids


@dataclass(frozen=True, eq=False)
class Taobao:
    """The log in order of time, with people, items and categories numbered from 0."""

    people: Ids
    items: Ids
    kinds: Ids
    at: NDArray[np.float64]
    category_of: Ids  # by item
    of_category: dict[int, Ids]
    visits: list[Visit]


@dataclass(eq=False)
class Counts:
    """What had been done by a moment."""

    items: NDArray[np.float64]  # (items, kinds)
    first_seen: NDArray[np.float64]
    last_seen: NDArray[np.float64]
    people: NDArray[np.float64]  # of each item
    today: NDArray[np.float64]  # of each item, halved a day
    own: dict[int, dict[int, NDArray[np.float64]]] = field(default_factory=dict)
    own_at: dict[tuple[int, int], float] = field(default_factory=dict)
    beside: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    recent: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    in_category: Counter[tuple[int, int]] = field(default_factory=Counter)
    events: Counter[int] = field(default_factory=Counter)


def read(path: Path) -> Taobao:
    import pyarrow.parquet as pq

    table = pq.read_table(path).to_pandas()
    table = table[(table.ts >= FIRST) & (table.ts < END)].sort_values("ts", kind="stable")
    people, items = (np.unique(table[name], return_inverse=True)[1] for name in ("user", "item"))
    categories = np.unique(table.category, return_inverse=True)[1]
    category_of = np.zeros(items.max() + 1, np.int64)
    category_of[items] = categories
    kinds = table.behavior.map(KINDS.index).to_numpy(np.int64)
    at = table.ts.to_numpy(np.float64)
    order = np.argsort(category_of, kind="stable")
    starts = np.searchsorted(category_of[order], np.arange(categories.max() + 2))
    of_category = {
        category: order[starts[category] : starts[category + 1]]
        for category in range(categories.max() + 1)
    }
    visits = list(_visits(people, items, categories, at))
    visits.sort(key=lambda visit: visit.at)
    return Taobao(people, items, kinds, at, category_of, of_category, visits)


def _visits(people: Ids, items: Ids, categories: Ids, at: NDArray[np.float64]) -> Iterator[Visit]:
    order = np.lexsort((at, categories, people))
    who, what, when = people[order], categories[order], at[order]
    is_new = (np.diff(who) != 0) | (np.diff(what) != 0) | (np.diff(when) > PAUSE)
    for rows in np.split(order, np.flatnonzero(is_new) + 1):
        first = rows[0]
        if (items[rows] != items[first]).any():
            yield Visit(
                int(people[first]), int(items[first]), int(categories[first]), at[first], rows
            )


class Walk:
    """Goes through the log once, and stops at each visit to look back."""

    def __init__(self, log: Taobao) -> None:
        self.log = log
        n = len(log.category_of)
        self.counts = Counts(
            np.zeros((n, len(KINDS))),
            np.full(n, np.nan),
            np.full(n, np.nan),
            np.zeros(n),
            np.zeros(n),
        )
        self.done = 0
        self.place_of = np.full(n, -1, np.int64)  # among the candidates at hand

    def until(self, at: float) -> None:
        while self.done < len(self.log.at) and self.log.at[self.done] < at:
            self._count(self.done)
            self.done += 1

    def _count(self, row: int) -> None:
        log, counts = self.log, self.counts
        person, item, kind = int(log.people[row]), int(log.items[row]), int(log.kinds[row])
        at = float(log.at[row])
        counts.items[item, kind] += 1
        since = at - counts.last_seen[item]
        kept = 0.5 ** (since / DAY) if since == since else 0.0
        counts.today[item] = counts.today[item] * kept + 1
        counts.last_seen[item] = at
        if np.isnan(counts.first_seen[item]):
            counts.first_seen[item] = at
        own = counts.own.setdefault(person, {})
        if item not in own:
            own[item] = np.zeros(len(KINDS))
            counts.people[item] += 1
            for other in counts.recent[person]:
                counts.beside[item][other] += 1
                counts.beside[other][item] += 1
            counts.recent[person] = [item, *counts.recent[person]][:RECENT]
        own[item][kind] += 1
        counts.own_at[person, item] = at
        counts.in_category[person, int(log.category_of[item])] += 1
        counts.events[person] += 1

    def columns(self, visit: Visit, candidates: Ids) -> Matrix:
        """(n, len(COLUMNS)) as known when the visit began."""
        counts, n = self.counts, len(candidates)
        self.place_of[candidates] = np.arange(n)
        mine, mine_at = np.zeros((n, len(KINDS))), np.full(n, np.nan)
        for item, acts in counts.own.get(visit.person, {}).items():
            place = self.place_of[item]
            if place >= 0:
                mine[place], mine_at[place] = acts, counts.own_at[visit.person, item]
        together = self._together([visit.seed], n)
        with_recent = self._together(counts.recent[visit.person], n)
        self.place_of[candidates] = -1
        of_items, people = counts.items[candidates], counts.people[candidates]
        pool = counts.items[self.log.of_category[visit.category]].sum(axis=0)
        of_group = [
            *np.log1p(pool),
            counts.in_category[visit.person, visit.category],
            counts.events[visit.person],
            counts.items[visit.seed, 0],
            visit.at % DAY // 3600,
        ]
        return np.column_stack(
            [
                np.log1p(of_items),
                np.log1p(people),
                counts.today[candidates] * 0.5 ** np.nan_to_num(
                    (visit.at - counts.last_seen[candidates]) / DAY
                ),
                visit.at - counts.first_seen[candidates],
                of_items[:, 0] / max(1.0, pool[0]),
                mine,
                visit.at - mine_at,
                together,
                together / np.sqrt(np.maximum(1, people * counts.people[visit.seed])),
                with_recent,
                np.tile(of_group, (n, 1)),
            ]
        ).astype(np.float32)  # fmt: skip

    def _together(self, items: Sequence[int], n: int) -> Row:
        """By candidate (n,), how many people had met it close to one of these."""
        found = np.zeros(n)
        for item in items:
            for other, count in self.counts.beside[item].items():
                if self.place_of[other] >= 0:
                    found[self.place_of[other]] += count
        return found

    def popularity(self, candidates: Ids) -> Row:
        found: Row = self.counts.items[candidates] @ WORTH
        return found


@dataclass(frozen=True, eq=False)
class Part:
    """One period: `data` and, row by row, item, person, seed and popularity by then."""

    data: RankingData
    items: Ids
    people: Ids
    seeds: Ids
    popularity: Row


def parts(log: Taobao, quick: bool) -> dict[str, Part]:
    """train, validation, test; quick takes few of the visits."""
    ends = {"train": CHOOSE_FROM, "validation": JUDGE_FROM, "test": END}
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in ends}
    walk = Walk(log)
    rng = np.random.default_rng(0)
    # A day goes by before there is anything to count.
    for number, visit in enumerate(each for each in log.visits if each.at >= FIRST + DAY):
        walk.until(visit.at)
        name = next(name for name, end in ends.items() if visit.at < end)
        if quick and number % QUICK_EVERY:
            continue
        candidates, labels = _labelled(log, visit)
        if name == "train" and len(candidates) > MOST_LEARNT_FROM:
            candidates, labels = _some(candidates, labels, rng)
        rows[name].append(
            (
                walk.columns(visit, candidates),
                labels,
                candidates,
                np.full(len(candidates), visit.person),
                np.full(len(candidates), visit.seed),
                walk.popularity(candidates),
            )
        )
    return {name: _part(own) for name, own in rows.items()}


def _labelled(log: Taobao, visit: Visit) -> tuple[Ids, Ids]:
    """All other items of the category, and the most that was done with each in the visit."""
    candidates = log.of_category[visit.category]
    candidates = candidates[candidates != visit.seed]
    labels = np.zeros(len(log.category_of), np.int64)
    np.maximum.at(labels, log.items[visit.rows], LEVEL_OF[log.kinds[visit.rows]])
    return candidates, labels[candidates]


def _some(candidates: Ids, labels: Ids, rng: np.random.Generator) -> tuple[Ids, Ids]:
    """All that something was done with, and some of the others."""
    acted, others = np.flatnonzero(labels), np.flatnonzero(labels == 0)
    room = max(0, MOST_LEARNT_FROM - len(acted))
    kept = np.sort(np.concatenate([acted, rng.permutation(others)[:room]]))
    return candidates[kept], labels[kept]


def _part(rows: list[tuple[Any, ...]]) -> Part:
    matrices, labels, items, people, seeds, popularity = zip(*rows, strict=True)
    data = RankingData(
        np.concatenate(matrices),
        np.concatenate(labels),
        np.array([len(each) for each in labels]),
        None,
        COLUMNS,
    )
    return Part(
        data,
        np.concatenate(items),
        np.concatenate(people),
        np.concatenate(seeds),
        np.concatenate(popularity),
    )


def print_taobao(folder: Path, quick: bool) -> dict[str, Any]:
    path = folder / FILE
    if not path.exists():
        print(f"\nTaobao: {path} is not there; --data names the folder that has {FILE}")
        return {"skipped": str(path)}
    log = read(path)
    found = parts(log, quick)
    train, validation, test = (found[name] for name in ("train", "validation", "test"))
    periods = Periods(train.data, with_purchases(validation.data), test.data)
    config = RankerConfig(columns=COLUMNS, rounds=ROUNDS, patience=PATIENCE)
    tuned, trials = tuned_config(periods, config, QUICK_TRIALS if quick else TRIALS)
    scores = {name: ask(test.data.matrix) for name, ask in learnt(periods, config, tuned).items()}
    scores |= _baselines(log, test)
    figures = summary(judged(scores, test.data, config))
    sizes = {name: _sizes(part) for name, part in found.items()}
    print_arms("Taobao: visits of the last two days, all items of the category ranked", figures)
    for name, size in sizes.items():
        print(f"  {name:<12}" + ", ".join(f"{count:,} {what}" for what, count in size.items()))
    return {
        "sizes": sizes,
        "arms": figures,
        "tuned": tuned.as_json(),
        "trials": [each.as_json() for each in trials],
    }


def _baselines(log: Taobao, test: Part) -> dict[str, Row]:
    before = log.at < JUDGE_FROM
    pairs = zip(log.people[before].tolist(), log.items[before].tolist(), strict=True)
    people, items = bpr(pairs, int(log.people.max()) + 1, len(log.category_of))
    # The last of a factor is implicit's bias: popularity, no part of a likeness.
    lengths = np.linalg.norm(items[:, :-1], axis=1, keepdims=True)
    unit = items[:, :-1] / np.maximum(lengths, 1e-9)
    return {
        "popularity": test.popularity,
        "embedding similarity": _products(unit, test.items, unit, test.seeds),
        "implicit BPR": _products(people, test.people, items, test.items),
    }


def _products(a: NDArray[np.float32], a_rows: Ids, b: NDArray[np.float32], b_rows: Ids) -> Row:
    """Row by row, a few at a time."""
    parts = [
        np.einsum("nd,nd->n", a[a_rows[start : start + CHUNK]], b[b_rows[start : start + CHUNK]])
        for start in range(0, len(a_rows), CHUNK)
    ]
    return np.concatenate(parts).astype(np.float64)


def _sizes(part: Part) -> dict[str, int]:
    counts = np.bincount(part.data.labels, minlength=len(LEVELS))
    told = {name: int(count) for name, count in zip(LEVELS, counts, strict=True) if count}
    bought = part.data.group_of[part.data.labels == LEVELS.index("purchase")]
    return {"visits": len(part.data.groups), "with a purchase": len(np.unique(bought)), **told}
