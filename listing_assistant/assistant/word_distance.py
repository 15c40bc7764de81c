"""How far two texts are apart, counted in words."""

from __future__ import annotations

import numpy as np

from listing_assistant.assistant.quality import words


def word_distance(one: str, other: str) -> float:
    """Levenshtein distance over words, divided by the longer text's: 0 is the same, 1 all new.

    Case and punctuation do not count.
    """
    first, second = ([word.lower() for word in words(text)] for text in (one, other))
    longer = max(len(first), len(second))
    if not longer:
        return 0.0
    numbers = {word: number for number, word in enumerate({*first, *second})}
    targets = np.array([numbers[word] for word in second], dtype=np.int64)
    steps = np.arange(len(second) + 1)
    row = steps.copy()  # row[j]: from the words of `one` so far to the first j of `other`
    for word in first:
        best = row + 1  # the word is left out
        best[1:] = np.minimum(best[1:], row[:-1] + (targets != numbers[word]))
        # Words added cost one each: the least over all places to the left, in one pass.
        row = np.minimum.accumulate(best - steps) + steps
    return float(row[-1]) / longer
