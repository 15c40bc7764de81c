"""Numbers that people decide for the recommender."""

from __future__ import annotations

from datetime import timedelta

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
    "related_queries": 0.4,
    "complementary_of_similar": 0.4,
    "popular_aspect": 0.25,
    # Trained on the links of one shop, it did no better than popularity on those held out.
    "visual": 0.2,
    "popular": 0.15,
    "fresh": 0.1,
}
RANK_OFFSET = 10
# The merge is learnt from so many occasions at least, and from no more than the other.
LEAST_LESSONS = 200
MOST_LESSONS = 1500

# --- Serving strips -----------------------------------------------------------------------------

# After so many failures in a row a recall set is left alone for a while.
BREAKER_FAILURES = 5
BREAKER_SECONDS = 60.0
# A process's first strips wait so long for models and vocabulary, then go on without.
WARM_UP_SECONDS = 5
# A late set is to blame if it ran for this share of the time; else it had to wait for a thread.
OWN_SHARE_OF_TIME = 0.7
# The merged list is looked at so many at a time until enough of it may be shown.
LOOKED_AT_ONCE = 110
MERGED_CANDIDATES = 160
# More than a strip shows: what is sold while the list is in the cache has a substitute.
KEPT_CANDIDATES = 24
# The ladder finds so many more than a strip must have, from so many leaves at once, not all of
# them in a department of thousands.
LADDER_SPARE = 4
LEAVES_AT_ONCE = 40
MOST_LEAVES = 400
NEWEST_EACH = 4
# No strip is one seller's shop window.
MOST_OF_A_SELLER = 3
# What needs repair goes with nothing.
CONDITIONS_LEFT_OUT = frozenset({"parts"})
# "Bought together" is the seed and so many more, none of which costs more than it does.
BUNDLE_ADDITIONS = 2
BUNDLE_SHARE_OF_SEED_PRICE = 1.0
# Which recall sets' word makes it "frequently bought together".
BOUGHT_TOGETHER = frozenset({"related_products"})
# A cart's strip is made for its newest things.
CART_SEEDS = 5

# --- Recall sets --------------------------------------------------------------------------------

# Items of one product that its related product may propose: some are sold by now.
ITEMS_A_PRODUCT = 3
# Searches of a visit that still say what it is about, and what each older one is worth.
SEARCHES_LOOKED_AT = 3
OLDER_SEARCH_WORTH = 0.5
# Beside a cheaper seed.
DEARER_THAN_SEED_WORTH = 0.25
# A product with so many related ones needs no help of those like it.
ENOUGH_RELATED_PRODUCTS = 4
SIMILAR_LOOKED_AT = 20
# Of a category's aspects that buyers hold on to, so many are looked for.
ASPECTS_A_CATEGORY = 2
# New things that nobody has looked at get so many places among the candidates.
FRESH_QUOTA = 6
FRESH_LOOKED_AT = 20

# --- Compatibility ------------------------------------------------------------------------------

# Attributes by name, in lower case, that say whose the thing is but not which one: where a pair of
# categories agrees on something finer, these can only forbid.
BRAND_NAMES = frozenset({"brand"})
# Words that make another model of the one named before them: "iPhone 15" is not "iPhone 15 Pro".
MODEL_SUFFIXES = frozenset(
    {
        *("pro", "max", "plus", "mini", "ultra", "fe", "lite", "se", "neo", "xl", "fold", "flip"),
        *("air", "edge", "note", "active", "prime", "play", "power", "turbo", "zoom", "compact"),
        *("ii", "iii", "iv", "vr", "vita", "portal", "move", "classic", "one", "series", "nord"),
    }
)
# What a number after a model measures, so that it is no part of the name: "iPhone 15 128 GB".
UNITS_IN_TITLES = frozenset(
    {
        *("gb", "tb", "mb", "mm", "cm", "m", "in", "w", "v", "mah", "ah", "hz", "g", "gen", "mp"),
        *("pack", "pcs", "pieces", "piece", "x", "pc"),
    }
)
NEGATIONS = frozenset({"not", "no", "without", "except", "nicht", "ohne", "pas", "sans"})
# In an accessory's title a brand before these is its maker, a brand after them what it is made for.
# Without accents, as title_reading.py reads.
MADE_FOR = frozenset({"for", "fits", "fit", "compatible", "fur", "pour", "para", "per", "voor"})
# Texts of an attribute, or words in a title, that say it fits all.
UNIVERSAL = (
    "universal", "all phones", "any phone", "all smartphones", "all models", "all laptops",
    "any laptop", "all cameras", "all consoles", "all printers",
)  # fmt: skip

# --- Offline aggregation ------------------------------------------------------------------------

