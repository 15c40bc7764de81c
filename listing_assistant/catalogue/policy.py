"""Numbers that people decide for the vocabulary."""

from __future__ import annotations

# Of a hundred details suggested this many must be right, unless a category says otherwise. A wrong
# detail costs a buyer a return; a silent assistant costs the seller one question.
TARGET_PRECISION = 0.85
# What a category may ask for: below, most guesses would pass; above, nothing ever would.
LEAST_TARGET_PRECISION = 0.5
MOST_TARGET_PRECISION = 0.99
