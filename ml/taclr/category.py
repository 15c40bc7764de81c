"""Which category a listing belongs to: its words, its photos and its neighbours vote.

The category paths are encoded once and kept in a file named by their hash, so that a taxonomy of
ten thousand leaves costs one matrix product a listing.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.taclr.model import TextEncoder
from ml.taclr.surface import read

SEPARATOR = " > "
# Weights of the signals in the vote, in units of the sentence encoder's cosine. On the catalogue's
# training split top-1 moves by less than 0.004 for LEXICAL from 0.2 to 1.0.
LEXICAL, PHOTO, NEIGHBOUR = 0.45, 1.0, 0.6
HEAD_BONUS = 0.15  # "phone case": the last word of the title's match names the thing
TEMPERATURE = 0.06
_WEAK = frozenset(
    ("and", "or", "of", "for", "the", "a", "an", "with", "in", "other", "accessory", "supply")
)


EncodeSentences = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class CategorySpec:
    """A leaf category; `path` goes from broad to narrow, joined by ` > `."""

    id: int
    path: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryCandidate:
    """`confidence` is relative to the other candidates; `evidence` names words and signals."""

    id: int
    confidence: float
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class _Lexicon:
    """Words of leaf names and synonyms, rarer words weighing more."""

    phrases: dict[str, tuple[int, ...]]  # spaceless phrase -> categories
    words: dict[str, tuple[int, ...]]
    weights: dict[str, float]
    totals: NDArray[np.float32]  # weight of all words of each category's leaf


class CategoryRetriever:
    """Suggests categories for a title. `encode_photo_keys` opens the photo signal."""

    def __init__(
        self,
        text_encoder: TextEncoder,
        encode_photo_keys: EncodeSentences | None = None,
        cache: Path | None = None,
    ) -> None:
        self._encoder = text_encoder
        self._encode_photo_keys = encode_photo_keys
        self._cache = cache
        self._categories: tuple[CategorySpec, ...] = ()
        self._sentences = np.zeros((0, 0), np.float32)
        self._photo_keys: NDArray[np.float32] | None = None
        self._lexicon = _Lexicon({}, {}, {}, np.zeros(0, np.float32))
        self._places: dict[int, int] = {}

    def index(self, categories: Sequence[CategorySpec]) -> None:
        """Take a taxonomy; encodes it unless the cache holds the same one already."""
        self._categories = tuple(categories)
        self._places = {category.id: place for place, category in enumerate(categories)}
        self._lexicon = _lexicon(categories)
        sentences = [_sentence(category) for category in categories]
        self._sentences = self._encoded("text", sentences, self._encoder.encode)
        if self._encode_photo_keys is not None:
            photos = [f"a photo of a {_leaf(category).lower()}" for category in categories]
            self._photo_keys = self._encoded("photo", photos, self._encode_photo_keys)

    def suggest(
        self,
        title: str,
        photo_vectors: NDArray[np.float32] | None = None,
        neighbours: Sequence[tuple[int, float]] = (),
        k: int = 5,
    ) -> list[CategoryCandidate]:
        """The k best categories, best first; none for an empty taxonomy.

        `photo_vectors` (photos, dim) lie in the space of `encode_photo_keys`; `neighbours` are
        (category id, weight) of similar listings. Without a title the other signals decide.
        """
        if not self._categories:
            return []
        scores = np.zeros(len(self._categories), np.float32)
        words: dict[int, list[str]] = {}
        if title.strip():
            scores += self._sentences @ self._encoder.encode([title])[0]
            lexical, words = self._lexical(title)
            scores += LEXICAL * lexical
        photo = self._photo_scores(photo_vectors)
        scores += np.float32(PHOTO) * photo
        votes = self._votes(neighbours)
        scores += np.float32(NEIGHBOUR) * votes
        weights = np.exp((scores - scores.max()) / TEMPERATURE)
        chances = weights / weights.sum()
        candidates = []
        for place in np.argsort(-scores, kind="stable")[:k].tolist():
            evidence = list(dict.fromkeys(words.get(place, [])))
            evidence += ["photo"] if photo[place] >= max(float(photo.max()), 1e-6) else []
            evidence += ["similar listings"] if votes[place] > 0 else []
            category = self._categories[place]
            candidates.append(
                CategoryCandidate(
                    category.id, float(chances[place]), tuple(evidence or ["meaning of the title"])
                )
            )
        return candidates

    def _lexical(self, title: str) -> tuple[NDArray[np.float32], dict[int, list[str]]]:
        """Share of each leaf's words that the title says, and which; whole phrases count double."""
        text = read(title)
        said: dict[int, list[str]] = {}
        scores = np.zeros(len(self._categories), np.float32)
        for word in text.vocabulary & self._lexicon.words.keys():
            for place in self._lexicon.words[word]:
                scores[place] += self._lexicon.weights[word] / self._lexicon.totals[place]
                said.setdefault(place, []).append(word)
        scores = np.minimum(scores, np.float32(1.0)) * np.float32(0.5)
        found = text.find(self._lexicon.phrases)
        latest = {phrase: (first, last) for phrase, first, last in found}
        for phrase, (first, last) in latest.items():
            stated = title[text.tokens[first].start : text.tokens[last].end]
            for place in self._lexicon.phrases[phrase]:
                scores[place] = max(scores[place], 1.0 + HEAD_BONUS * (last + 1) / len(text.tokens))
                said.setdefault(place, []).insert(0, stated)
        return scores, said

    def _photo_scores(self, photos: NDArray[np.float32] | None) -> NDArray[np.float32]:
        if photos is None or self._photo_keys is None or not len(photos):
            return np.zeros(len(self._categories), np.float32)
        rows = np.atleast_2d(np.asarray(photos, np.float32))  # (photos, dim)
        similar = (self._photo_keys @ rows.T).mean(axis=1)  # (categories,)
        lifted: NDArray[np.float32] = similar - similar.mean()
        return lifted

    def _votes(self, neighbours: Sequence[tuple[int, float]]) -> NDArray[np.float32]:
        """Share of the neighbours' weight in each category; unknown categories do not vote."""
        votes = np.zeros(len(self._categories), np.float32)
        for category, weight in neighbours:
            if category in self._places and weight > 0:
                votes[self._places[category]] += weight
        total = float(votes.sum())
        return votes / np.float32(total) if total else votes

    def _encoded(
        self, kind: str, texts: Sequence[str], encode: EncodeSentences
    ) -> NDArray[np.float32]:
        """Unit rows of `texts`, from the cache file of exactly these texts when there is one."""
        if self._cache is None or not texts:
            return np.asarray(encode(texts), np.float32)
        release = str(getattr(self._encoder, "release", "")) if kind == "text" else ""
        digest = hashlib.sha256("\n".join([kind, release, *texts]).encode()).hexdigest()[:16]
        path = self._cache / f"categories-{kind}-{digest}.npy"
        if path.exists():
            held: NDArray[np.float32] = np.load(path, allow_pickle=False)
            return held
        rows = np.asarray(encode(texts), np.float32)
        self._cache.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".part.npy")
        np.save(draft, rows, allow_pickle=False)
        draft.rename(path)
        return rows