# How far back behaviour is looked at, and after how many days it counts half as much. The log goes
# back EVENT_RETENTION_DAYS (settings.py): what is longer here has an effect where that is raised.
PURCHASE_DAYS = 365
PURCHASE_HALF_LIFE = 180.0
VIEW_DAYS = 60
VIEW_HALF_LIFE = 20.0
SEARCH_DAYS = 60
SEARCH_HALF_LIFE = 30.0
# What is done within so many minutes after a search was done because of it.
QUERY_MINUTES = 30
# A robot's or reseller's basket is cut to its newest things: pairs grow with the square.
LARGEST_BASKET = 100
LARGEST_ASPECT_BASKET = 30
# What an act says of a listing, beside a look at it. A refund takes its purchase back.
ACT_WORTH = {
    "click": 1.0,
    "watch": 2.0,
    "cart": 3.0,
    "offer": 3.0,
    "bid": 3.0,
    "purchase": 5.0,
    "refund": -5.0,
}
# Fewer people, or visits, than this are chance, and might be known by what they did.
LEAST_CATEGORY_BUYERS = 5
LEAST_PRODUCT_BUYERS = 2
LEAST_VISITS = 2
LEAST_CATEGORY_OCHIAI = 0.02
LEAST_PRODUCT_OCHIAI = 0.01
LEAST_VIEW_OCHIAI = 0.01
# A category is related to itself where its buyers buy so often in it on average (eBay's d).
SELF_CATEGORY_PURCHASES = 1.5
# What is likely of a category where nobody bought yet, on the scale of the cosine: that its things
# fit another's, and that it is like the categories beside it.
FITTING_PRIOR = 0.3
SIBLING_PRIOR = 0.5
# So many are kept of each key.
RELATED_CATEGORIES = 12
RELATED_PRODUCTS = 50
CO_VIEWED = 50
RELATED_QUERIES = 20
POPULAR_ITEMS = 60
ITEMS_KEPT_A_PRODUCT = 20
IMPORTANT_ASPECTS = 5
LEAST_ASPECT_PAIRS = 20
# Of the likelihood-ratio test: independent values would show more in one category of a hundred.
LEAST_ASPECT_EVIDENCE = 6.63

# --- Events -------------------------------------------------------------------------------------

EVENTS_A_BATCH = 500
# An app that was offline for a week may still tell; what is older is refused.
EVENT_OLDEST = timedelta(days=7)
# Clocks are off by minutes, not by hours; what is ahead by less happened now.
EVENT_AHEAD = timedelta(minutes=5)
# For as long as an event could be accepted again, and two days more for a stream that stands still.
STORED_IDS_KEPT = EVENT_OLDEST + timedelta(days=2)
# Six full batches a minute; an app that was offline for long waits between them.
EVENTS_A_MINUTE = 3000
# Nobody opens and searches more than one thing a second for a whole minute.
PACE_A_MINUTE = 60
VIEWED_WITHIN = timedelta(hours=1)
# A visit, with a pause for lunch; as many queries and items as a strip may want.
SESSION_KEPT = timedelta(hours=2)
SESSION_LENGTH = 20

# --- Reports ------------------------------------------------------------------------------------

# The last days are held out: what was known before them answers, what was bought in them judges.
HELD_OUT_DAYS = 7
MOST_HELD_OUT_DAYS = 90
# What is bought so long after a look at a listing, or after buying it, could have come from its
# strip.
AFTER_A_LOOK = timedelta(days=1)
AFTER_A_PURCHASE = timedelta(days=7)
# A seed whose product was bought less often before the cut is cold.
WARM_PURCHASES = 5
# The part of the things for sale that is called popular.
HEAD = 0.1
# What a report's words call few, enough and too much: occasions judged, strips that are filled, the
# share of places that goes to what is popular.
FEW_OCCASIONS = 100
GOOD_COVERAGE = 0.99
MUCH_TO_HEAD = 0.5
# So many listings for sale stand for all in questions of coverage, so many occasions for all that
# is bought; a quick report takes less of both.
LISTINGS_ASKED = 600
OCCASIONS_ASKED = 1500
QUICK_ASKED = 120
CURVE_ASKED = 250
# Cosines below which pairs are left out, for the curve of coverage and quality.
THRESHOLDS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2)

# --- Complements by trained models --------------------------------------------------------------

# How much a category's own cosine adds to its items' scores: 0 leaves it to the network.
CATEGORY_PRIOR = 0.25
# New things are candidates after so long at most, when something changed; seeds are so at once.
COMPLEMENTS_REBUILT_AFTER = timedelta(minutes=5)

# --- Ranking ------------------------------------------------------------------------------------

# What was done to a listing counts half as much after so many days.
HISTORY_HALF_LIFE = 14.0
HISTORY_DAYS = 60
# A new listing's rates are its category's until it was shown, clicked or bought about so often.
SHOWN_STRENGTH = 50.0
CLICK_STRENGTH = 20.0
PURCHASE_STRENGTH = 5.0
# Added to the deviation of a viewer's prices, in logarithms: nobody is that particular.
PRICE_DEVIATION = 0.25

# --- Similar items ------------------------------------------------------------------------------

