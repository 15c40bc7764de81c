"""Whether a text holds whole trees, before LightGBM's library is given it.

The library trusts what it parses: a number that is none ends the process, a child that points back
up lets a prediction run for ever. Checksums tell what was damaged; this tells what was never whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

HEAD, END = "tree\n", "end of trees"
CATEGORICAL = 1  # bit of decision_type

Whole = NDArray[np.int64]


class TreesError(Exception):
    """The text is no whole model; the message says where."""


def check_trees(text: str) -> int:
    """How many columns the trees read. Raises TreesError."""
    if not text.startswith(HEAD) or f"\n{END}\n" not in text:
        raise TreesError("the text is no whole model of LightGBM")
    body = text.encode()
    start = body.find(b"Tree=")
    end = body.find(f"\n{END}\n".encode()) + 1
    head = _lines(body[: start if start >= 0 else end].decode())
    columns = int(_whole(head, "max_feature_idx", 1)[0]) + 1
    sizes = _whole(head, "tree_sizes")
    if len(head.get("feature_names", "").split()) != columns:
        raise TreesError("feature_names and max_feature_idx differ")
    if start < 0 or int(sizes.sum()) != end - start or (sizes <= 0).any():
        raise TreesError("tree_sizes do not add up to the trees")
    for number, size in enumerate(sizes.tolist()):
        try:
            _check_tree(_lines(body[start : start + size].decode()), number, columns)
        except TreesError as error:
            raise TreesError(f"tree {number}: {error}") from error
        start += size
    return columns


def _check_tree(told: Mapping[str, str], number: int, columns: int) -> None:
    if told.get("Tree") != str(number) or told.get("is_linear", "0") != "0":
        raise TreesError("not the tree that is due")
    leaves = int(_whole(told, "num_leaves", 1)[0])
    if leaves < 1 or not np.isfinite(_numbers(told, "leaf_value", leaves)).all():
        raise TreesError("leaves that are no numbers")
    if leaves == 1:
        return
    features, types = (
        _whole(told, name, leaves - 1) for name in ("split_feature", "decision_type")
    )
    if features.min() < 0 or features.max() >= columns:
        raise TreesError("a split of a column that there is not")
    thresholds = _numbers(told, "threshold", leaves - 1)
    _check_children(told, leaves)
    _check_codes(told, thresholds[(types & CATEGORICAL).astype(bool)])


def _check_children(told: Mapping[str, str], leaves: int) -> None:
    """Every node but the root is the child of exactly one node above it; leaf k is written −1 − k.

    LightGBM numbers nodes as it splits them, so that a parent has the lesser number.
    """
    parents = np.tile(np.arange(leaves - 1), 2)
    children = np.concatenate(
        [_whole(told, f"{side}_child", leaves - 1) for side in ("left", "right")]
    )
    inner, outer = children[children >= 0], -1 - children[children < 0]
    if sorted(inner.tolist()) != list(range(1, leaves - 1)):
        raise TreesError("nodes without one parent each")
    if sorted(outer.tolist()) != list(range(leaves)):
        raise TreesError("leaves without one parent each")
    if (children[children >= 0] <= parents[children >= 0]).any():
        raise TreesError("a node below itself")


def _check_codes(told: Mapping[str, str], thresholds: NDArray[np.float64]) -> None:
    """The threshold of a split by codes names one of the tree's sets of codes."""
    count = int(_whole(told, "num_cat", 1)[0])
    if not count:
        if len(thresholds):
            raise TreesError("a split by codes that there are not")
        return
    bounds = _whole(told, "cat_boundaries", count + 1)
    words = _whole(told, "cat_threshold")
    if bounds[0] != 0 or bounds[-1] != len(words) or (np.diff(bounds) < 0).any():
        raise TreesError("sets of codes that do not fit")
    if not np.isin(thresholds, np.arange(count)).all():
        raise TreesError("a split by codes that there are not")


def _lines(text: str) -> dict[str, str]:
    return dict(_pairs(text))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, sign, value = line.partition("=")
        if sign:
            yield name, value


def _whole(told: Mapping[str, str], name: str, count: int | None = None) -> Whole:
    parts = _parts(told, name, count)
    try:
        return np.array([int(part) for part in parts], dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise TreesError(f"{name}: {error}") from error


def _numbers(told: Mapping[str, str], name: str, count: int) -> NDArray[np.float64]:
    parts = _parts(told, name, count)
    try:
        return np.array([float(part) for part in parts])
    except ValueError as error:
        raise TreesError(f"{name}: {error}") from error


def _parts(told: Mapping[str, str], name: str, count: int | None) -> list[str]:
    parts = told.get(name, "").split()
    if count is not None and len(parts) != count:
        raise TreesError(f"{name}: {len(parts)} numbers for {count}")
    return parts
