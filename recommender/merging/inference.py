"""The door to the learnt merge. Model code is imported inside functions; it is numpy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import structlog

from recommender.published import file_changed_at
from recommender.recall_sets.base import Candidate
from recommender.releases.inference import artefact_folder

if TYPE_CHECKING:
    from ml.merging.model import Found, Lists
    from ml.merging.predict import Merger

log = structlog.get_logger()

KIND = "merging"


def learnt_scores(found: Mapping[str, Sequence[Candidate]]) -> dict[int, float] | None:
    """By listing; None where nothing was learnt yet or it cannot be used, or where no set that it
    knows found anything."""
    merger = _merger_in_service()
    if merger is None:
        return None
    ids, scores = merger.merge(lists_of(found))
    return dict(zip(ids.tolist(), scores.tolist(), strict=True)) or None


def lists_of(found: Mapping[str, Sequence[Candidate]]) -> Lists:
    return {name: _found(candidates) for name, candidates in found.items() if candidates}


def _found(candidates: Sequence[Candidate]) -> Found:
    from ml.merging.model import Found

    return Found(
        ids=np.array([each.listing_id for each in candidates], dtype=np.int64),
        scores=np.array([each.score for each in candidates], dtype=np.float64),
        supports=np.array([each.support for each in candidates], dtype=np.float64),
    )


def _merger_in_service() -> Merger | None:
    folder = artefact_folder(KIND)
    # None ships with the project: what sets are worth differs from marketplace to marketplace.
    changed_at = file_changed_at(folder / "SHA256SUMS")
    return _loaded(folder, changed_at) if changed_at else None


@lru_cache(maxsize=2)
def _loaded(folder: Path, changed_at: int) -> Merger | None:
    """A broken artefact is read and logged once, not for every strip."""
    from ml.artefacts import ArtefactError
    from ml.merging.predict import load_merger

    try:
        return load_merger(folder)
    except ArtefactError as error:
        log.error("merger_unused", reason=str(error))
        return None
