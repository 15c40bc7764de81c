"""The checker against sentences labelled by hand: nothing unbacked passes, in any language."""

from __future__ import annotations

import pytest

from ml.description.facts import Facts
from ml.description.grounding import check, checked
from tests.ml.description.grounding_cases import BACKED, BACKED_BUT_REFUSED, UNBACKED

Case = tuple[str, Facts, str]


def passes(case: Case) -> bool:
    code, facts, sentence = case
    return all(claim.source for claim in check(sentence, facts, code))


def name(case: Case) -> str:
    return f"{case[0]}: {case[2]}"


@pytest.mark.parametrize("case", UNBACKED, ids=name)
def test_what_the_listing_does_not_say_is_refused_and_taken_out(case: Case) -> None:
    code, facts, sentence = case
    assert not passes(case)
    draft = checked(sentence, facts, code)
    assert draft.removed
    assert all(claim.source for claim in check(draft.text, facts, code))


@pytest.mark.parametrize("case", BACKED, ids=name)
def test_what_the_listing_says_passes(case: Case) -> None:
    assert passes(case)


def test_precision_is_whole_and_what_recall_lacks_is_known() -> None:
    """Precision and recall of "backed": refusals of true sentences are those that are listed."""
    passed = [case for case in (*BACKED, *BACKED_BUT_REFUSED, *UNBACKED) if passes(case)]
    true = len(BACKED) + len(BACKED_BUT_REFUSED)
    right = sum(case not in UNBACKED for case in passed)
    print(f"precision {right}/{len(passed)}, recall {right}/{true}")  # noqa: T201
    assert right == len(passed)
    assert (right, true) == (len(BACKED), len(BACKED) + len(BACKED_BUT_REFUSED))


def test_the_labels_hold_every_language_and_no_doubles() -> None:
    cases = [*BACKED, *BACKED_BUT_REFUSED, *UNBACKED]
    assert len(cases) >= 200
    assert {code for code, _, _ in cases} == {"en", "de", "fr", "es", "it"}
    assert len({(code, facts.title, text) for code, facts, text in cases}) == len(cases)
