"""Texts of any kind are read within bounds, and every token points at the seller's characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.taclr.extraction import statements_in
from ml.taclr.matching import mentions_in, span_of
from ml.taclr.surface import MAX_CHARACTERS, MAX_TOKENS, compact, read
from ml.taclr.taxonomy import AttributeSpec, ValueSpec

COLOUR = AttributeSpec("Things", "Colour", (ValueSpec("Red"), ValueSpec("Blue")))


def words(text: str) -> list[str]:
    return [text[token.start : token.end] for token in read(text).tokens]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<p>Red</p><br/>hat", ["Red", "hat"]),
        ("<script>var blue = 1;</script>Red", ["Red"]),
        ("<!-- blue -->Red", ["Red"]),
        ('<a href="https://x.example/blue">Red</a>', ["Red"]),
        ("caf&eacute; &amp; bar", ["caf&eacute;", "bar"]),
        ("a < b and 3 > 2", ["a", "b", "and", "3", "2"]),
        ("R&D", ["R", "D"]),
        ("COLOR: WhiteALTERNATE ITEM", ["COLOR", "White", "ALTERNATE", "ITEM"]),
        ("MacBook iPhone ProLiant", ["MacBook", "iPhone", "ProLiant"]),
        ("👩‍👩‍👧 Red ❤️ hat", ["Red", "hat"]),
        ("Nike™ Air®", ["Nike", "Air"]),
        ("אדום hat", ["אדום", "hat"]),
        ("١٢ cm", ["١٢", "cm"]),
        ("e\u0301te\u0301", ["e\u0301te"]),
        ("", []),
        ("🎉🎉", []),
    ],
)
def test_markup_and_signs_are_no_words(text: str, said: list[str]) -> None:
    assert words(text) == said


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\uff26\uff55\uff4c\uff4c \uff11\uff12", "full 12"),
        ("CAFÉ", "cafe"),
        ("e\u0301t\u00e9", "ete"),
        ("soft\u00adware", "software"),
        ("5½", "5 1/2"),
        ("20 × 30", "20 x 30"),
        ("10″", '10"'),
        ("Straße", "strasse"),
        ("32 GB", "32gb"),
        ("١٢ cm", "12cm"),
        ("ﬁne", "fine"),
    ],
)
def test_two_ways_of_writing_come_to_the_same(one: str, other: str) -> None:
    assert compact(one) == compact(other)


def test_two_figures_side_by_side_are_not_one() -> None:
    memory = AttributeSpec("Things", "Memory", (ValueSpec("24 GB"), ValueSpec("4 GB")))
    assert [mention.value for mention in mentions_in(memory, "Kit 2 4GB modules", "")] == [1]


@given(st.text(max_size=200))
def test_any_text_can_be_read_and_its_tokens_lie_in_it_in_order(text: str) -> None:
    start = end = 0
    for token in read(text).tokens:
        assert 0 <= token.start < token.end <= len(text)
        assert (token.start, token.end) >= (start, end)  # one sign may hold two words
        start, end = token.start, token.end


@given(st.text(alphabet="<>&;ab!-/ \n\"'3½″x", max_size=120))
def test_broken_markup_is_read_as_well(text: str) -> None:
    for mention in mentions_in(COLOUR, f"{text} red {text}", ""):
        span = span_of(read(f"{text} red {text}"), "title", mention.first, mention.last)
        assert span.text.lower() == "red"


@pytest.mark.parametrize(
    "filler", ["word ", "<b>", "<script>", "&amp;", "1/2 x ", "9", "é", "🎉", "\u0301"]
)
def test_ten_megabytes_of_anything_are_read_within_bounds(filler: str) -> None:
    description = "Red hat. " + filler * (10_000_000 // len(filler.encode()))
    text = read(description)
    assert len(text.tokens) <= MAX_TOKENS
    assert len(text.original) <= MAX_CHARACTERS
    assert {mention.value for mention in mentions_in(COLOUR, "", description)} >= {0}
    for kind in ("number", "text", "identifier"):
        statements_in(AttributeSpec("Things", "Width", kind=kind), text, "description")
