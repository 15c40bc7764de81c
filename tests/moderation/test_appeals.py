from __future__ import annotations

from datetime import timedelta

import pytest

from listing_assistant.listings import services as listings
from listing_assistant.moderation import policy, selectors, services
from listing_assistant.moderation.errors import ModerationError
from listing_assistant.moderation.models import Case, Decision

pytestmark = pytest.mark.django_db


@pytest.fixture
def removal(case, mona) -> Decision:
    return services.decide_case(case=case, moderator=mona, action="remove", reason="Counterfeit.")


def test_an_appeal_opens_a_case_with_the_first_decision_as_its_reason(removal, alice):
    appeal = services.appeal_decision(decision=removal, seller=alice, text="I have the receipt.")
    assert (appeal.case.kind, appeal.case.risk) == ("appeal", policy.APPEAL_RISK)
    assert "Counterfeit." in appeal.case.reason


def test_an_upheld_appeal_brings_the_listing_back(removal, live_listing, alice, mona):
    appeal = services.appeal_decision(decision=removal, seller=alice, text="Look again.")
    services.decide_case(case=appeal.case, moderator=mona, action="approve")
    live_listing.refresh_from_db()
    assert live_listing.state == "live"
    assert selectors.standing_decision(live_listing) is None


def test_what_was_held_when_it_was_removed_comes_back_on_sale(case, live_listing, alice, mona):
    listings.hold_listing(listing=live_listing, reason="?")
    removal = services.decide_case(case=case, moderator=mona, action="remove", reason="x")
    appeal = services.appeal_decision(decision=removal, seller=alice, text="Look again.")
    services.decide_case(case=appeal.case, moderator=mona, action="approve")
    live_listing.refresh_from_db()
    assert live_listing.state == "live"


def test_a_refused_appeal_changes_nothing(removal, live_listing, alice, mona):
    appeal = services.appeal_decision(decision=removal, seller=alice, text="Please.")
    services.decide_case(case=appeal.case, moderator=mona, action="remove", reason="Still not.")
    live_listing.refresh_from_db()
    assert live_listing.state == "removed"


def test_one_appeal_a_decision_with_a_text_and_in_time(removal, alice):
    with pytest.raises(ModerationError, match="Say why"):
        services.appeal_decision(decision=removal, seller=alice, text="  ")
    services.appeal_decision(decision=removal, seller=alice, text="Look again.")
    with pytest.raises(ModerationError, match="cannot be appealed"):
        services.appeal_decision(decision=removal, seller=alice, text="And again.")


def test_an_appeal_can_come_too_late(removal, alice):
    Decision.objects.update(made_at=removal.made_at - policy.APPEAL - timedelta(days=1))
    with pytest.raises(ModerationError, match="cannot be appealed"):
        services.appeal_decision(decision=removal, seller=alice, text="Look again.")
    assert not Case.objects.filter(kind="appeal").exists()


def test_a_stranger_cannot_appeal(removal, charlie):
    with pytest.raises(ModerationError, match="another seller"):
        services.appeal_decision(decision=removal, seller=charlie, text="Let her.")