def _leaf(category: CategorySpec) -> str:
    return category.path.split(SEPARATOR)[-1]


def _sentence(category: CategorySpec) -> str:
    """Leaf first, for it says most; then where it stands and what else it is called."""
    parts = category.path.split(SEPARATOR)
    words = [parts[-1], *category.synonyms[:5]]
    context = f" in {', '.join(reversed(parts[:-1]))}" if len(parts) > 1 else ""
    return ", ".join(words) + context


def _lexicon(categories: Sequence[CategorySpec]) -> _Lexicon:
    phrases: dict[str, list[int]] = {}
    words: dict[str, list[int]] = {}
    leaves: list[set[str]] = []
    for place, category in enumerate(categories):
        own: set[str] = set()
        for name in (_leaf(category), *category.synonyms):
            tokens = [token.canonical for token in read(name).tokens]
            if tokens:
                phrases.setdefault("".join(tokens), []).append(place)
            own |= {token for token in tokens if token not in _WEAK and len(token) > 1}
        leaves.append(own)
        for word in own:
            words.setdefault(word, []).append(place)
    counts = Counter(word for own in leaves for word in own)
    weights = {word: math.log1p(len(categories) / n) for word, n in counts.items()}
    totals = [sum(weights[word] for word in own) or 1.0 for own in leaves]
    return _Lexicon(
        {phrase: tuple(places) for phrase, places in phrases.items()},
        {word: tuple(places) for word, places in words.items()},
        weights,
        np.array(totals, np.float32),
    )
