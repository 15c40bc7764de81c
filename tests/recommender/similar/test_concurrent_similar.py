"""What is sold, held, ended, removed or one's own is in no strip asked for afterwards.

Real connections: strips are asked for in this thread while another sells, with the recall sets in
their own threads, the ranker in its own, and the cache on.
"""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listing_assistant.listings.models import Listing, State
from recommender.items.building import build_table
from recommender.similar.strip import similar_strip
from tests.recommender.strips.test_concurrent_sale import ITEMS, WAYS, Seller

pytestmark = pytest.mark.django_db(transaction=True)

plans = st.lists(
    st.tuples(st.integers(0, ITEMS - 1), st.sampled_from(sorted(WAYS))),
    min_size=1,
    max_size=ITEMS,
    unique_by=lambda step: step[0],
)


@pytest.fixture
def scene(seed, make_beside, charlie, make_item, ranker_folder, settings):
    settings.RECALL_THREADS, settings.RECALL_BUDGET_MS = 2, 10_000
    settings.STRIP_CACHE_SECONDS = 60
    items = [make_beside(n + 1, price=1 + n, ad_rate=n % 3) for n in range(ITEMS)]
    make_item(1, seller=charlie)
    build_table()
    return seed, items


@given(plan=plans)
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_gone_is_in_no_strip_asked_for_afterwards(scene, charlie, bob, plan):
    seed, items = scene
    Listing.objects.filter(pk__in=[each.pk for each in items]).update(state=State.LIVE, quantity=1)
    seller = Seller(plan, items, bob)
    seller.start()
    asked: list[tuple[float, set[int]]] = []
    while seller.is_alive() or not asked or asked[-1][0] < max(seller.gone.values(), default=0):
        at = time.monotonic()
        strip = similar_strip(seed, viewer_id=charlie.pk)
        asked.append((at, {slot.listing_id for slot in strip.slots}))
    seller.join()
    assert len(seller.gone) == len(plan)
    for at, shown in asked:
        assert not {pk for pk in shown if seller.gone.get(pk, at) < at}
    # Nothing but these: not the seed itself, nothing of the viewer's own.
    assert asked[-1][1] <= {each.pk for each in items} - set(seller.gone)
