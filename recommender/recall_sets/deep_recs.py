"""What a network makes of the words of both items (seed: DeepRecs).

Trained on co-purchases it needs none of the seed's own: a listing of a minute ago has complements.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from recommender.complements.inference import DEEPRECS, ComplementsError, complements
from recommender.recall_sets.base import Candidate, RecallError, Seed
from recommender.recall_sets.catalogue import MOST_LOOKED_UP, Catalogue, LiveCatalogue
from recommender.recall_sets.choosing import best, within


@dataclass(frozen=True)
class DeepRecs:
    """One matrix product over the related categories, and one look-up of what was found."""

    catalogue: Catalogue = field(default_factory=LiveCatalogue)

    name: ClassVar[str] = "deep_recs"

    def candidates(self, seed: Seed, *, limit: int) -> list[Candidate]:
        return by_model(DEEPRECS, seed, self.catalogue, "bought with things described alike", limit)


def by_model(
    kind: str, seed: Seed, catalogue: Catalogue, reason: str, limit: int
) -> list[Candidate]:
    """The best of a trained model that are for sale. Raises RecallError."""
    try:
        found = complements(kind, seed, limit=MOST_LOOKED_UP)
    except ComplementsError as error:
        raise RecallError(str(error)) from error
    if not found:
        return []
    listed = within(seed, (pk for pk, _ in found), catalogue)
    return best(
        (Candidate(pk, score, reason=reason) for pk, score in found if pk in listed), limit=limit
    )
