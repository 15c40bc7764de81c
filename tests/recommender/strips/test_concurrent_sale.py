"""What is sold, held, ended or removed is in no strip that was asked for afterwards.

Real connections: strips are asked for in this thread while another sells, with the recall sets in
their own threads and the cache on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listing_assistant.listings import commerce, services
from listing_assistant.listings.models import Listing, State
from recommender.strips.complementary import complementary_items, complementary_to_cart

pytestmark = pytest.mark.django_db(transaction=True)

ITEMS = 9
WAYS: dict[str, Callable[..., object]] = {
    "bought": lambda item, buyer: commerce.buy_now(buyer=buyer, listing=item),
    "ended": lambda item, buyer: services.end_listing(listing=item, user=item.seller),
    "held": lambda item, buyer: services.hold_listing(listing=item, reason="a look"),
    "removed": lambda item, buyer: services.remove_listing(listing=item, reason="not allowed"),
}
plans = st.lists(
    st.tuples(st.integers(0, ITEMS - 1), st.sampled_from(sorted(WAYS))),
    min_size=1,
    max_size=ITEMS,
    unique_by=lambda step: step[0],
)


class Seller(threading.Thread):
    """Takes things off the market one by one, and notes when each was gone for everybody."""

    def __init__(self, plan, items, buyer) -> None:
        super().__init__()
        self.plan, self.items, self.buyer = plan, items, buyer
        self.gone: dict[int, float] = {}
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            for number, way in self.plan:
                item = Listing.objects.get(pk=self.items[number].pk)
                WAYS[way](item, self.buyer)
                self.gone[item.pk] = time.monotonic()
                time.sleep(0.005)
        finally:
            connections.close_all()


@pytest.fixture
def scene(market, relate, make_popular, bob, settings):
    settings.RECALL_THREADS, settings.RECALL_BUDGET_MS = 2, 10_000
    settings.STRIP_CACHE_SECONDS = 60
    relate(market.phones, market.cases, market.chargers)
    items = [market.case() if n % 2 else market.charger() for n in range(ITEMS)]
    make_popular(*items)
    return market.phone(seller=bob), items


@given(plan=plans)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_gone_is_in_no_strip_asked_for_afterwards(scene, bob, charlie, plan):
    phone, items = scene
    Listing.objects.filter(pk__in=[each.pk for each in items]).update(state=State.LIVE, quantity=1)
    seller = Seller(plan, items, charlie)
    seller.start()
    asked: list[tuple[float, set[int]]] = []
    while seller.is_alive() or not asked or asked[-1][0] < max(seller.gone.values(), default=0):
        at = time.monotonic()
        ask = complementary_items if len(asked) % 2 else (lambda it: complementary_to_cart([it]))
        asked.append((at, {item.listing_id for item in ask(phone).items}))
    seller.join()
    assert len(seller.gone) == len(plan)
    for at, shown in asked:
        assert not {pk for pk in shown if seller.gone.get(pk, at) < at}
    left = {each.pk for each in items} - set(seller.gone)
    assert asked[-1][1] <= left
