"""When the vectors of what is for sale are made anew: one process at a time, others go on reading.

A process killed on the way leaves the snapshot in service as it was, and gives the lock back.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import structlog

from recommender import policy
from recommender.complements import inference, selectors, snapshot
from recommender.complements.inference import KINDS, ComplementsError
from recommender.inference import release_in_service
from recommender.locks import only_here
from recommender.selectors import newest_revision

if TYPE_CHECKING:
    from ml.deeprecs.predict import DeepRecs

log = structlog.get_logger()


def build_due() -> bool:
    """Build the snapshots that are due; False while another process is at it."""
    with only_here("complements") as is_mine:
        if not is_mine:
            return False
        for kind in KINDS:
            try:
                if is_due(kind):
                    _build(kind)
            except ComplementsError as error:
                log.warning("complements_not_built", kind=kind, reason=str(error))
        return True


def build(kind: str) -> int | None:
    """Build the snapshot of a kind, due or not; how many listings are in it.

    None while another process is at it. Raises ComplementsError.
    """
    with only_here("complements") as is_mine:
        return _build(kind) if is_mine else None


def is_due(kind: str) -> bool:
    """Another model answers, or the market changed and the last building is a while ago."""
    made, model = _manifest(kind), inference.model_in_service(kind)
    if made is None or made.release != inference.release_of(model):
        return True
    if time.time() - made.built_at < policy.COMPLEMENTS_REBUILT_AFTER.total_seconds():
        return False
    return made.state != _state(model)


def _state(model: DeepRecs) -> str:
    """Of the market; and of the items' vectors, which come later than the items, where they are
    read."""
    market = selectors.state_of_market()
    release = release_in_service() if model.config.dense_dim else None
    return market if release is None else f"{market} {newest_revision(release)}"


def _manifest(kind: str) -> snapshot.Manifest | None:
    try:
        return snapshot.read_manifest(inference.snapshot_root(kind))
    except snapshot.SnapshotError as error:
        log.warning("complements_manifest_unreadable", kind=kind, reason=str(error))
        return None


def _build(kind: str) -> int:
    started = time.time()
    model = inference.model_in_service(kind)
    # Before the listings: what changes while they are read makes the next building due.
    state = _state(model)
    release = inference.release_of(model)
    candidates = _candidates(model)
    snapshot.publish(
        inference.snapshot_root(kind), candidates, release=release, state=state, at=started
    )
    seconds = round(time.time() - started, 1)
    log.info("complements_built", kind=kind, items=len(candidates.ids), seconds=seconds)
    return len(candidates.ids)


def _candidates(model: DeepRecs) -> snapshot.Candidates:
    bought = selectors.purchase_counts()
    ids, categories, counts = [], [], []
    vectors = [np.empty((0, model.dim), np.float32)]
    for chunk in selectors.for_sale():
        known, rows = inference.encode_candidates(model, chunk)
        units = selectors.unit_of(known)
        ids += [each.listing_id for each in known]
        categories += [each.category_id or 0 for each in known]
        counts += [bought[units[each.listing_id]] for each in known]
        vectors.append(rows)
    return snapshot.Candidates(
        ids=np.array(ids, dtype=np.int64),
        categories=np.array(categories, dtype=np.int64),
        vectors=np.concatenate(vectors),
        gains=inference.popularity_gains(model, counts),
    )
