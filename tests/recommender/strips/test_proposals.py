"""How long what was proposed is worth keeping."""

from __future__ import annotations

import pytest

from recommender.strips.proposals import Proposals
from recommender.strips.recalling import Outcome, SetRun


def proposals(*outcomes: Outcome) -> Proposals:
    return Proposals([], [SetRun(f"set {n}", each) for n, each in enumerate(outcomes)])


@pytest.mark.parametrize(
    ("outcomes", "is_complete", "is_hasty"),
    [
        ((Outcome.DONE, Outcome.EMPTY), True, False),
        ((Outcome.DONE, Outcome.DONE, Outcome.LATE), False, False),
        ((Outcome.DONE, Outcome.LATE), False, True),
        ((Outcome.FAILED, Outcome.FAILED, Outcome.SKIPPED), False, False),
        ((), True, False),
    ],
)
def test_is_hasty_where_half_of_the_sets_were_late(outcomes, is_complete, is_hasty):
    made = proposals(*outcomes)
    assert (made.is_complete, made.is_hasty) == (is_complete, is_hasty)
