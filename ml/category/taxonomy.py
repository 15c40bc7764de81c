"""Categories as a marketplace names them: their sentences, and the words that name them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.category.words import Word, phrases_of, words_of

SEPARATOR = " > "
MOST_SYNONYMS = 5  # in a sentence: beyond these it says little of any of them
HEAD_BONUS = 0.15  # "phone case": the last word of the title's match names the thing
_PART = 0.5  # of a phrase's score, for single words of it
_WEAK = frozenset(
    ("and", "or", "of", "for", "the", "a", "an", "with", "in", "other", "accessory", "supply")
)


@dataclass(frozen=True, slots=True)
class CategorySpec:
    """A leaf category; `path` goes from broad to narrow, joined by ` > `."""

    id: int
    path: str
    synonyms: tuple[str, ...] = ()

    @property
    def parts(self) -> list[str]:
        return self.path.split(SEPARATOR)

    @property
    def leaf(self) -> str:
        return self.parts[-1]

    @property
    def sentence(self) -> str:
        """Leaf first, for it says most; then where it stands and what else it is called."""
        *above, leaf = self.parts
        names = ", ".join([leaf, *self.synonyms[:MOST_SYNONYMS]])
        return f"{names} in {', '.join(reversed(above))}" if above else names

    @property
    def photo_sentence(self) -> str:
        """What a photo of such a thing is compared with."""
        return f"a photo of a {self.leaf.lower()}"


class Lexicon:
    """Words of leaf names and synonyms, rarer words weighing more."""

    def __init__(self, categories: Sequence[CategorySpec]) -> None:
        self._phrases: dict[str, list[int]] = {}  # spaceless phrase -> places of categories
        self._words: dict[str, list[int]] = {}
        own = [self._take(place, category) for place, category in enumerate(categories)]
        counts = Counter(word for words in own for word in words)
        rarity = {word: math.log1p(len(own) / count) for word, count in counts.items()}
        totals = [sum(rarity[word] for word in words) or 1.0 for words in own]
        self._totals = np.array(totals, np.float32)
        self._rarity = rarity

    def scores(
        self, title: str, words: Sequence[Word]
    ) -> tuple[NDArray[np.float32], dict[int, list[str]]]:
        """Share of each leaf's words that the title says, and what of the title says them.

        0 to 1 + HEAD_BONUS: a whole phrase counts double, the more the later it stands.
        """
        said: dict[int, list[str]] = {}
        scores = np.zeros(len(self._totals), np.float32)
        for form in {word.form for word in words} & self._words.keys():
            for place in self._words[form]:
                scores[place] += self._rarity[form] / self._totals[place]
                said.setdefault(place, []).append(form)
        scores = np.minimum(scores, np.float32(1.0)) * np.float32(_PART)
        phrases = phrases_of(words)
        for phrase in phrases.keys() & self._phrases.keys():
            first, last = phrases[phrase]
            stated = title[words[first].start : words[last].end]
            for place in self._phrases[phrase]:
                scores[place] = max(scores[place], 1.0 + HEAD_BONUS * (last + 1) / len(words))
                said.setdefault(place, []).insert(0, stated)
        return scores, said

    def _take(self, place: int, category: CategorySpec) -> set[str]:
        own: set[str] = set()
        for name in (category.leaf, *category.synonyms):
            forms = [word.form for word in words_of(name)]
            if forms:
                self._phrases.setdefault("".join(forms), []).append(place)
            own |= {form for form in forms if form not in _WEAK and len(form) > 1}
        for word in own:
            self._words.setdefault(word, []).append(place)
        return own
