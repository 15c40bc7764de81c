"""draft → live → reserved → sold or ended; every other way is closed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Attribute, Category
from listing_assistant.listings import policy, services, signals
from listing_assistant.listings.errors import ListingError, NotYoursError
from listing_assistant.listings.models import Listing, Order, State
from listing_assistant.listings.readiness import problems_before_publishing

pytestmark = pytest.mark.django_db

Move = Callable[[Listing], Listing]

MOVES: dict[str, tuple[Move, set[State], State]] = {
    "publish": (
        lambda listing: services.publish_listing(listing=listing, user=listing.seller),
        {State.DRAFT},
        State.LIVE,
    ),
    "relist": (
        lambda listing: services.relist(listing=listing, user=listing.seller),
        {State.ENDED, State.SOLD},
        State.LIVE,
    ),
    "end": (
        lambda listing: services.end_listing(listing=listing, user=listing.seller),
        {State.LIVE, State.HELD},
        State.ENDED,
    ),
    "reserve": (
        lambda listing: services.reserve_listing(listing=listing),
        {State.LIVE},
        State.RESERVED,
    ),
    "cancel": (
        lambda listing: services.cancel_reservation(listing=listing),
        {State.RESERVED},
        State.LIVE,
    ),
    "sell": (
        lambda listing: services.mark_sold(listing=listing),
        {State.LIVE, State.RESERVED},
        State.SOLD,
    ),
    "hold": (
        lambda listing: services.hold_listing(listing=listing, reason="why"),
        {State.DRAFT, State.LIVE, State.RESERVED, State.ENDED, State.REMOVED},
        State.HELD,
    ),
    "release": (
        lambda listing: services.release_listing(listing=listing),
        {State.HELD},
        State.LIVE,
    ),
    "return": (
        lambda listing: services.return_to_seller(listing=listing, reason="why"),
        {State.LIVE, State.HELD},
        State.DRAFT,
    ),
    "remove": (
        lambda listing: services.remove_listing(listing=listing, reason="why"),
        {State.DRAFT, State.LIVE, State.RESERVED, State.HELD, State.ENDED},
        State.REMOVED,
    ),
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("name", list(MOVES))
def test_every_move_works_from_its_states_and_from_no_other(
    ready_draft: Listing, name: str, state: State
) -> None:
    move, sources, target = MOVES[name]
    Listing.objects.filter(pk=ready_draft.pk).update(state=state)
    ready_draft.refresh_from_db()
    if state in sources:
        assert move(ready_draft).state == target
    else:
        with pytest.raises(ListingError) as caught:
            move(ready_draft)
        assert caught.value.code == "wrong_state"
        assert Listing.objects.get(pk=ready_draft.pk).state == state


def test_the_table_knows_every_state_and_nothing_moves_to_itself() -> None:
    assert set(policy.TRANSITIONS) == set(State)
    assert all(state not in targets for state, targets in policy.TRANSITIONS.items())


def test_publishing_an_empty_draft_names_everything_that_is_missing(
    draft: Listing, alice: User
) -> None:
    with pytest.raises(ListingError) as caught:
        services.publish_listing(listing=draft, user=alice)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["photos", "title", "category", "condition", "price"]
    assert Listing.objects.get(pk=draft.pk).state == State.DRAFT


def test_a_required_attribute_is_a_warning_and_blocks_nothing(
    ready_draft: Listing, alice: User, colour: Attribute
) -> None:
    (problem,) = problems_before_publishing(ready_draft)
    assert (problem.field, problem.blocks) == (f"attribute-{colour.pk}", False)
    assert services.publish_listing(listing=ready_draft, user=alice).state == State.LIVE


def test_a_stated_attribute_is_not_asked_for(
    ready_draft: Listing, alice: User, colour: Attribute
) -> None:
    services.set_attribute(listing=ready_draft, user=alice, attribute=colour, text="Red")
    assert problems_before_publishing(ready_draft) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"format": "auction", "quantity": 2}, "quantity"),
        ({"currency": "JPY", "price": "10.50"}, "price"),
    ],
)
def test_fields_that_do_not_go_together_are_named(
    ready_draft: Listing, changes: dict[str, Any], field: str
) -> None:
    services.edit_listing(
        listing=ready_draft, user=ready_draft.seller, changes=changes, version=None
    )
    assert [problem.field for problem in problems_before_publishing(ready_draft)] == [field]


def test_a_category_that_left_the_taxonomy_is_named(ready_draft: Listing, shoes: Category) -> None:
    Category.objects.filter(pk=shoes.pk).update(is_active=False)
    ready_draft.refresh_from_db()
    assert [each.field for each in problems_before_publishing(ready_draft)] == ["category"]


def test_only_the_seller_publishes_ends_and_relists(live_listing: Listing, bob: User) -> None:
    for service in (services.publish_listing, services.end_listing, services.relist):
        with pytest.raises(NotYoursError):
            service(listing=live_listing, user=bob)


def test_publishing_and_ending_note_their_time(live_listing: Listing, alice: User) -> None:
    assert live_listing.published_at is not None and live_listing.ended_at is None
    assert services.end_listing(listing=live_listing, user=alice).ended_at is not None
    assert services.relist(listing=live_listing, user=alice).ended_at is None


def test_what_is_sold_comes_back_only_after_a_refund(
    live_listing: Listing, alice: User, bob: User
) -> None:
    order = Order.objects.create(listing=live_listing, buyer=bob, amount=25, currency="USD")
    Listing.objects.filter(pk=live_listing.pk).update(quantity=0)
    services.mark_sold(listing=live_listing)
    with pytest.raises(ListingError, match="Refund the order first"):
        services.relist(listing=live_listing, user=alice)
    Order.objects.filter(pk=order.pk).update(state=Order.State.REFUNDED)
    relisted = services.relist(listing=live_listing, user=alice)
    assert (relisted.state, relisted.quantity) == (State.LIVE, 1)


def test_the_seller_can_read_why_and_publishing_clears_it(
    live_listing: Listing, alice: User
) -> None:
    services.hold_listing(listing=live_listing, reason="Photo shows another thing")
    assert live_listing.state_reason == "Photo shows another thing"
    services.return_to_seller(listing=live_listing, reason="Change the photo")
    assert live_listing.state_reason == "Change the photo"
    assert services.publish_listing(listing=live_listing, user=alice).state_reason == ""


def test_a_draft_that_was_held_and_cannot_be_shown_goes_back_to_draft(draft: Listing) -> None:
    services.hold_listing(listing=draft, reason="why")
    assert services.release_listing(listing=draft).state == State.DRAFT


@pytest.mark.parametrize("before", [State.LIVE, State.HELD, State.DRAFT, State.ENDED])
def test_a_removal_can_be_undone(ready_draft: Listing, before: State) -> None:
    Listing.objects.filter(pk=ready_draft.pk).update(state=before)
    services.remove_listing(listing=ready_draft)
    assert services.restore_listing(listing=ready_draft, state=before).state == before


def test_the_layers_above_hear_the_state_before(ready_draft: Listing, alice: User) -> None:
    heard: list[tuple[str, str]] = []

    def listen(listing: Listing, previous: State, **_: Any) -> None:
        assert connection.in_atomic_block
        heard.append((previous, listing.state))

    signals.state_changed.connect(listen)
    try:
        services.publish_listing(listing=ready_draft, user=alice)
    finally:
        signals.state_changed.disconnect(listen)
    assert heard == [(State.DRAFT, State.LIVE)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["publish", "reserve", "sell"])
def test_of_several_at_once_exactly_one_wins(ready_draft: Listing, name: str) -> None:
    move, sources, target = MOVES[name]
    Listing.objects.filter(pk=ready_draft.pk).update(state=min(sources))
    outcomes = together(5, lambda: move(Listing.objects.get(pk=ready_draft.pk)))
    assert sorted(outcomes) == ["won", *["wrong_state"] * 4]
    assert Listing.objects.get(pk=ready_draft.pk).state == target


@pytest.mark.django_db(transaction=True)
def test_an_edit_and_a_sale_at_once_leave_no_mixture(live_listing: Listing) -> None:
    def edit() -> Listing:
        listing = Listing.objects.get(pk=live_listing.pk)
        return services.edit_listing(
            listing=listing, user=live_listing.seller, changes={"title": "New title"}, version=None
        )

    def sell() -> Listing:
        return services.mark_sold(listing=Listing.objects.get(pk=live_listing.pk))

    outcomes = together(2, edit, sell)
    stored = Listing.objects.get(pk=live_listing.pk)
    assert stored.state == State.SOLD
    assert (stored.title == "New title") is (outcomes == ["won", "won"])


def together(threads: int, *actions: Callable[[], object]) -> list[str]:
    """Run the actions in turn on so many threads at once; "won" or the error's code of each."""
    barrier = threading.Barrier(threads)
    outcomes = [""] * threads

    def run(index: int) -> None:
        barrier.wait()
        try:
            actions[index % len(actions)]()
            outcomes[index] = "won"
        except ListingError as error:
            outcomes[index] = error.code
        finally:
            connection.close()

    workers = [threading.Thread(target=run, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return outcomes
