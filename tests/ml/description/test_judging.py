"""The judges of drafts: what they see, what they let pass, and that they can tell style."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import roc_auc_score

from ml.description.evaluate import (
    Written,
    copies,
    coverage,
    distinct_2,
    evaluate,
    template,
    wordings,
)
from ml.description.facts import Draft, Fact, Facts, Sentence
from ml.description.judging import area_under_curve, divergence, skeleton, style_judge, value_judge
from ml.description.request import DraftRequest, Example

DRESS = Facts(
    "Zara dress", "Women > Dresses", "good", (Fact("Colour", "Dark Red"), Fact("Size", "M"))
)
OTHER = Facts("Coat", attributes=(Fact("Brand", "Gucci"), Fact("Material", "Wool, Silk")))
JUDGE = value_judge([DRESS, OTHER])
WORDS = ("lamp", "chair", "coat", "ring", "book", "doll", "shirt", "table", "watch", "plate")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A dark red dress by Zara.", []),
        ("A Gucci dress.", ["gucci"]),
        ("Made of wool and silk.", ["wool silk"]),
        ("It is 90 cm long.", ["90"]),
        ("A stunning dress, never worn, in good condition.", ["stunning", "worn"]),
        ("Dresses for women.", []),
        ("Made of silk and wool.", ["silk", "wool"]),
    ],
)
def test_values_of_others_figures_and_praise_are_found(text: str, found: list[str]) -> None:
    assert JUDGE.unsupported(text, DRESS) == found


def test_a_list_may_be_joined_by_and() -> None:
    facts = Facts("Towel", attributes=(Fact("Ideal For", "Men, Women"),))
    others = value_judge([Facts("", attributes=(Fact("Ideal For", "Men and Women"),))])
    assert others.unsupported("For men and women.", facts) == []
    assert others.unsupported("For men and women.", DRESS) == ["men women"]


def test_a_value_does_not_go_on_in_the_next_sentence() -> None:
    others = value_judge([Facts("", attributes=(Fact("Colour", "Black Blue"),))])
    facts = Facts("Jeans", attributes=(Fact("Brand", "Just Black"), Fact("Colour", "Blue")))
    assert others.unsupported("By Just Black. Blue.", facts) == []
    assert others.unsupported("Just black blue.", facts) == ["black blue"]


def test_what_the_seller_wrote_is_a_source() -> None:
    facts = Facts("Dress", seller_text="Never worn, 90 cm long.", condition_note="wool inside")
    assert JUDGE.unsupported("Wool, never worn, 90 cm.", facts) == []


def test_drafts_like_the_sellers_read_better_than_a_form() -> None:
    sellers = [f"This is a very nice {w} and it is in good shape." for w in WORDS * 6]
    judge = style_judge(sellers[::2], sellers[1::2])
    form = [f"Colour: {w}. Item: {w}. State: good." for w in WORDS * 3]
    assert judge.perplexity(sellers[:20]) < judge.perplexity(form)
    assert judge.divergence(sellers[:20]) < 0.1 < 0.9 < judge.divergence(form)
    assert judge.separability(form) == pytest.approx(1.0, abs=0.02)
    assert judge.separability(sellers[: len(form)]) < 0.7


def test_a_skeleton_keeps_small_words_and_hides_runs_of_others() -> None:
    shown = skeleton("This red brass lamp is new.", {"this", "is", "."})
    assert shown == "this _ is _ ."


def test_the_area_under_the_curve_is_scikit_learns() -> None:
    generator = np.random.default_rng(3)
    high, low = generator.integers(0, 6, 40) / 5, generator.integers(0, 5, 50) / 5
    labels = np.array([1] * 40 + [0] * 50)
    expected = roc_auc_score(labels, np.concatenate([high, low]))
    assert area_under_curve(high, low) == pytest.approx(expected)


def test_the_divergence_is_scipys() -> None:
    first, second = Counter({("a", "b"): 3, ("b", "c"): 1}), Counter({("a", "b"): 1, ("d", "e"): 1})
    expected = jensenshannon([0.75, 0.25, 0.0], [0.5, 0.0, 0.5], base=2) ** 2
    assert divergence(first, second) == pytest.approx(expected)


def test_distinct_2_is_the_share_of_different_pairs() -> None:
    assert distinct_2(["a b a b", "a b c"]) == 3 / 5
    assert distinct_2([]) == 0.0


def test_wording_is_what_is_left_without_the_facts() -> None:
    said = "This Zara dress is dark red in colour and good."
    assert wordings([said], [DRESS]) == ["This · · is · · in · and ·"]


def test_coverage_counts_values_that_are_said() -> None:
    assert coverage(["A dark-red dress."], [DRESS]) == 0.5


def test_a_run_of_eight_words_of_an_example_is_a_copy_unless_it_is_ones_own() -> None:
    text = "one two three four five six seven eight"
    request = DraftRequest(DRESS, examples=(Example(f"zero {text.upper()}!"),))
    assert copies(text, request)
    assert not copies(text.replace("four", "4"), request)
    own = Facts("Book", seller_text=text)
    assert not copies(text, DraftRequest(own, examples=request.examples))


def test_the_figures_of_two_drafts_are_worked_out_by_hand() -> None:
    request = DraftRequest(DRESS)
    good = Written(request, Draft((Sentence("Dark red, size M."),)), "Dark red, size M.")
    bad = Written(request, Draft((Sentence("Gucci."),), (Sentence("Silk."),)), "Gucci. Silk.")
    figures = evaluate([good, bad], JUDGE)
    assert figures["unsupported_per_draft"] == 0.5
    assert figures["unsupported_per_draft_unchecked"] == 1.0
    assert figures["coverage"] == 0.5
    assert figures["sentences_removed"] == 0.5
    assert figures["unsupported"] == [{"claim": "gucci", "draft": "Gucci."}]


def test_the_template_says_every_fact() -> None:
    said = "This is Zara dress. The colour is Dark Red. The size is M. The condition is good."
    assert template(DRESS) == said
