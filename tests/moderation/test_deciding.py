from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from listing_assistant.listings import services as listings
from listing_assistant.moderation import policy, selectors, services
from listing_assistant.moderation.errors import ModerationError
from listing_assistant.moderation.models import Case, Decision

pytestmark = pytest.mark.django_db


def test_approving_a_held_listing_shows_it_to_buyers(case, live_listing, mona):
    listings.hold_listing(listing=live_listing, reason="?")
    decision = services.decide_case(case=case, moderator=mona, action="approve")
    live_listing.refresh_from_db()
    assert live_listing.state == "live"
    assert (decision.state_before, decision.state_after) == ("held", "live")
    assert not selectors.open_cases().exists()


def test_returning_gives_the_seller_a_draft_and_the_reason(case, live_listing, mona):
    services.decide_case(case=case, moderator=mona, action="return", reason="Wrong photo.")
    live_listing.refresh_from_db()
    assert (live_listing.state, live_listing.state_reason) == ("draft", "Wrong photo.")
    assert selectors.standing_decision(live_listing).reason == "Wrong photo."


def test_removing_takes_it_down(case, live_listing, mona):
    services.decide_case(case=case, moderator=mona, action="remove", reason="Counterfeit.")
    live_listing.refresh_from_db()
    assert live_listing.state == "removed"


@pytest.mark.parametrize("action", ["return", "remove"])
def test_a_decision_against_the_seller_needs_a_reason(case, live_listing, mona, action):
    with pytest.raises(ModerationError, match="Give a reason"):
        services.decide_case(case=case, moderator=mona, action=action, reason=" ")
    live_listing.refresh_from_db()
    assert live_listing.state == "live"
    assert not Decision.objects.exists()


def test_a_case_is_decided_once(case, mona):
    services.decide_case(case=case, moderator=mona, action="approve")
    with pytest.raises(ModerationError, match="just decided"):
        services.decide_case(case=case, moderator=mona, action="remove", reason="x")


def test_nobody_decides_about_their_own_listing(case, alice):
    with pytest.raises(ModerationError, match="your own listing"):
        services.decide_case(case=case, moderator=alice, action="approve")


def test_a_sold_listing_stays_sold_and_the_case_open(case, live_listing, mona):
    listings.mark_sold(listing=live_listing)
    Case.objects.filter(pk=case.pk).update(state="open")
    with pytest.raises(ModerationError) as refused:
        services.decide_case(case=case, moderator=mona, action="return", reason="x")
    assert refused.value.code == "state"
    live_listing.refresh_from_db()
    assert live_listing.state == "sold"


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_who_decide_at_once_one_wins(case, mona, django_user_model):
    other = django_user_model.objects.create_user(
        "max@example.org", "x", display_name="Max", roles=["moderator"]
    )

    def decide(moderator):
        try:
            services.decide_case(case=case, moderator=moderator, action="remove", reason="x")
        except ModerationError as error:
            return error.code
        finally:
            connection.close()
        return "won"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, [mona, other])) == ["decided", "won"]
    assert Decision.objects.count() == 1


def test_undo_puts_listing_and_case_back(case, live_listing, mona):
    decision = services.decide_case(case=case, moderator=mona, action="remove", reason="x")
    services.undo_decision(decision=decision, moderator=mona)
    live_listing.refresh_from_db()
    case.refresh_from_db()
    assert (live_listing.state, case.state) == ("live", "open")
    assert [row.action for row in selectors.decisions_about(live_listing)] == ["undo", "remove"]


def test_undo_works_once_for_the_one_who_decided_and_not_for_ever(case, mona, django_user_model):
    decision = services.decide_case(case=case, moderator=mona, action="remove", reason="x")
    other = django_user_model.objects.create_user("max@example.org", "x", roles=["moderator"])
    with pytest.raises(ModerationError, match="Only who decided"):
        services.undo_decision(decision=decision, moderator=other)
    late = Decision.objects.get(pk=decision.pk)
    late.made_at -= policy.UNDO + timedelta(seconds=1)
    with pytest.raises(ModerationError, match="no longer"):
        services.undo_decision(decision=late, moderator=mona)
    services.undo_decision(decision=decision, moderator=mona)
    with pytest.raises(ModerationError, match="undone already"):
        services.undo_decision(decision=Decision.objects.get(pk=decision.pk), moderator=mona)


def test_undo_leaves_a_listing_that_moved_on(case, live_listing, alice, mona):
    decision = services.decide_case(case=case, moderator=mona, action="return", reason="x")
    listings.publish_listing(listing=live_listing, user=alice)
    with pytest.raises(ModerationError, match="moved on"):
        services.undo_decision(decision=decision, moderator=mona)
    live_listing.refresh_from_db()
    assert live_listing.state == "live"


def test_a_case_is_leased_to_one_moderator_until_the_lease_ends(case, mona, django_user_model):
    other = django_user_model.objects.create_user("max@example.org", "x", roles=["moderator"])
    assert services.lease_case(case=case, moderator=mona)
    assert not services.lease_case(case=case, moderator=other)
    assert selectors.next_case(other) is None
    Case.objects.update(leased_until=case.leased_until - policy.LEASE - timedelta(seconds=1))
    assert services.lease_case(case=case, moderator=other)


def test_the_queue_shows_the_riskiest_first(case, shoes, alice, photo_of):
    other = listings.create_draft(seller=alice, title="Lamp")
    riskier = Case.objects.create(listing=other, kind="report", risk=0.95, reason="scam")
    assert list(selectors.open_cases()) == [riskier, case]
