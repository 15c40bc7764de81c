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

# --- Serving strips -----------------------------------------------------------------------------

# After so many failures in a row a recall set is left alone for a while.
BREAKER_FAILURES = 5
BREAKER_SECONDS = 60.0
# The merged list is looked at so many at a time until enough of it may be shown.
LOOKED_AT_ONCE = 40
# Kept beyond a strip's size: what is sold while the list is in the cache has a substitute.
KEPT_CANDIDATES = 30
# No strip is one seller's shop window.
MOST_OF_A_SELLER = 3
# What needs repair goes with nothing.
CONDITIONS_LEFT_OUT = frozenset({"parts"})
# "Bought together" is the seed and so many more, none of which costs more than it does.
BUNDLE_ADDITIONS = 2
BUNDLE_SHARE_OF_SEED_PRICE = 1.0
# A cart's strip is made for its newest things.
CART_SEEDS = 5
