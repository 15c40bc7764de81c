"""What buyers do with a listing: watch, cart, buy, offer, bid. Test mode: no money moves.

Every function is one transaction, raises ListingError and tells the recommender by the
`behaviour` signal. `session_key` links what a person does with what the person was shown.
"""

from .cart import CartLine, add_to_cart, change_quantity, check_out, remove_from_cart
from .offers import (
    accept_offer,
    close_auction,
    decline_offer,
    make_offer,
    place_bid,
    withdraw_offer,
)
from .sales import buy_now, refund_order
from .watching import unwatch, watch

__all__ = [
    "CartLine",
    "accept_offer",
    "add_to_cart",
    "buy_now",
    "change_quantity",
    "check_out",
    "close_auction",
    "decline_offer",
    "make_offer",
    "place_bid",
    "refund_order",
    "remove_from_cart",
    "unwatch",
    "watch",
    "withdraw_offer",
]
