"""Which words the seller is told of: the kind of thing first where that is in doubt."""

from __future__ import annotations

from listing_assistant.assistant.comparing import telling_words
from ml.mismatch.evidence import Counterfactual, WordEvidence
from ml.mismatch.predict import MismatchResult


def words(*found: tuple[str, float]) -> list[WordEvidence]:
    return [WordEvidence(0, len(text), text, weight) for text, weight in found]


def told(
    found: list[WordEvidence], kind: set[str], cleared: Counterfactual | None = None
) -> list[str]:
    result = MismatchResult(0.9, "mismatch", (0.9,), tuple(found), cleared)
    return [word.text for word in telling_words(result, kind)]


def test_the_worst_words_are_told_and_those_that_photos_support_are_not():
    found = words(("navy blue", 2.0), ("leather", 1.0), ("belt", -3.0))
    assert told(found, set()) == ["navy blue", "leather"]


def test_the_kind_comes_first_whatever_it_weighs():
    found = words(("Black", 1.6), ("leather", 0.2), ("Watches", -0.5))
    assert told(found, {"watch"}) == ["Watches", "Black", "leather"]
    assert told(found, {"smart watch", "phone"}) == ["Black", "leather"]


def test_sizes_and_units_are_told_only_where_there_is_nothing_else():
    assert told(words(("42", 2.0), ("mm", 1.0), ("steel", 0.5)), set()) == ["steel"]
    assert told(words(("42", 2.0), ("XL", 1.0)), set()) == ["42", "XL"]


def test_no_more_than_a_few_are_told():
    found = words(("red", 4.0), ("wool", 3.0), ("long", 2.0), ("dress", 1.0))
    assert told(found, set()) == ["red", "wool", "long"]
    assert told(found, {"dress"}) == ["dress", "red", "wool"]


def test_where_a_word_clears_the_warning_it_alone_is_to_blame():
    found = [WordEvidence(5, 8, "Red", 3.0), WordEvidence(0, 4, "Acme", 1.0)]
    cleared = Counterfactual(((5, 8),), ("Red",), "Acme backpack", 0.1, "match")
    assert told(found, set(), cleared) == ["Red"]
    assert told(found, {"acme"}, cleared) == ["Acme", "Red"]
