"""What an act says: its place on the scale comes from what led to purchases."""

import numpy as np
import pytest

from ml.ranker.labels import (
    acts_mask,
    conversions,
    order_by_conversion,
    relevances,
    shares_of,
    strongest,
)
from ml.ranker.model import LEVELS, RankerConfig, Scheme


def test_acts_that_lead_to_purchases_more_often_stand_higher():
    counts = {"watch": (100, 5), "cart": (50, 20), "offer": (10, 9), "buy_now": (40, 24)}
    order = order_by_conversion(counts)
    assert order == ("none", "click", "watch", "cart", "buy_now", "offer", "purchase")


def test_equal_shares_keep_the_seeds_order_and_what_nobody_did_has_the_common_share():
    assert order_by_conversion({}) == LEVELS
    alike = {"watch": (10, 5), "cart": (20, 10), "offer": (2, 1), "buy_now": (4, 2)}
    assert order_by_conversion(alike) == LEVELS
    # Together 11 of 110; nobody made an offer, which so stands between the other two.
    told = {"watch": (100, 1), "buy_now": (10, 10)}
    assert shares_of(told)["offer"] == shares_of(told)["cart"] == 0.1
    assert order_by_conversion(told)[2:6] == ("watch", "cart", "offer", "buy_now")


def test_more_purchases_than_acts_are_refused():
    with pytest.raises(ValueError, match="cart: 3 of 2"):
        order_by_conversion({"cart": (2, 3)})


def test_a_format_has_its_own_acts_and_no_others():
    everything = {"click", "watch", "cart", "offer", "buy_now", "purchase", "bid"}
    names = {
        form: {LEVELS[place] for place in range(7) if acts_mask(everything, form) >> place & 1}
        for form in ("buy_now", "best_offer", "auction")
    }
    assert names == {
        "buy_now": {"click", "watch", "cart", "buy_now", "purchase"},
        "best_offer": {"click", "watch", "cart", "buy_now", "offer", "purchase"},
        "auction": {"click", "watch", "purchase"},
    }
    assert acts_mask({"bid"}, "auction") == 0


def test_a_place_has_the_strongest_of_its_acts_by_the_order():
    masks = np.array(
        [
            acts_mask(acts, "buy_now")
            for acts in (set(), {"click"}, {"click", "watch", "cart"}, {"click", "buy_now", "cart"})
        ]
    )
    assert [LEVELS[place] for place in strongest(masks, LEVELS)] == [
        "none",
        "click",
        "cart",
        "buy_now",
    ]
    swapped = ("none", "click", "cart", "watch", "buy_now", "offer", "purchase")
    assert LEVELS[strongest(masks, swapped)[2]] == "watch"


def test_conversions_count_each_place_once_and_only_its_own_purchase():
    places = [
        {"click", "watch"},
        {"click", "watch", "purchase"},
        {"click", "cart", "purchase"},
        {"click"},
    ]
    told = conversions(np.array([acts_mask(acts, "buy_now") for acts in places]))
    assert told == {"watch": (2, 1), "cart": (1, 1), "offer": (0, 0), "buy_now": (0, 0)}


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        (Scheme.PURCHASE, [0, 0, 0, 0, 0, 0, 1]),
        (Scheme.CLICK, [0, 1, 1, 1, 1, 1, 2]),
        (Scheme.MULTI, [0, 1, 2, 4, 3, 5, 6]),
    ],
)
def test_a_scheme_says_which_acts_are_told_apart(scheme, expected):
    order = ("none", "click", "watch", "offer", "cart", "buy_now", "purchase")
    config = RankerConfig(columns=("a",), order=order, scheme=scheme)
    assert relevances(np.arange(7), config).tolist() == expected
