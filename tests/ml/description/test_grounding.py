"""Every claim needs a source; what has none is found and taken out."""

from __future__ import annotations

import pytest

from ml.description.facts import Fact, Facts
from ml.description.grounding import check, checked

FACTS = Facts(
    title="Zara dress size M",
    category="Fashion > Women > Dresses",
    condition="good",
    attributes=(
        Fact("Colour", "Red"),
        Fact("Material", "Cotton, Elastane"),
        Fact("Length", "90 cm"),
    ),
    seller_text="worn once at a wedding",
)


def unsupported(text: str) -> list[str]:
    return [claim.text for claim in check(text, FACTS) if claim.source is None]


def test_what_the_facts_say_is_supported_and_names_its_fact() -> None:
    claims = check("A red cotton dress by Zara, 90 cm, in good condition, worn once.", FACTS)
    assert {claim.text: claim.source for claim in claims} == {
        "red": "Colour",
        "cotton": "Material",
        "dress": "title",
        "Zara": "title",
        "90 cm": "Length",
        "good condition": "condition",
        "worn": "seller_text",
        "once": "seller_text",
    }


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("A blue dress.", "blue"),
        ("Made of silk.", "silk"),
        ("By Gucci.", "Gucci"),
        ("The length is 95 cm.", "95 cm"),
        ("It is new.", "new"),
        ("It is a stunning dress.", "stunning"),
        ("Comes with a guarantee.", "guarantee"),
        ("Size XL.", "XL"),
        ("Genuine leather.", "leather"),
    ],
)
def test_a_claim_that_no_fact_holds_is_found(text: str, claim: str) -> None:
    assert claim in unsupported(text)


def test_a_claim_knows_where_it_stands() -> None:
    text = "It is cotton. It is red."
    _, claim = check(text, FACTS)
    assert text[claim.start : claim.end] == claim.text == "red"


def test_only_the_sentences_with_unsupported_claims_go() -> None:
    draft = checked("It is red. It is made of silk by Gucci.", FACTS)
    assert draft.text == "It is red."
    assert [sentence.text for sentence in draft.removed] == ["It is made of silk by Gucci."]


def test_a_figure_is_not_backed_by_a_part_of_another() -> None:
    assert unsupported("The length is 9 cm.") == ["9 cm"]
