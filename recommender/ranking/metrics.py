"""What /metrics says of the ranker."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

MILLISECONDS = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.5)

RANKER_SECONDS = Histogram(
    "ranker_seconds", "Time that scoring a strip's candidates took", buckets=MILLISECONDS
)
RANKER_OUTCOMES = Counter(
    "ranker_outcomes", "ranked, or why not: missing, corrupt, slow, failed", ["outcome"]
)
SHADOW_OUTCOMES = Counter(
    "ranker_shadow_outcomes", "Strips offered to a shadow: scored, dropped, failed", ["outcome"]
)
RANKER_DRIFT = Gauge(
    "ranker_drift",
    "Population stability index of the last watched day against training: the worst column",
    ["release"],
)
