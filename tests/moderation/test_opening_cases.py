from __future__ import annotations

import pytest

from listing_assistant.assistant.signals import analysis_finished
from listing_assistant.listings import services as listings
from listing_assistant.moderation import policy, selectors, services
from listing_assistant.moderation.errors import ModerationError
from listing_assistant.moderation.models import Case

pytestmark = pytest.mark.django_db


def test_a_clear_mismatch_is_held_before_any_buyer_sees_it(ready_draft, alice, mismatch_in):
    found = mismatch_in(ready_draft, 0.99)
    listing = listings.publish_listing(listing=ready_draft, user=alice)
    listing.refresh_from_db()
    assert listing.state == "held"
    assert listing.state_reason == found.label
    case = Case.objects.get(listing=listing)
    assert (case.kind, case.risk, case.suggestion) == ("mismatch", 0.99, found)


def test_a_doubtful_photo_stays_on_sale_while_a_person_looks(ready_draft, alice, mismatch_in):
    mismatch_in(ready_draft, 0.85)
    listing = listings.publish_listing(listing=ready_draft, user=alice)
    listing.refresh_from_db()
    assert listing.state == "live"
    assert Case.objects.get(listing=listing).risk == 0.85


def test_a_harmless_finding_opens_nothing(ready_draft, alice, mismatch_in):
    mismatch_in(ready_draft, policy.REVIEW_SCORE - 0.01)
    listings.publish_listing(listing=ready_draft, user=alice)
    assert not Case.objects.exists()


def test_a_seller_who_insists_lowers_the_risk_and_is_not_held(ready_draft, alice, mismatch_in):
    mismatch_in(ready_draft, 0.99, state="rejected")
    listing = listings.publish_listing(listing=ready_draft, user=alice)
    listing.refresh_from_db()
    assert listing.state == "live"
    assert Case.objects.get().risk == pytest.approx(0.99 * policy.SELLER_INSISTED_FACTOR)


def test_an_analysis_that_ends_after_publishing_still_counts(live_listing, mismatch_in):
    found = mismatch_in(live_listing, 0.99)
    analysis_finished.send(sender=type(found.analysis), analysis=found.analysis)
    live_listing.refresh_from_db()
    assert live_listing.state == "held"


def test_what_a_person_approved_is_not_held_again(ready_draft, alice, mona, mismatch_in):
    found = mismatch_in(ready_draft, 0.99)
    listing = listings.publish_listing(listing=ready_draft, user=alice)
    services.decide_case(case=Case.objects.get(), moderator=mona, action="approve")
    analysis_finished.send(sender=type(found.analysis), analysis=found.analysis)
    listing.refresh_from_db()
    assert listing.state == "live"
    assert not selectors.open_cases().exists()


def test_each_report_raises_the_risk_of_one_case(live_listing, bob, charlie):
    services.report_listing(listing=live_listing, reporter=bob, reason="scam")
    case = services.report_listing(listing=live_listing, reporter=charlie, reason="other", note="?")
    assert Case.objects.count() == 1
    assert case.risk == pytest.approx(0.55 + 0.45 * 0.25)
    assert "I think it is a scam" in case.reason


@pytest.mark.parametrize(("reason", "code"), [("", "reason"), ("nonsense", "reason")])
def test_a_report_needs_a_reason(live_listing, bob, reason, code):
    with pytest.raises(ModerationError) as refused:
        services.report_listing(listing=live_listing, reporter=bob, reason=reason)
    assert refused.value.code == code


def test_nobody_reports_their_own_listing(live_listing, alice):
    with pytest.raises(ModerationError, match="your own listing"):
        services.report_listing(listing=live_listing, reporter=alice, reason="scam")


def test_a_listing_that_its_seller_ends_needs_no_decision(case, live_listing, alice):
    listings.end_listing(listing=live_listing, user=alice)
    case.refresh_from_db()
    assert case.state == "decided"
