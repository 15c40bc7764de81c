"""Which words of a title speak against the photos, and what the title would have to do without.

Both are found by leaving words out and judging again, so they hold for any model that judges.
Everything asked of the model at once is asked in one batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ml.mismatch.threshold import sigmoid

Verdict = Literal["match", "unsure", "mismatch"]
Span = tuple[int, int]
# Titles to the log-odds (n,) of a mismatch with the photos in question.
LogitsOf = Callable[[Sequence[str]], NDArray[np.float64]]
VerdictOf = Callable[[float], Verdict]

# A word is under suspicion from this share of the worst word's contribution; such neighbours are
# one phrase, of so many words at most: "navy blue", "iPhone 13 Pro".
SUSPICIOUS_SHARE = 0.4
LONGEST_PHRASE = 3
# Of this many of the worst words every two are left out together: more cost time and clear no more.
PAIRED_WORDS = 3

# These name nothing that a photo could deny, though leaving one out may bend the sentence.
FUNCTION_WORDS = frozenset(
    {
        *("a", "an", "and", "as", "at", "by", "for", "from", "in", "into", "is", "of", "off", "on"),
        *("or", "per", "plus", "the", "this", "to", "under", "up", "w", "with"),
    }
)

_WORD = re.compile(r"[^\W_]+(?:[-'’.&][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class WordEvidence:
    """What a word or phrase of the title adds to the log-odds of a mismatch; positive: denied.

    `title[start:end] == text`.
    """

    start: int
    end: int
    text: str
    contribution: float


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The least that the title must lose for the verdict to be no longer "mismatch".

    `words` stand at `spans` of the title judged; `title` is what is left, with its own score.
    """

    spans: tuple[Span, ...]
    words: tuple[str, ...]
    title: str
    score: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class TitleEvidence:
    """`words` do not overlap, the most suspicious first."""

    words: tuple[WordEvidence, ...]
    counterfactual: Counterfactual | None


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """A shortened title and its log-odds."""

    spans: tuple[Span, ...]
    title: str
    logit: float


def word_spans(title: str) -> list[Span]:
    """Of the words that name something; of all words where none does."""
    found = list(_WORD.finditer(title))
    naming = [match for match in found if match.group().lower() not in FUNCTION_WORDS]
    return [match.span() for match in naming or found]


def explain_title(
    title: str, logit: float, logits_of: LogitsOf, verdict_of: VerdictOf
) -> TitleEvidence:
    """Leave out every word, every suspicious phrase, and where it takes that, two words.

    `logit` is that of the whole title, which has at least one word. `verdict_of` takes a score.
    """
    spans = word_spans(title)
    if len(spans) == 1:
        (start, end) = spans[0]
        return TitleEvidence((WordEvidence(start, end, title[start:end], logit),), None)
    singles = _leave_out(title, [(span,) for span in spans], logits_of)
    verdict = verdict_of(_score(logit))
    if verdict == "match":
        return TitleEvidence(_evidence(title, logit, singles), None)
    phrases = _leave_out(title, [(span,) for span in _phrases(title, logit, singles)], logits_of)
    words = _evidence(title, logit, [*_outside(singles, phrases), *phrases])
    if verdict == "unsure":
        return TitleEvidence(words, None)
    found = _first_cleared(title, (singles, phrases), verdict_of)
    if found is None:
        pairs = _leave_out(title, _pairs(singles), logits_of)
        found = _first_cleared(title, (pairs,), verdict_of)
    return TitleEvidence(words, found)


def _leave_out(
    title: str, chosen: Sequence[tuple[Span, ...]], logits_of: LogitsOf
) -> list[_LeftOut]:
    """The title without each choice of spans; a choice that leaves no word is not judged."""
    shortened = [(spans, _without(title, spans)) for spans in chosen]
    kept = [(spans, shorter) for spans, shorter in shortened if _WORD.search(shorter)]
    if not kept:
        return []
    logits = logits_of([shorter for _, shorter in kept])
    return [_LeftOut(*one, float(logit)) for one, logit in zip(kept, logits, strict=True)]


def _without(title: str, spans: Sequence[Span]) -> str:
    for start, end in sorted(spans, reverse=True):
        title = title[:start] + title[end:]
    return " ".join(title.split())


def _phrases(title: str, logit: float, singles: Sequence[_LeftOut]) -> list[Span]:
    """Runs of neighbours that are all under suspicion, with nothing but space between them."""
    worst = max(logit - one.logit for one in singles)
    runs: list[list[Span]] = [[]]
    for one in singles:
        span = one.spans[0]
        apart = runs[-1] and not title[runs[-1][-1][1] : span[0]].isspace()
        suspected = worst > 0 and logit - one.logit >= SUSPICIOUS_SHARE * worst
        if apart or not suspected or len(runs[-1]) == LONGEST_PHRASE:
            runs.append([])
        if suspected:
            runs[-1].append(span)
    return [(run[0][0], run[-1][1]) for run in runs if len(run) > 1]


def _outside(singles: Sequence[_LeftOut], phrases: Sequence[_LeftOut]) -> list[_LeftOut]:
    """The words that are in no phrase."""
    covered = [phrase.spans[0] for phrase in phrases]
    return [
        one
        for one in singles
        if not any(start <= one.spans[0][0] and one.spans[0][1] <= end for start, end in covered)
    ]


def _pairs(singles: Sequence[_LeftOut]) -> list[tuple[Span, ...]]:
    worst = sorted(singles, key=lambda one: one.logit)[:PAIRED_WORDS]
    return [
        tuple(sorted((*first.spans, *second.spans))) for first, second in combinations(worst, 2)
    ]


def _evidence(title: str, logit: float, left_out: Sequence[_LeftOut]) -> tuple[WordEvidence, ...]:
    evidence = [
        WordEvidence(start, end, title[start:end], logit - one.logit)
        for one in left_out
        for start, end in one.spans
    ]
    return tuple(sorted(evidence, key=lambda word: -word.contribution))


def _first_cleared(
    title: str, attempts: Sequence[Sequence[_LeftOut]], verdict_of: VerdictOf
) -> Counterfactual | None:
    """The best of the first attempt that changes the verdict: fewer words before a better score."""
    for attempt in attempts:
        best = min(attempt, key=lambda one: one.logit, default=None)
        if best is None:
            continue
        verdict = verdict_of(score := _score(best.logit))
        if verdict != "mismatch":
            words = tuple(title[start:end] for start, end in best.spans)
            return Counterfactual(best.spans, words, best.title, score, verdict)
    return None


def _score(logit: float) -> float:
    return float(sigmoid(np.array(logit)))
