"""Rules that judge drafts and share no code with the checker that makes them pass.

- `ValueJudge` looks for figures, words of praise and condition, and for values that *other*
  listings are known by, which no source of this listing holds: plain lists and string search.
- `StyleJudge` is a trigram model of sellers that no other model has read; how far a text's small
  words and marks are from sellers'; and a classifier that tries to tell them apart by these alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.description.facts import Facts
from ml.description.ngram import NgramModel, fit_ngrams, perplexity, words_of


def _group(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_SENTENCE_END = re.compile(r"[.!?;:](?:\s|$)|\n")  # no value goes on behind it
_LONGEST_VALUE = 4  # words
_PRAISE = _group(
    "amazing awesome beautiful best charming cute elegant excellent exceptional exclusive "
    "fabulous fantastic fine finest flawless gorgeous great high-quality impressive incredible "
    "lovely luxurious luxury magnificent must-have nice outstanding perfect premium pretty "
    "pristine quality rare reliable sleek special stunning stylish sturdy superb terrific trendy "
    "ultimate unique unusual versatile wonderful"
)
_CONDITION = _group(
    "new used worn unworn unused mint sealed tested working broken faulty damaged scratched "
    "scratches stain stains stained torn crack cracks chip chips flaw flaws defects authentic "
    "genuine original vintage antique refurbished boxed warranty guaranteed guarantee certified "
    "waterproof washable handmade organic"
)
# Values that are also words of any sentence: a listing may have `Set: One`.
_ORDINARY = _group(
    "a all an and any as at be by can each for from has have here i in included is it its just "
    "listed made more my no none not of off on one other others own pair part piece please sale "
    "see set size so some the them there these they this those to type up use with yes you your "
    "brand colour color material model category condition item photos ask good like fair"
)


@dataclass(frozen=True)
class ValueJudge:
    """`values` are what listings are known by, as tuples of lower-case words."""

    values: frozenset[tuple[str, ...]]

    def unsupported(self, text: str, facts: Facts) -> list[str]:
        """What `text` says and no source of the listing holds, in reading order."""
        sources = _sources(facts)
        sentences = _SENTENCE_END.split(text)
        return [claim for part in sentences for claim in self._found(_tokens(part), sources)]

    def _found(self, words: list[str], sources: list[list[str]]) -> list[str]:
        found: list[str] = []
        place = 0
        while place < len(words):
            length = self._unsupported_at(words, place, sources)
            if length:
                found.append(" ".join(words[place : place + length]))
            place += max(length, 1)
        return found

    def _unsupported_at(self, words: list[str], place: int, sources: list[list[str]]) -> int:
        """How many words from `place` on are one value that nothing holds."""
        word = words[place]
        listed = word.isdigit() or word in _PRAISE or word in _CONDITION
        if listed and not any(word in source for source in sources):
            return 1
        for length in range(_LONGEST_VALUE, 0, -1):
            run = words[place : place + length]
            if len(run) == length and tuple(run) in self.values:
                return 0 if any(_holds(source, run) for source in sources) else length
        return 0


def value_judge(listings: Iterable[Facts]) -> ValueJudge:
    """A judge that knows the attribute values of `listings`."""
    values = set()
    for facts in listings:
        for fact in facts.attributes:
            for part in [fact.value, *re.split(r"[,;/|]| and ", fact.value)]:
                words = tuple(_tokens(part))
                if 0 < len(words) <= _LONGEST_VALUE and not set(words) <= _ORDINARY:
                    values.add(words)
    return ValueJudge(frozenset(value for value in values if len("".join(value)) > 2))


def _sources(facts: Facts) -> list[list[str]]:
    texts = [facts.title, facts.category, facts.condition, facts.condition_note, facts.seller_text]
    for fact in facts.attributes:
        texts += [fact.value, f"{fact.name} {fact.value}", f"{fact.value} {fact.name}", fact.name]
    plain = [_tokens(text) for text in texts]
    # A word that ends in s is the same thing in the singular.
    return [words + [word.removesuffix("s") for word in words] for words in plain]


def _holds(source: list[str], run: list[str]) -> bool:
    return any(source[start : start + len(run)] == run for start in range(len(source)))


def _tokens(text: str) -> list[str]:
    """Figures and lower-case words; `men and women` is the list `Men, Women`."""
    return [word for word in _TOKEN.findall(text.casefold()) if word != "and"]


# --- Style --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StyleJudge:
    """How near a text is to what sellers write."""

    model: NgramModel
    human: tuple[str, ...]  # texts of other sellers, with which texts are compared

    def perplexity(self, texts: Iterable[str]) -> float:
        """Per word of all texts together; lower reads more like the sellers."""
        lines = [words_of(text) for text in texts if text.strip()]
        return perplexity(self.model, lines)

    def log_probabilities(self, text: str) -> NDArray[np.float64]:
        """Of every word of `text` and its end, (words + 1,)."""
        return self.model.log_probabilities(words_of(text))

    def divergence(self, texts: Sequence[str]) -> float:
        """Jensen–Shannon divergence, 0..1 bit, of pairs of small words and marks from sellers'."""
        frequent = frequent_words(self.human)
        return divergence(
            *(pairs_in(skeleton(text, frequent) for text in side) for side in (texts, self.human))
        )

    def separability(self, texts: Sequence[str]) -> float:
        """Area under the curve of a classifier that tells `texts` from sellers', 0.5..1.

        0.5: it cannot. It sees frequent words and marks only, so that what the things are does not
        give them away. Cross-validated in five folds.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import cross_val_predict
        from sklearn.pipeline import make_pipeline

        count = min(len(texts), len(self.human))
        frequent = frequent_words(self.human)
        said = [skeleton(text, frequent) for text in [*texts[:count], *self.human[:count]]]
        labels = np.array([1] * count + [0] * count)
        pipeline = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", min_df=3, sublinear_tf=True),
            LogisticRegression(C=1.0, max_iter=1000),
        )
        chances = cross_val_predict(pipeline, said, labels, cv=5, method="predict_proba")[:, 1]
        return area_under_curve(chances[:count], chances[count:])


def style_judge(counted: Iterable[str], human: Iterable[str]) -> StyleJudge:
    """From texts of sellers that no drafting model has read, and of others to compare with."""
    return StyleJudge(fit_ngrams(words_of(text) for text in counted), tuple(human))


def pairs_in(texts: Iterable[str]) -> Counter[tuple[str, str]]:
    return Counter(pair for text in texts for words in [text.split()] for pair in pairwise(words))


def divergence(first: Counter[tuple[str, str]], second: Counter[tuple[str, str]]) -> float:
    """Jensen–Shannon, base two: Lin, "Divergence measures based on the Shannon entropy", 1991."""
    keys = sorted(first.keys() | second.keys())
    p, q = (
        np.array([side[key] for key in keys]) / max(side.total(), 1) for side in (first, second)
    )
    mixed = (p + q) / 2
    parts = [
        np.where(side > 0, side * np.log2(np.maximum(side, 1e-300) / mixed), 0.0) for side in (p, q)
    ]
    return float(sum(part.sum() for part in parts) / 2)


def frequent_words(texts: Iterable[str], most: int = 200) -> frozenset[str]:
    """The words that texts of any subject share."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in set(words_of(text)):
            counts[word] = counts.get(word, 0) + 1
    return frozenset(sorted(counts, key=lambda word: (-counts[word], word))[:most])


def skeleton(text: str, frequent: Collection[str]) -> str:
    """`This red lamp is new.` → `this _ _ is _ .`; runs of other words are one place."""
    shown = [word if word in frequent else "_" for word in words_of(text)]
    kept = [
        word for place, word in enumerate(shown) if word != "_" or shown[place - 1 : place] != ["_"]
    ]
    return " ".join(kept)


def area_under_curve(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Chance that a positive scores above a negative, ties half."""
    order = np.sort(negative)
    below = np.searchsorted(order, positive, side="left")
    ties = np.searchsorted(order, positive, side="right") - below
    return float((below + ties / 2).mean() / len(negative))
