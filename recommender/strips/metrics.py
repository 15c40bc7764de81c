"""What /metrics says of strips."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

MILLISECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.1, 0.25, 1.0, 5.0)

RECALL_SECONDS = Histogram(
    "recall_set_seconds", "Time that a recall set took", ["recall_set"], buckets=MILLISECONDS
)
RECALL_OUTCOMES = Counter(
    "recall_set_outcomes", "Done, empty, late, failed or skipped", ["recall_set", "outcome"]
)
STRIP_SECONDS = Histogram(
    "strip_seconds", "Time that a strip took", ["strip", "cache"], buckets=MILLISECONDS
)
STRIPS = Counter(
    "strips_served", "Strips by the last step of the ladder that they needed", ["strip", "step"]
)
STRIP_ITEMS = Counter("strip_items_served", "Items by their step of the ladder", ["strip", "step"])
SHORT_STRIPS = Counter("short_strips_served", "Strips with fewer items than they should", ["strip"])
CACHE_ANSWERS = Counter(
    "strip_cache_answers", "fresh, stale, made, waited for, or without cache", ["answer"]
)
