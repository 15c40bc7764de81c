"""Which category a listing belongs to: its words, its photos and its neighbours vote.

The category paths are encoded once and kept in files named by their hash, so that a taxonomy of
ten thousand leaves costs three matrix products a listing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ml.artefacts import Artefact, CorruptArtefactError, IncompatibleArtefactError, load_artefact
from ml.category.model import (
    FORMAT_VERSION,
    KIND,
    UNTRAINED,
    CategoryConfig,
    CategoryTower,
    Vectors,
    Weights,
)
from ml.category.signals import Keys, Said, known_share, softmax, tower_keys, tower_query
from ml.category.taxonomy import CategorySpec, Lexicon
from ml.encoders.base import TextEncoder
from ml.photo_space import PhotoSpace

LONGEST_TITLE = 1000  # characters: sellers who paste a description get no better answer from more
VOTES = 10.0  # log-odds when all neighbours agree: more than a vague title, less than a clear one


@dataclass(frozen=True, slots=True)
class CategoryCandidate:
    """`confidence` is the chance of this category by the weights; `evidence` names its reasons."""

    id: int
    confidence: float
    evidence: tuple[str, ...]


class CategoryModel:
    """A trained tower. `reads_photos` is false where photos come from another release."""

    def __init__(self, artefact: Artefact, text_release: str, photo_release: str | None) -> None:
        self.config = _config_of(artefact)
        if self.config.text_release != text_release:
            raise IncompatibleArtefactError(
                artefact.folder,
                f"was trained on text encoder {self.config.text_release}, not {text_release}; fit "
                "it for this encoder with python -m ml.category.fit",
            )
        self.reads_photos = self.config.photo_release == photo_release
        self.release = artefact.release
        self.tower = CategoryTower(self.config).eval()
        tensors = {name: array.astype(np.float32) for name, array in artefact.tensors.items()}
        try:
            self.tower.load_state_dict(
                {name: torch.from_numpy(array) for name, array in tensors.items()}
            )
        except RuntimeError as error:
            raise CorruptArtefactError(artefact.folder, "weights do not fit the config") from error

    def weights_for(self, categories: Sequence[CategorySpec]) -> Weights:
        """Fitted on leaves that training saw, or on leaves that were held back from it."""
        familiar = known_share(self.config, categories) >= self.config.familiar_share
        return self.config.familiar if familiar else self.config.foreign


def load_category(
    folder: Path, text_encoder: TextEncoder, photo_release: str | None = None
) -> CategoryModel:
    """Read an artefact for this text encoder and, if given, photos of that mismatch release.

    Raises ArtefactError; a CategoryRetriever does without the model.
    """
    artefact = load_artefact(folder, kind=KIND, format_version=FORMAT_VERSION)
    return CategoryModel(artefact, text_encoder.release, photo_release)


class CategoryRetriever:
    """Suggests categories for a listing. `photo_space` opens the photo signal.

    Without a `model` the frozen encoder, words and photos decide alone.
    """

    def __init__(
        self,
        text_encoder: TextEncoder,
        photo_space: PhotoSpace | None = None,
        model: CategoryModel | None = None,
        cache: Path | None = None,
    ) -> None:
        self._encoder = text_encoder
        self._space = photo_space
        self._cache = cache
        self.model = model
        self.weights = UNTRAINED
        self.index([])

    def index(self, categories: Sequence[CategorySpec]) -> None:
        """Take a taxonomy; encodes it unless the cache holds the same one already."""
        self._categories = tuple(categories)
        self._places = {category.id: place for place, category in enumerate(categories)}
        sentences = [category.sentence for category in categories]
        rows = self._kept("text", self._encoder.release, sentences, self._encoder.encode)
        self.keys = Keys(Lexicon(categories), rows, self._tower_keys(rows), self._photo_keys())
        if self.model:
            self.weights = self.model.weights_for(categories)

    def suggest(
        self,
        title: str,
        photo_vectors: NDArray[np.float32] | None = None,
        neighbours: Sequence[tuple[int, float]] = (),
        k: int = 5,
    ) -> list[CategoryCandidate]:
        """The k best categories, best first; none for an empty taxonomy.

        `photo_vectors` (photos, dim) lie in the photo space; `neighbours` are (category id,
        weight) of similar listings. Without a title the other signals decide.
        """
        if not self._categories:
            return []
        title = title[:LONGEST_TITLE]
        signals, words = self.keys.signals(self._said(title, photo_vectors))
        votes = self._votes(neighbours)
        logits = self.weights.as_array() @ signals + np.float32(VOTES) * votes
        chances = softmax(logits)
        seen = float(signals[3].max())
        candidates = []
        for place in best_places(logits, k):
            evidence = list(dict.fromkeys(words.get(place, [])))
            evidence += ["photo"] if seen > 0 and signals[3, place] >= seen else []
            evidence += ["similar listings"] if votes[place] > 0 else []
            reasons = tuple(evidence or [_unnamed_reason(title)])
            candidates.append(
                CategoryCandidate(self._categories[place].id, float(chances[place]), reasons)
            )
        return candidates

    def _said(self, title: str, photo_vectors: NDArray[np.float32] | None) -> Said:
        text = self._encoder.encode([title])[0] if title.strip() else None
        photo = None
        if photo_vectors is not None and len(photo_vectors) and self._space is not None:
            mean = np.atleast_2d(np.asarray(photo_vectors, np.float32)).mean(axis=0)
            photo = mean / max(float(np.linalg.norm(mean)), 1e-6)
        query = None
        if self.model and (text is not None or photo is not None):
            known = photo if self.model.reads_photos else None
            query = tower_query(self.model.tower, self.model.config, title, text, known)
        return Said(title, text, query, photo)

    def _votes(self, neighbours: Sequence[tuple[int, float]]) -> NDArray[np.float32]:
        """Share of the neighbours' weight in each category; unknown categories do not vote."""
        votes = np.zeros(len(self._categories), np.float32)
        for category, weight in neighbours:
            if category in self._places and weight > 0:
                votes[self._places[category]] += weight
        total = float(votes.sum())
        return votes / np.float32(total) if total else votes

    def _tower_keys(self, sentences: Vectors) -> Vectors | None:
        if self.model is None or not self._categories:
            return None
        model, categories = self.model, self._categories
        named = [category.sentence for category in categories]
        paths = [category.path for category in categories]
        return self._kept(
            "tower",
            model.release,
            [*named, *paths],
            lambda _: tower_keys(model.tower, model.config, categories, sentences),
        )

    def _photo_keys(self) -> Vectors | None:
        if self._space is None or not self._categories:
            return None
        texts = [category.photo_sentence for category in self._categories]
        return self._kept("photo", self._space.release, texts, self._space.encode_titles)

    def _kept(
        self,
        kind: str,
        release: str,
        texts: Sequence[str],
        encode: Callable[[Sequence[str]], Vectors],
    ) -> Vectors:
        """Unit rows of `texts`, from the cache file of exactly these texts when there is one."""
        if not texts:
            return np.zeros((0, 0), np.float32)
        if self._cache is None:
            return np.asarray(encode(texts), np.float32)
        digest = hashlib.sha256("\n".join([kind, release, *texts]).encode()).hexdigest()[:16]
        path = self._cache / f"categories-{kind}-{digest}.npy"
        if path.exists():
            held: Vectors = np.load(path, allow_pickle=False)
            return held
        rows = np.asarray(encode(texts), np.float32)
        self._cache.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.part.npy")
        np.save(draft, rows, allow_pickle=False)
        draft.rename(path)
        return rows


def best_places(scores: NDArray[np.float32], k: int) -> list[int]:
    """Places of the k highest, best first; ties by place. Sorts only what may be among them."""
    places = np.arange(len(scores))
    if k < len(scores):
        places = np.flatnonzero(scores >= np.partition(scores, len(scores) - k)[len(scores) - k])
    order = np.argsort(-scores[places], kind="stable")[:k]
    return [int(place) for place in places[order]]


def _unnamed_reason(title: str) -> str:
    return "meaning of the title" if title.strip() else "photo"


def _config_of(artefact: Artefact) -> CategoryConfig:
    try:
        return CategoryConfig.from_mapping(artefact.config)
    except (KeyError, TypeError) as error:
        raise IncompatibleArtefactError(artefact.folder, f"config lacks {error}") from error
