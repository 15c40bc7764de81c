"""Numbers that people decide for the recommender."""

from __future__ import annotations

# --- Products -----------------------------------------------------------------------------------

# Attributes by name, in lower case, that make two things of a category the same product.
IDENTIFYING = frozenset(
    {
        *("brand", "model", "type", "compatible model", "compatible brand", "storage capacity"),
        *("lens mount", "compatible mount", "laptop size", "compatible laptop size", "platform"),
        *("compatible platform", "author", "title", "isbn", "mpn", "connector", "metal"),
    }
)
LEAST_IDENTIFYING = 2
LONGEST_QUERY = 120

# --- Strips -------------------------------------------------------------------------------------

STRIP_SIZE = 12
# A strip of fewer looks like a mistake; the ladder goes on until it has as many.
LEAST_SHOWN = 4
CANDIDATES_A_SET = 60

# --- Merging ------------------------------------------------------------------------------------

# How far each recall set is trusted where nothing was learnt from purchases yet; its order is that
# of the sets' reasons, too.
SET_WORTH = {
    "related_products": 1.0,
    "co_views": 0.8,
    "compatibility": 0.7,
    "deep_recs": 0.6,
    "visual": 0.4,
    "related_queries": 0.4,
    "complementary_of_similar": 0.4,
    "popular_aspect": 0.25,
    "popular": 0.15,
    "fresh": 0.1,
}
RANK_OFFSET = 10
