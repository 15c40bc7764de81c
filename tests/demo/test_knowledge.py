from __future__ import annotations

import pytest

from listing_assistant.demo.catalogue import plan_listings
from listing_assistant.demo.goes_with import fits_known
from listing_assistant.demo.knowledge import what_is_known
from recommender.reports.truth import known_of


@pytest.fixture
def pairs():
    """A planned phone, a case that fits it and one that does not."""
    plans = plan_listings()
    phones = [plan for plan in plans if plan.kind == "phone"]
    cases = [plan for plan in plans if plan.kind == "phone_case"]
    phone = next(p for p in phones if any(fits_known(p, case) for case in cases))
    fitting = next(case for case in cases if fits_known(phone, case))
    other = next(case for case in cases if fits_known(phone, case) is False)
    return phone, fitting, other


def test_what_is_known_of_demo_listings_is_told_and_nothing_of_others(sell, pairs):
    phone, fitting, other = (sell(plan.title, import_key=plan.key) for plan in pairs)
    stranger = sell("A case of somebody's")

    known = what_is_known(phone.pk, [fitting.pk, other.pk, stranger.pk])

    assert known.keys() == {fitting.pk, other.pk}
    assert known[fitting.pk].fits is True and known[fitting.pk].relevance > 0.4
    assert known[other.pk].fits is False and known[other.pk].relevance == 0
    assert what_is_known(stranger.pk, [fitting.pk]) == {}


def test_reports_ask_the_demo_for_its_truth(sell, pairs):
    phone, fitting, _ = (sell(plan.title, import_key=plan.key) for plan in pairs)

    assert known_of(phone.pk, [fitting.pk])[fitting.pk].fits is True
