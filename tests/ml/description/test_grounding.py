"""Every claim needs a source; what has none is found and taken out."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ml.description.facts import Fact, Facts, Source
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


def test_a_unit_in_an_attributes_name_is_its_values_unit() -> None:
    facts = Facts("Lamp", attributes=(Fact("Width (cm)", "20"),))
    assert checked("The width is 20 cm.", facts).text
    assert not checked("The width is 20 mm.", facts).text


def test_praise_is_the_sellers_to_give() -> None:
    said, seen = Fact("Style", "Elegant", "seller"), Fact("Style", "Elegant", "photo", 0)
    assert checked("An elegant lamp.", Facts("Lamp", attributes=(said,))).text
    assert not checked("An elegant lamp.", Facts("Lamp", attributes=(seen,))).text


@pytest.mark.parametrize("source", ["suggestion", "photo"])
def test_what_was_suggested_or_seen_backs_by_its_name(source: Source) -> None:
    facts = Facts("Lamp", attributes=(Fact("Shade", "Blue", source),))
    assert checked("A blue lamp.", facts).sentences[0].sources == ("Shade", "title")


def test_a_new_part_does_not_make_the_thing_new() -> None:
    facts = Facts("Coat", condition="fair", condition_note="a new zip")
    assert checked("It has a new zip.", facts).text
    assert not checked("It is new.", facts).text
    assert not checked("A new coat.", facts).text


@pytest.mark.parametrize(
    ("text", "kept", "cut"),
    [
        ("Red cotton dress with gold buttons.", "Red cotton dress.", "with gold buttons."),
        ("It is red, and it is silk.", "It is red.", "and it is silk."),
        ("A Zara dress in size M, perfect for summer!", "A Zara dress in size M!", None),
        ("The length is 90 cm (new).", "The length is 90 cm.", "new)."),
    ],
)
def test_an_unbacked_clause_is_cut_where_the_rest_is_a_sentence(
    text: str, kept: str, cut: str | None
) -> None:
    draft = checked(text, FACTS)
    if cut is None:  # `A Zara dress` begins as a full sentence and has no verb
        assert (draft.text, [one.text for one in draft.removed]) == ("", [text])
    else:
        assert (draft.text, [one.text for one in draft.removed]) == (kept, [cut])


@pytest.mark.parametrize(
    "text",
    [
        "The dress and gold buttons are red.",
        "The dress with gold buttons.",
        "Gold buttons and red cotton.",
        "Dress with gold buttons is red.",
    ],
)
def test_a_sentence_that_cannot_do_without_the_clause_goes_whole(text: str) -> None:
    draft = checked(text, FACTS)
    assert (draft.text, [one.text for one in draft.removed]) == ("", [text])


def test_claims_of_a_cut_clause_stand_at_their_places_in_it() -> None:
    (clause,) = checked("Red cotton dress with gold buttons.", FACTS).removed
    assert [clause.text[claim.start : claim.end] for claim in clause.claims] == ["gold", "buttons"]
    assert all(claim.text in clause.text for claim in clause.claims)


def test_the_layout_stays_and_a_heading_goes_with_all_that_stood_under_it() -> None:
    text = "Red dress.\n\nDetails:\n- Length: 90 cm\n- Silk\n- Size: M\n\nExtras:\n- Gold buttons"
    assert checked(text, FACTS).text == "Red dress.\n\nDetails:\n- Length: 90 cm\n- Size: M"


def test_a_paragraph_stays_one_when_its_first_sentence_goes() -> None:
    assert checked("It is red.\n\nIt is silk. It is cotton.", FACTS).text == (
        "It is red.\n\nIt is cotton."
    )


@pytest.mark.parametrize(
    "contact", ["zara@example.org", "www.example.org", "https://x.example", "+49 171 2345678"]
)
def test_contact_data_goes_even_where_the_seller_wrote_it(contact: str) -> None:
    facts = Facts("Lamp", seller_text=f"Lamp. Reach me: {contact}")
    assert checked(f"A lamp. Reach me: {contact}", facts).text == "A lamp."


def test_markup_does_not_hide_a_claim() -> None:
    assert checked("A <b>red</b> dress.", FACTS).text == "A red dress."
    assert checked("A <b>bl</b><i>ue</i> dress.", FACTS).text == ""


@pytest.mark.parametrize("value", ["a.b*c(d[", "\\d+", "(?:x", "C++", "{n}", "100%", "$^", "“x”"])
def test_values_with_signs_of_patterns_are_words_like_any_other(value: str) -> None:
    facts = Facts("Lamp", attributes=(Fact("Code", value),))
    draft = checked(f"Code: {value}.", facts)
    assert draft.text == f"Code: {value}."


WORDS = st.from_regex(r"[b-df-hj-np-tv-z][aeiou][b-df-hj-np-tv-z]{2}[aeiou]k", fullmatch=True)
CONNECTIVES = ("it", "is", "a", "the", "this", "comes", "in", "for", "sale", "and")


@st.composite
def listings(draw: st.DrawFn) -> tuple[Facts, list[str]]:
    """A listing with made-up values, and words that join them to a text."""
    values = draw(st.lists(WORDS, min_size=1, max_size=6, unique=True))
    joined = [word for value in values for word in (draw(st.sampled_from(CONNECTIVES)), value)]
    return Facts("", attributes=tuple(Fact("Detail", value) for value in values)), joined


@settings(max_examples=50, deadline=None)
@given(listings())
def test_values_and_connectives_are_always_backed(listing: tuple[Facts, list[str]]) -> None:
    facts, words = listing
    text = " ".join(words).capitalize() + "."
    assert checked(text, facts).text == text


@settings(max_examples=50, deadline=None)
@given(listings(), WORDS, st.integers(0, 12))
def test_one_foreign_value_is_always_caught(
    listing: tuple[Facts, list[str]], foreign: str, place: int
) -> None:
    facts, words = listing
    assume(all(fact.value != foreign for fact in facts.attributes))
    text = " ".join([*words[:place], foreign, *words[place:]]) + "."
    assert any(c.text == foreign and c.source is None for c in check(text, facts))
    assert foreign not in checked(text, facts).text.split(" ")


NAMED = Facts(
    "Jacket",
    attributes=(
        Fact("Brand", "The North Face"),
        Fact("Collar", "Without collar"),
        Fact("Warranty summary", "No warranty"),
        Fact("Lined", "Yes"),
        Fact("Sale", "No"),
        Fact("Shoulder", "Cold shoulder"),
        Fact("Purpose", "Show piece"),
    ),
)


@pytest.mark.parametrize(
    "text",
    [
        "The brand is The North Face.",
        "Collar: without collar.",
        "The warranty summary is no warranty.",
        "Lined: yes.",
        "It is lined.",
        "The purpose is show piece.",
    ],
)
def test_a_named_attribute_backs_its_own_value(text: str) -> None:
    assert checked(text, NAMED).text == text


@pytest.mark.parametrize(
    "text",
    [
        "The brand is Show Piece.",
        "The collar is No Warranty.",
        "Sale: yes.",
        "The sale is Cold.",
        "The brand is Yes.",
        "The shoulder is One Shoulder.",
        "The brand is cold shoulder.",
        "It has a collar.",
    ],
)
def test_a_named_attribute_backs_no_value_of_another(text: str) -> None:
    assert checked(text, NAMED).text == ""


def test_what_the_seller_wrote_into_a_draft_stays_word_for_word() -> None:
    own = "I can send it on Monday, ask for Zorvex!"
    draft = checked(f"It is red. {own} It is silk.", FACTS, own=[own])
    assert draft.text == f"It is red. {own}"
    assert draft.sentences[1].sources == ("seller_text",)
    assert checked(f"It is red. {own}", FACTS).text == "It is red."


@pytest.mark.parametrize("copies", [1, 10])
def test_long_and_hostile_texts_are_read(copies: int) -> None:
    facts = Facts("Lamp", seller_text="(((a.b*c[ no red, 1,1/1 " * 40 * copies)
    noise = "1,1.1/1 x ((' a@ no red and with -- \u200b" * 40 * copies
    assert checked(f"It is a lamp. {noise}", facts).sentences[0].text == "It is a lamp."
