"""Numbers that people decide for the assistant."""

from __future__ import annotations

# A worker says so often that it is still at it, however long a step takes, and is taken for dead
# when it has not done so for the other time.
ALIVE_SECONDS = 5
CLAIM_SECONDS = 20
MAX_ATTEMPTS = 3

# "Accept all" takes what the models are this sure of; the rest stays for the seller to look at.
ACCEPT_ALL_CONFIDENCE = 0.6

CATEGORY_CANDIDATES = 5
# Below this a further candidate is noise; the best one is always shown.
LEAST_CATEGORY_CONFIDENCE = 0.02
# "It looks more like a mug" is only said when the photo alone says so clearly.
LOOKS_LIKE_CONFIDENCE = 0.3
NEIGHBOURS = 10
NEIGHBOURS_SHOWN = 3
WORDS_SHOWN = 3
# A region takes some 30 ms of a worker; nobody looks at more frames than these.
REGIONS_SHOWN = 4

# How a confidence is said in words, from the top; below the last it is "a guess".
CONFIDENCE_WORDS = ((0.85, "very likely"), (0.6, "likely"), (0.0, "a guess"))

# The quality score: what a good listing has. A hundred points in all. No data set has photos,
# details and sales of the same listings, so the parts' worth is people's; `benchmarks/quality.py`
# measures what it tells.
POINTS_PHOTOS = 25
POINTS_TITLE = 15
POINTS_CATEGORY = 10
POINTS_CONDITION = 10
POINTS_DETAILS = 20
POINTS_DESCRIPTION = 15
POINTS_PRICE = 5

PHOTOS_ENOUGH = 6
NEXT_PHOTO_WORTH = 0.6  # of the photo before it: three show most of a thing
# On the train half of the auctions of 2001 titles sell better up to eight different words, and a
# description of thirty words as well as one of two hundred; longer ones sell a little less.
TITLE_WORDS_ENOUGH = 8
TITLE_LONGEST = 80
DESCRIPTION_WORDS_ENOUGH = 30
DESCRIPTION_WORDS_MOST = 250
TITLE_FILLERS = frozenset(
    ("a", "an", "and", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "the", "with")
)
SHOUTED_SHARE = 0.7  # of the letters are capitals
SHOUTED_TITLE = ORNATE_TITLE = LONG_TITLE = 0.7
CONDITION_WITHOUT_NOTE = 0.7
# A category may know forty details: those that buyers want most count, a required one twice.
DETAILS_COUNTED = 8
REQUIRED_WORTH = 2.0
# What buyers filter by changes over weeks.
DEMAND_KEPT_SECONDS = 600

# Descriptions that show a drafter how to write. So many are looked at, so many shown; below
# "enough" of the category, those beside it are looked at too.
EXAMPLE_CANDIDATES = 40
EXAMPLES = 5
EXAMPLES_ENOUGH = 12
EXAMPLES_OWN = 3
EXAMPLES_A_SELLER = 2
# Two texts that share more than this of their runs of three words say the same.
EXAMPLES_ALIKE = 0.4
EXAMPLE_WORDS_LEAST = 12
EXAMPLE_SCORE = 50  # of the quality score's hundred
EXAMPLE_MOST_REFUNDED = 0.2  # of a seller's orders
EXAMPLE_MOST_DRAFTED = 0.5  # of a text's words

# Whose the sentences of a published text are. One within this distance of a draft's, by words, is
# that one edited; one of a draft that was not taken over counts from so many words on.
EDITED_DISTANCE = 0.5
COPIED_WORDS = 6

# Photos whose mismatch scores differ by less than this are named together.
PHOTOS_ALIKE = 0.15
# From this score on a photo is shown as one of another thing.
DOUBTED_PHOTO = 0.5
# A region that covers this much of a photo is the whole photo to anybody who looks.
WHOLE_PHOTO = 0.8
# How sure a draft is that repeats nothing but the seller's own words.
STATED_CONFIDENCE = 0.9

# The next question to a seller: what the category requires, then what helps buyers most. A filter
# used is a buyer who looks for the detail; a listing that states it only says that sellers can.
FILTERED_WEIGHT = 0.7
STATED_WEIGHT = 0.3
# The newest searches and listings tell what a category's buyers want; older ones only take time.
SEARCHES_COUNTED = 2_000
LISTINGS_COUNTED = 1_000
# Chips beside a question; who needs another value types it.
QUESTION_CHOICES = 5
# A guess likelier than not is worth telling, though not sure enough to be suggested.
GUESS_TOLD = 0.5
# A question that this share of searches filters by says so.
OFTEN_FILTERED = 0.2

# A run over everything for sale: so many listings at a time, a second or two, so that a seller's
# analysis never waits long behind them.
RUN_BATCH = 8
RUN_CLAIM_SECONDS = 60
# Sellers are told of what the models are this sure of, and of nothing less after so long.
RUN_CONFIDENCE = 0.6

# A draft's text so far is handed on this often; the page asks every second.
STREAM_SECONDS = 0.2
STREAM_KEPT_SECONDS = 600
# Versions that a page tells sentences of a draft from the seller's own words by.
VERSIONS_COMPARED = 40
