"""People's numbers about listings and photos. Change them here; nothing else repeats them."""

from .models import State

# --- Photos -------------------------------------------------------------------------------------

MAX_PHOTOS = 12
MAX_PHOTO_BYTES = 25 * 1024 * 1024
# A 64-megapixel phone photo fits; decoded, it takes about 200 MB.
MAX_PHOTO_PIXELS = 65_000_000
# Below this neither a person nor the assistant can tell what is shown.
MIN_PHOTO_SIDE = 64
# Longest side in pixels, largest first: zoom and models, page, cards.
VARIANTS = {"full": 1600, "large": 800, "small": 320}
# The full variant is also what rotation starts from, so it keeps more.
WEBP_QUALITY = {"full": 88, "large": 82, "small": 80}
# An image that no photo uses may still come back by "undo" for this long.
UNUSED_IMAGE_HOURS = 24

# --- Fields -------------------------------------------------------------------------------------

# ISO 4217 code → decimal places of its amounts.
CURRENCIES = {
    **dict.fromkeys(("USD", "EUR", "GBP", "CAD", "AUD", "CHF", "SEK", "NOK", "DKK", "PLN"), 2),
    **dict.fromkeys(("JPY", "KRW"), 0),
}
MAX_QUANTITY = 10_000
MAX_VALUES_PER_ATTRIBUTE = 20

# --- States -------------------------------------------------------------------------------------

# A reserved listing is promised to a buyer and a held one is being looked at: neither may change.
EDITABLE_STATES = frozenset({State.DRAFT, State.LIVE, State.ENDED})
# Where a listing may go from each state. The services in services/states.py are the only movers.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.LIVE, State.HELD, State.REMOVED}),
    State.LIVE: frozenset(
        {State.RESERVED, State.SOLD, State.ENDED, State.HELD, State.DRAFT, State.REMOVED}
    ),
    State.RESERVED: frozenset({State.LIVE, State.SOLD, State.HELD, State.REMOVED}),
    State.HELD: frozenset({State.LIVE, State.DRAFT, State.ENDED, State.REMOVED}),
    State.SOLD: frozenset({State.LIVE}),
    State.ENDED: frozenset({State.LIVE, State.HELD, State.REMOVED}),
    # Only by undoing the moderator's decision.
    State.REMOVED: frozenset({State.LIVE, State.HELD, State.DRAFT, State.ENDED}),
}
# Seen by nobody but the seller and the moderators.
HIDDEN_STATES = frozenset({State.DRAFT, State.HELD, State.REMOVED})
