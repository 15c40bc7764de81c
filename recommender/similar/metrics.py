"""What /metrics says of strips by the similar-item engine; the time of a whole strip is in
strips/metrics.py."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from recommender.strips.metrics import MILLISECONDS

STAGE_SECONDS = Histogram(
    "similar_stage_seconds",
    "Time of a stage: find, setting, rank, cards, rerank",
    ["strip", "stage"],
    buckets=MILLISECONDS,
)
FALLBACKS = Counter(
    "similar_ranker_fallbacks",
    "Strips ranked by similarity, by why: asked, missing, corrupt, slow, failed",
    ["strip", "reason"],
)
RANKED = Counter("similar_strips_ranked", "Strips that were ranked, by what", ["strip", "ranker"])
