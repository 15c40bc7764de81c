"""News for the layers above. Sent inside the transaction that made it true."""

from django.dispatch import Signal

# kwargs: listing, previous (State value)
state_changed = Signal()
# kwargs: listing — texts, photos, category, condition or attributes of a listing changed
content_changed = Signal()
# kwargs: kind ("click", "search", "watch", "unwatch", "cart", "offer", "buy_now", "purchase",
# "bid", "refund"), listing (None for a search), user (None if anonymous), session_key, data (dict),
# agent (of clicks and searches: what the browser calls itself; it tells robots and is not kept)
behaviour = Signal()
