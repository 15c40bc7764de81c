"""Which titles are wrong for a photo: random ones, and hard ones out of the same category."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ml.records import ItemRecord

# What a hard negative should differ in, first the most visible.
LOOKS = ("Type", "Color", "Colour")
DISTINGUISHING = (*LOOKS, "Brand")

# A value is swapped for another of the narrowest category that knows so many; beyond this length
# it is a sentence.
LEAST_VALUES = 4
LONGEST_VALUE = 30

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_JOINT = re.compile(r"[-'’]")


def title_words(title: str) -> frozenset[str]:
    """Lower-case words without inner punctuation or plural s: "T-Shirts" and "Tshirt" are one."""
    return frozenset(normalised_word(word) for word in _WORD.findall(title))


def normalised_word(word: str) -> str:
    """Lower case, without inner punctuation or plural s."""
    plain = _JOINT.sub("", word).lower()
    return plain[:-1] if len(plain) > 3 and plain.endswith("s") else plain


def titles_agree(first: frozenset[str], second: frozenset[str]) -> bool:
    """One title says nothing that the other does not: no evidence that either is wrong."""
    return first <= second or second <= first


def category_groups(records: Sequence[ItemRecord], at_least: int = 8) -> list[tuple[str, ...]]:
    """For every record, source and its deepest category that holds `at_least` distinct titles.

    A leaf with one product, or one whose items share a label, offers no hard negative; its parent
    does. Records whose tree is too small everywhere share the group of their source.
    """
    titles: dict[tuple[str, ...], set[frozenset[str]]] = defaultdict(set)
    paths = [(record.source, *record.category) for record in records]
    for record, path in zip(records, paths, strict=True):
        for depth in range(1, len(path) + 1):
            titles[path[:depth]].add(title_words(record.title))
    return [
        next(
            (path[:d] for d in range(len(path), 1, -1) if len(titles[path[:d]]) >= at_least),
            path[:1],
        )
        for path in paths
    ]


def random_negatives(records: Sequence[ItemRecord], seed: int) -> NDArray[np.int64]:
    """For every record the index of another whose title does not agree with its own, or -1."""
    everyone = np.arange(len(records))
    return _choose(records, lambda _: everyone, np.random.default_rng(seed), prefer=())


def hard_negatives(
    records: Sequence[ItemRecord], seed: int, *, same_path: bool = True
) -> NDArray[np.int64]:
    """As random_negatives, out of the same category; another type, colour or brand if there is one.

    With `same_path` the whole category path must be equal, as the hard test asks; without, the
    groups of `category_groups` serve, which leave hardly any record without a negative.
    """
    paths = [(r.source, *r.category) for r in records] if same_path else category_groups(records)
    members: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, (record, path) in enumerate(zip(records, paths, strict=True)):
        if record.category:
            members[path].append(index)
    pools = {path: np.array(indices) for path, indices in members.items()}
    nobody = np.empty(0, dtype=np.int64)
    return _choose(
        records,
        lambda index: pools.get(paths[index], nobody),
        np.random.default_rng(seed),
        prefer=DISTINGUISHING,
    )


def where_they_differ(
    records: Sequence[ItemRecord], negatives: NDArray[np.int64], names: tuple[str, ...] = LOOKS
) -> NDArray[np.int64]:
    """The negatives whose record states another value of a named attribute; -1 for the rest."""
    kept = [
        other if other >= 0 and _differ(records[row], records[other], names) else -1
        for row, other in enumerate(negatives.tolist())
    ]
    return np.array(kept, dtype=np.int64)


def swapped_titles(records: Sequence[ItemRecord], seed: int, count: int) -> list[list[str]]:
    """For every record up to `count` titles in which one value gave way to another of its kind.

    "Arrow Men Formal Red Tie" becomes "Arrow Men Formal Blue Tie" where the record states the
    colour and others of its category state blue: the nearest wrong title there is. A record whose
    title repeats none of its values has none.
    """
    generator = np.random.default_rng(seed)
    paths = [(record.source, *record.category) for record in records]
    stated: dict[tuple[tuple[str, ...], str], set[str]] = defaultdict(set)
    for record, path in zip(records, paths, strict=True):
        for name, value in record.attributes.items():
            for depth in range(1, len(path) + 1):
                stated[path[:depth], name].add(value.lower())
    pools = {key: sorted(values) for key, values in stated.items()}
    return [
        _swaps_of(record, path, pools, count, generator)
        for record, path in zip(records, paths, strict=True)
    ]


def _swaps_of(
    record: ItemRecord,
    path: tuple[str, ...],
    pools: dict[tuple[tuple[str, ...], str], list[str]],
    count: int,
    generator: np.random.Generator,
) -> list[str]:
    own = title_words(record.title)
    swaps = []
    for name, value in record.attributes.items():
        span = _span_of(value, record.title)
        if span is None:
            continue
        depth = next(
            (d for d in range(len(path), 1, -1) if len(pools[path[:d], name]) >= LEAST_VALUES), 1
        )
        others = [
            other
            for other in pools[path[:depth], name]
            if len(other) <= LONGEST_VALUE and not titles_agree(title_words(other), own)
        ]
        for other in generator.permutation(np.array(others, dtype=object))[:count]:
            swaps.append(record.title[: span[0]] + str(other) + record.title[span[1] :])
    return [swaps[place] for place in generator.permutation(len(swaps))[:count]]


def _choose(
    records: Sequence[ItemRecord],
    pool_of: Callable[[int], NDArray[np.int64]],
    generator: np.random.Generator,
    prefer: tuple[str, ...],
) -> NDArray[np.int64]:
    words = [title_words(record.title) for record in records]
    chosen = np.full(len(records), -1, dtype=np.int64)
    for index in range(len(records)):
        fallback = -1
        for other in generator.permutation(pool_of(index))[:200].tolist():
            if titles_agree(words[index], words[other]):
                continue
            if not prefer or _differ(records[index], records[other], prefer):
                fallback = other
                break
            fallback = other if fallback < 0 else fallback
        chosen[index] = fallback
    return chosen


def _differ(first: ItemRecord, second: ItemRecord, names: tuple[str, ...]) -> bool:
    """Whether one of the named attributes, stated by both, has two values."""
    return any(
        first.attributes[name].lower() != second.attributes[name].lower()
        for name in names
        if name in first.attributes and name in second.attributes
    )


def _span_of(value: str, title: str) -> tuple[int, int] | None:
    """Where the title repeats a value, whatever its case and its plural s."""
    stem = value.strip().removesuffix("s")
    if len(stem) < 3 or len(value) > LONGEST_VALUE:
        return None
    found = re.search(rf"(?<!\w){re.escape(stem)}s?(?!\w)", title, re.IGNORECASE)
    return found.span() if found else None


def agreement_matrix(titles: Sequence[str], block: int = 1024) -> NDArray[np.bool_]:
    """(n, n): whether two titles agree, by `titles_agree`, through a matrix of shared words."""
    word_sets = [title_words(title) for title in titles]
    columns = {word: column for column, word in enumerate(sorted(set().union(*word_sets)))}
    holds = np.zeros((len(titles), len(columns)), dtype=np.float32)
    for row, words in enumerate(word_sets):
        holds[row, [columns[word] for word in words]] = 1
    sizes = holds.sum(axis=1)
    agree = np.empty((len(titles), len(titles)), dtype=np.bool_)
    for start in range(0, len(titles), block):
        shared = holds[start : start + block] @ holds.T  # (block, n)
        smaller = np.minimum(sizes[start : start + block, None], sizes[None, :])
        agree[start : start + block] = shared == smaller
    return agree
