"""People's numbers: what a mismatch leads to, and how moderators work."""

from datetime import timedelta

# A published listing with this mismatch score waits for a person before buyers see it.
HOLD_SCORE = 0.97
# From this score a person looks at it while it is on sale.
REVIEW_SCORE = 0.80
# The seller was warned and said that the photo is right: people lie less often than models err.
SELLER_INSISTED_FACTOR = 0.85

# A buyer's report starts here; each further one moves it towards certainty by this share.
REPORT_RISK = 0.55
REPORT_STEP = 0.25
# An appeal is about somebody's income: it goes before most other cases.
APPEAL_RISK = 0.9

# Somebody else's photo: rarely urgent, seldom an accident.
DUPLICATE_RISK = 0.6
# A photo in the listings of this many sellers is a maker's or a stock photo and no longer a case.
STOCK_SELLERS = 5
# So many candidates are compared with a photo pixel by pixel, about 0.07 s each: those with the
# closest prints, and those with the closest vectors among similar listings.
MOST_CLOSE = 6
MOST_LIKELY = 4
# Published listings whose comparison got lost are made up for in steps of this many, seconds long.
PHOTO_SWEEP = 5

# A detail that sellers state otherwise than the assistant reads it, when it is as sure as this. The
# details that a buyer pays for; of others a wrong word is a matter between the two.
CLAIM_CONFIDENCE = 0.9
CLAIM_ATTRIBUTES = ("Brand", "Colour", "Model")
# It reads words better than sellers pick from lists, but nobody is harmed before a look at it.
CLAIM_RISK = 0.6

# A case is one moderator's for this long after the last look.
LEASE = timedelta(minutes=10)
# A decision can be undone by whoever made it for this long.
UNDO = timedelta(minutes=10)
# A seller can appeal for this long.
APPEAL = timedelta(days=30)

REASONS = {
    "wrong_photo": "The photo shows another thing than the title says.",
    "stock_photo": "The photo is not of the item that is for sale.",
    "unclear_photo": "The photo does not show the item well enough to judge it.",
    "wrong_category": "The listing is in the wrong category.",
    "wrong_details": "A detail is not what the title or the photos say.",
    "misleading_title": "The title names something that is not part of the sale.",
    "forbidden": "This may not be sold here.",
}
REPORT_REASONS = {
    "not_as_shown": "Photo and title do not match",
    "counterfeit": "I think it is counterfeit",
    "forbidden": "It may not be sold here",
    "scam": "I think it is a scam",
    "other": "Something else",
}
