"""What the recall sets of one strip of similar items share: the item table, and what the seed is
near to. All of it is read when it is first asked for, so that what is wrong with the database is a
set's fault and not the strip's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray

from listing_assistant.remembered import Remembered
from recommender import inference, policy
from recommender.indexes.following import Field
from recommender.indexes.inference import index_of
from recommender.items.columns import Ids, Numbers, key_of
from recommender.items.table import ItemTable
from recommender.products import product_keys_of
from recommender.recall_sets.base import Seed
from recommender.selectors import vector_to_search_with
from recommender.vectors import Vector, VectorError, unpack

log = structlog.get_logger()

Scored = tuple[int, float]  # listing id, score; best first
Read = TypeVar("Read")

_release_of_models = Remembered(inference.release_in_service)
NO_ROWS = np.empty(0, np.int64)


@dataclass(frozen=True)
class SeedVectors:
    """Unit vectors of one release; `title` is None before the title is encoded by itself."""

    release: str
    item: Vector
    title: Vector | None

    def by(self, field: Field) -> Vector | None:
        return self.item if field == Field.ITEM else self.title


@dataclass(eq=False)
class Surroundings:
    """Of one seed; safe to share between the threads that ask its sets.

    `table` is None before one was built: then there is what the indexes and the database say.
    """

    seed: Seed
    table: ItemTable | None
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _read: dict[str, Any] = field(default_factory=dict)

    @property
    def near(self) -> list[Scored]:
        """The nearest by photos and title with their cosines: of the seed's category; of its
        department where that is small; from anywhere where even that is next to nothing."""
        return self._once("near", lambda: self._nearest(Field.ITEM))

    @property
    def near_titles(self) -> list[Scored]:
        """As `near`, by titles alone."""
        return self._once("near_titles", lambda: self._nearest(Field.TITLE))

    @property
    def product_key(self) -> str:
        """Of the seed's product; empty for none."""
        return self._once("product_key", self._read_product_key)

    @property
    def department(self) -> int:
        """The root of the seed's category, 0 where the table knows none."""
        return self._once("department", self._read_department)

    def rows_of(self, ids: list[int]) -> Ids:
        """The table's rows of these listings, -1 for those that are not in it."""
        wanted = np.array(ids, dtype=np.int64)
        return np.full(len(ids), -1) if self.table is None else self.table.rows_of(wanted)

    def rows_of_product(self) -> Ids:
        """Newest first, as are the next two."""
        key = key_of(self.product_key)
        return self.table.of_product(key) if self.table and key else NO_ROWS

    def rows_of_seller(self) -> Ids:
        return self.table.of_seller(self.seed.seller_id) if self.table else NO_ROWS

    def rows_of_category(self) -> Ids:
        category = self.seed.category_id
        return self.table.of_category(category) if self.table and category else NO_ROWS

    def likeness(self, rows: Ids) -> Numbers:
        """Cosines of the table's rows with the seed by photos and title, (n,); 0 where one of the
        two has no vector, or theirs are of two releases."""
        vectors = self._vectors()
        if self.table is None or vectors is None:
            return np.zeros(len(rows), np.float32)
        joint = self.table.items.joint
        if vectors.release != self.table.release or joint.shape[1] != len(vectors.item):
            return np.zeros(len(rows), np.float32)
        cosines: Numbers = joint.take(rows, axis=0).astype(np.float32) @ vectors.item
        return cosines

    # --- Reading --------------------------------------------------------------------------------

    def _once(self, name: str, read: Callable[[], Read]) -> Read:
        """A lock for each name, so that the two searches run side by side."""
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._read:
                self._read[name] = read()
            found: Read = self._read[name]
            return found

    def _vectors(self) -> SeedVectors | None:
        return self._once("vectors", self._read_vectors)

    def _read_vectors(self) -> SeedVectors | None:
        row = int(self.rows_of([self.seed.listing_id])[0])
        if self.table is not None and row >= 0:
            items = self.table.items
            item, title = (each[row].astype(np.float32) for each in (items.joint, items.text))
            if item.any():
                return SeedVectors(self.table.release, item, title if title.any() else None)
        stored = vector_to_search_with(
            listing_id=self.seed.listing_id, models_release=_release_of_models()
        )
        if stored is None:
            return None
        try:
            title = None if stored.title is None else unpack(stored.title)
            return SeedVectors(stored.release, unpack(stored.item), title)
        except VectorError as error:
            log.warning("embedding_skipped", listing=self.seed.listing_id, reason=str(error))
            return None

    def _nearest(self, by: Field) -> list[Scored]:
        vectors = self._vectors()
        vector = vectors.by(by) if vectors else None
        if vectors is None or vector is None:
            return []
        index = index_of(vectors.release, by)
        most, category = policy.NEAR_LOOKED_AT, self.seed.category_id
        found = self._but_the_seed(index.search(vector, most, category=category))
        if category is None or len(found) >= policy.SMALL_CATEGORY:
            return found
        known = {pk for pk, _ in found}
        anywhere = self._but_the_seed(index.search(vector, most))
        beside = [each for each in anywhere if each[0] not in known]
        found += self._of_department(beside)
        if len(found) < policy.LEAST_SHOWN:
            return anywhere
        return sorted(found, key=lambda each: (-each[1], each[0]))

    def _but_the_seed(self, found: list[Scored]) -> list[Scored]:
        return [each for each in found if each[0] != self.seed.listing_id]

    def _of_department(self, found: list[Scored]) -> list[Scored]:
        """All of them where no table says what is of which."""
        if self.table is None:
            return found
        rows = self.rows_of([pk for pk, _ in found])
        fits: NDArray[np.bool_] = self.table.items.departments.take(np.maximum(rows, 0)) == (
            self.department
        )
        fits &= rows >= 0
        return [each for each, is_of_it in zip(found, fits, strict=True) if is_of_it]

    def _read_department(self) -> int:
        rows = self.rows_of_category()
        return int(self.table.items.departments[rows[0]]) if self.table and len(rows) else 0

    def _read_product_key(self) -> str:
        return self.seed.product_key or product_keys_of([self.seed.listing_id]).get(
            self.seed.listing_id, ""
        )
