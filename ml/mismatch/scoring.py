"""Scores of right and wrong pairs, and of photos in sets: what fitting and measuring both read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.mismatch.pairs import EncodedItems
from ml.mismatch.planted import PhotoSets
from ml.mismatch.predict import MismatchPredictor
from ml.mismatch.threshold import sigmoid
from ml.negatives import swapped_titles
from ml.records import ItemRecord

SEED = 0


@dataclass(frozen=True)
class PairScores:
    """Scores of products with their own title (n,), and with the wrong one drawn for them (n,)."""

    records: list[ItemRecord]
    right: NDArray[np.float64]
    wrong: NDArray[np.float64]

    def only(self, keep: NDArray[np.bool_]) -> PairScores:
        chosen = [record for record, kept in zip(self.records, keep, strict=True) if kept]
        return PairScores(chosen, self.right[keep], self.wrong[keep])

    def labelled(
        self, rows: NDArray[np.int64] | slice = slice(None)
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores and labels (2n,), true where the title is wrong."""
        right, wrong = self.right[rows], self.wrong[rows]
        labels = np.repeat([False, True], [len(right), len(wrong)])
        return np.concatenate([right, wrong]), labels


def score_pairs(
    predictor: MismatchPredictor, items: EncodedItems, negatives: NDArray[np.int64]
) -> PairScores:
    """Score every item with its own title and with that of `negatives`, -1 leaving it out."""
    photos = predictor.project_photos(items.photos)
    titles = predictor.title_rows(items.titles, [record.title for record in items.records])
    right = items.mean_by_owner(predictor.logits(photos, titles.take(items.owner)))
    wrong = items.mean_by_owner(predictor.logits(photos, titles.take(negatives[items.owner])))
    pairs = PairScores(items.records, sigmoid(right), sigmoid(wrong))
    return pairs.only(negatives >= 0)


def score_swaps(predictor: MismatchPredictor, items: EncodedItems) -> PairScores:
    """Score every item with its own title and with one in which a single value was swapped."""
    swaps = swapped_titles(items.records, SEED, count=1)
    rows = np.array([row for row, titles in enumerate(swaps) if titles], dtype=np.int64)
    titles = [swaps[row][0] for row in rows.tolist()]
    keep = np.isin(items.owner, rows)
    photos = predictor.project_photos(items.photos)[keep]
    swapped = predictor.rows_of(titles).take(np.searchsorted(rows, items.owner[keep]))
    wrong = np.full(len(items.owner), np.nan)
    wrong[keep] = predictor.logits(photos, swapped)
    own = predictor.title_rows(items.titles, [record.title for record in items.records])
    right = predictor.logits(predictor.project_photos(items.photos), own.take(items.owner))
    return PairScores(
        [items.records[row] for row in rows.tolist()],
        sigmoid(items.mean_by_owner(right))[rows],
        sigmoid(items.mean_by_owner(wrong))[rows],
    )


def set_logits(
    predictor: MismatchPredictor, items: EncodedItems, sets: PhotoSets
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """All photos in the shared space, and the log-odds (sets, 3) of photos with their title."""
    photos = predictor.project_photos(items.photos)
    titles = predictor.title_rows(items.titles, [record.title for record in items.records])
    beside = titles.take(np.repeat(sets.record, sets.photos.shape[1]))
    logits = predictor.logits(photos[sets.photos.ravel()], beside)
    return photos, logits.reshape(sets.photos.shape)


def named_photos(
    predictor: MismatchPredictor, items: EncodedItems, sets: PhotoSets
) -> NDArray[np.int64]:
    """(sets,) the most suspicious photo where it is over the threshold, else -1."""
    photos, logits = set_logits(predictor, items, sets)
    named = np.full(len(sets.record), -1, dtype=np.int64)
    for number, (one, of) in enumerate(zip(logits, sets.photos, strict=True)):
        scores = predictor.outlier_scores(photos[of], one)
        if scores.max() >= predictor.config.outlier_above:
            named[number] = scores.argmax()
    return named