# Candidates in all that are ranked, and how many of the best are re-ranked.
RANKED_CANDIDATES = 500
RERANKED = 60
# How much a promoted listing's ad rate moves it up, and how much of a strip's relevance (its
# discounted gain by the ranker's own score) all such moves together may cost.
AD_WEIGHT = 0.15
MOST_RELEVANCE_LOSS = 0.05
# Of MMR: 1 looks at relevance alone.
RELEVANCE_SHARE = 0.8
# Places of a strip that show something from further down, so that it can be learnt about.
EXPLORED_PLACES = 1
EXPLORATION_SHARE = 0.1
# Candidates of a recall set, and how many neighbours of a seed are looked at for them.
SIMILAR_A_SET = 100
NEAR_LOOKED_AT = 300
# Where a category has fewer things, those of its department are near, too.
SMALL_CATEGORY = 60
# Times the seed's price, or shares of it: the narrowest band with enough in it is looked in.
PRICE_BANDS = (2.0, 4.0)
ENOUGH_IN_BAND = 60
# Of a seller's things, a category's or a product's, so many of the newest are looked through.
ROWS_LOOKED_THROUGH = 2000
SELLERS_STYLE_QUOTA = 24
FRESH_OF_CATEGORY = 40
# Of what a visit opened, so many say what it is about now.
RECENT_LOOKED_AT = 5

# --- Training the ranker ------------------------------------------------------------------------

# Days to learn from; what is done with a listing so long after a strip was seen belongs to it.
RANKER_DAYS = 30
AFTER_A_STRIP = timedelta(days=1)
# Of more strips the newest teach.
MOST_STRIPS_LEARNT = 150_000
# The last parts of the strips, by time: one chooses weights and trees, the other judges.
VALIDATION_SHARE = 0.2
TEST_SHARE = 0.2
# Strips with something done in them, and purchases in each part, below which nothing is learnt.
LEAST_STRIPS_LEARNT = 200
LEAST_PURCHASES_A_PART = 10
# What a place shows by chance counts as often as it was unlikely, but not oftener than this.
MOST_INVERSE_PROPENSITY = 5.0
# Tuning's trials; a quick training's.
RANKER_TRIALS = 30
QUICK_TRIALS = 3

# --- Watching the ranker ------------------------------------------------------------------------

# Of live strips, the share that a candidate in shadow scores, too, and whose columns are counted;
# more than so many at a time in one process are dropped.
WATCHED_SHARE = 0.1
WATCHED_WAITING = 64
# Counts go to the database after so many strips or so long.
WATCHED_AT_ONCE = 50
WATCHED_WITHIN = timedelta(seconds=20)
# Of the population stability index: from here on a look is due, from there on an alarm.
DRIFT_NOTICED = 0.1
DRIFT_ALARM = 0.25
# A day with fewer strips says too little.
LEAST_STRIPS_WATCHED = 30

# --- Experiments --------------------------------------------------------------------------------

MOST_ARMS = 5
# What an arm may make of a recipe's numbers, from the least to the most.
RECIPE_BOUNDS = {
    "ad_weight": (0.0, 2.0),
    "most_relevance_loss": (0.0, 0.5),
    "most_of_seller": (1, 12),
    "relevance_share": (0.0, 1.0),
    "exploration_share": (0.0, 0.5),
}
# How often the intervals of an experiment may miss the truth, over all looks at it, and how often
# the alarm of arms that are not shared out as planned may be false.
EXPERIMENT_ERRORS = 0.05
RATIO_ERRORS = 0.001
# Below these nothing is said of an arm: a few people are not a bell curve.
LEAST_UNITS_AN_ARM = 100
LEAST_ACTS_AN_ARM = 10
# What was done before the first exposure and explains what is done after it (CUPED).
COVARIATE_DAYS = 14
# A purchase or watch belongs to a strip when the listing was clicked there so long before.
ATTRIBUTED_WITHIN = timedelta(days=7)
# Strips of an arm that may take so much longer than the control's, at the 95th percentile.
SLOWER_BY_MOST = 0.2

# --- Items as the ranker knows them -------------------------------------------------------------

# Fewer clicks, decayed, say too little of a category's new listings: its department then does.
PRIOR_CLICKS = 100.0
# The item table is built anew on the same day when so much of it has changed, as often as takes so
# much of the time at most: a small one within a minute, that of a million after an hour or two.
TABLE_CHANGED_SHARE = 0.01
TABLE_SHARE_OF_TIME = 0.05
# What a person did counts half as much after so many days; of so many listings, those that the
# person did most with.
TASTE_HALF_LIFE = 30.0
TASTE_DAYS = 90
TASTE_LISTINGS = 300

# --- Reasons and personal pages -----------------------------------------------------------------

# Cosines from which the reason on a card may speak of photos or titles: with the bundled encoders
# fewer than one pair of things in a hundred are so alike, of one category one in ten.
LOOKS_ALIKE = 0.8
READS_ALIKE = 0.8
# What is for sale for so many days is "just listed".
JUST_LISTED_DAYS = 2.0
# "Picked for you" starts from so many things of this visit, and as many of before.
PICKED_SEEDS = 3
# Strips of "because you watched …", and for how many days what was done still says something.
BECAUSE_STRIPS = 2
PERSONAL_DAYS = 60
# How many of what a person is not interested in are looked at, and how long a visit's are kept.
MOST_HIDDEN = 500
HIDDEN_KEPT = timedelta(days=30)
