"""How true, how complete, how varied and how much like sellers drafts are.

- unsupported claims a draft: what `judging.ValueJudge` finds, with the checker and without it;
- coverage: share of accepted attributes whose value the draft says;
- distinct-2: different word pairs over all word pairs of all drafts (Li et al., "A
  Diversity-Promoting Objective Function for Neural Conversation Models", 2016, section 5), of the
  text and of its wording, with every word of the facts, names too, taken out;
- copied: drafts that share eight words in a row with an example, the listing's own words aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ml.description.facts import Draft, Facts, plain
from ml.description.judging import ValueJudge
from ml.description.request import DraftRequest

RUN = 8


@dataclass(frozen=True)
class Written:
    """A draft beside what it was asked for, and the engine's text before the check."""

    request: DraftRequest
    draft: Draft
    unchecked: str


def template(facts: Facts) -> str:
    """The fixed text that drafts are compared with."""
    said = " ".join(f"The {fact.name.lower()} is {fact.value}." for fact in facts.attributes)
    state = f" The condition is {facts.condition}." if facts.condition else ""
    return f"This is {facts.title}. {said}{state}"


def evaluate(written: Sequence[Written], judge: ValueJudge) -> dict[str, Any]:
    """All figures of one engine over the same listings."""
    texts = [one.draft.text for one in written]
    facts = [one.request.facts for one in written]
    templates = [template(each) for each in facts]
    checked = [judge.unsupported(one.draft.text, one.request.facts) for one in written]
    unchecked = [judge.unsupported(one.unchecked, one.request.facts) for one in written]
    return {
        "n": len(written),
        "unsupported_per_draft": mean(map(len, checked)),
        "unsupported_per_draft_unchecked": mean(map(len, unchecked)),
        "unsupported": [
            {"claim": claim, "draft": text}
            for text, claims in zip(texts, checked, strict=True)
            for claim in claims
        ],
        "coverage": coverage(texts, facts),
        "distinct_2": distinct_2(texts),
        "distinct_2_template": distinct_2(templates),
        "wording_distinct_2": distinct_2(wordings(texts, facts)),
        "wording_distinct_2_template": distinct_2(wordings(templates, facts)),
        "copied": sum(copies(one.draft.text, one.request) for one in written),
        "sentences_removed": mean(len(one.draft.removed) for one in written),
        "words_median": float(np.median([len(text.split()) for text in texts])),
        "fallbacks": sum(bool(one.draft.fallback) for one in written),
    }


def coverage(texts: Sequence[str], facts: Sequence[Facts]) -> float:
    """Share of all attributes whose value the text of its listing says, letters and digits only.

    Of a Yes or No it is the name that a sentence says: `With pockets.`
    """
    said = [
        normal(fact.name if fact.value.lower() in ("yes", "no") else fact.value) in normal(text)
        for text, known in zip(texts, facts, strict=True)
        for fact in known.attributes
    ]
    return mean(said)


def distinct_2(texts: Iterable[str]) -> float:
    pairs = [pair for text in texts for words in [text.lower().split()] for pair in pairwise(words)]
    return len(set(pairs)) / len(pairs) if pairs else 0.0


def wordings(texts: Sequence[str], facts: Sequence[Facts]) -> list[str]:
    """Texts with every word of their facts as one mark: what the writer added to them."""
    return [
        " ".join("·" if normal(word) in known else word for word in text.split())
        for text, known in zip(texts, map(_words_of_facts, facts), strict=True)
    ]


def _words_of_facts(facts: Facts) -> frozenset[str]:
    texts = [facts.title, facts.category, facts.condition]
    texts += [part for fact in facts.attributes for part in (fact.name, fact.value)]
    return frozenset(normal(word) for text in texts for word in plain(text).split()) - {""}


def copies(text: str, request: DraftRequest) -> bool:
    """Whether `RUN` words in a row are an example's, and not the listing's own."""
    own = [request.facts.title, request.facts.seller_text, request.facts.condition_note]
    own += [fact.value for fact in request.facts.attributes]
    theirs = {run for example in request.examples for run in _runs(example.text)}
    return bool((_runs(text) & theirs) - {run for each in own for run in _runs(each)})


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", text.casefold())
    return {tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}


def mean(values: Iterable[float]) -> float:
    held = list(values)
    return sum(held) / len(held) if held else 0.0


def normal(text: str) -> str:
    """Letters and digits only, without the `and` that joins a list."""
    return re.sub(r"[\W_]+", "", re.sub(r"\band\b", " ", plain(text).lower()))
