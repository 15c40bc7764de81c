"""What is found beside a listing where the recall sets had no time to say it."""

from __future__ import annotations

import pytest

from recommender.similar import finding
from recommender.similar.finding import find_similar
from recommender.strips.recalling import Outcome, SetRun

pytestmark = pytest.mark.django_db


def test_where_every_set_is_late_there_is_the_newest_of_the_category(seed, make_beside, settings):
    others = {make_beside(5 + 10 * n).pk for n in range(3)}
    settings.RECALL_BUDGET_MS = 0
    found = find_similar(seed)
    assert {run.outcome for run in found.runs} == {Outcome.LATE}
    assert set(found.sources) == others
    assert all(set(said) == {"fresh"} for said in found.sources.values())


@pytest.mark.parametrize(
    ("late", "share"), [(0, 1.0), (1, finding.INCOMPLETE_SHARE), (4, finding.HASTY_SHARE)]
)
def test_what_was_found_in_haste_is_not_kept_for_long(late, share):
    runs = [SetRun(str(n), Outcome.LATE if n < late else Outcome.DONE) for n in range(7)]
    assert finding._worth_keeping(runs) == share
