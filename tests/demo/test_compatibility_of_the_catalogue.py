"""The demo's catalogue is known by construction: what compatibility lets pass has to fit."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import attributes_of
from listing_assistant.catalogue.services import load_starter_taxonomy
from listing_assistant.demo.catalogue import DemoListing, plan_listings
from listing_assistant.demo.goes_with import fits_known
from recommender.compatibility import Verdict, judge
from recommender.fitment import Claim, Fitment, current_fitment


@pytest.fixture
def fitment(db) -> Fitment:
    load_starter_taxonomy()
    return current_fitment()


@pytest.fixture
def claims(fitment) -> list[tuple[DemoListing, dict[int, Claim]]]:
    """What every planned thing that meets a pair of the vocabulary says, read as it is listed:
    by its title and by those attributes that its seller stated."""
    known = []
    for listing in plan_listings():
        category = Category.objects.get(slug=listing.category, taxonomy__name="starter")
        if category.pk in fitment.roles:
            ids = {each.attribute.name: each.attribute_id for each in attributes_of(category)}
            stated = [(ids[name], text) for name, text in listing.attributes.items() if name in ids]
            known.append((listing, fitment.claims(category.pk, listing.title, stated)))
    return known


def test_nothing_that_may_be_shown_is_known_not_to_fit(fitment, claims):
    verdicts = Counter(
        (judge(one, other, fitment), fits_known(a, b))
        for (a, one), (b, other) in combinations(claims, 2)
    )
    assert verdicts[Verdict.FITS, False] == 0
    assert verdicts[Verdict.UNRELATED, False] == 0
    assert verdicts[Verdict.CLASHES, True] == 0
    # It is no answer to be silent: most of what fits is found to.
    assert verdicts[Verdict.FITS, True] > verdicts[Verdict.UNKNOWN, True]
