"""Where sentences end, and that nothing of a text is lost in between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.description.checking.sentences import gap_of, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It is red. It is new.", ["It is red.", "It is new."]),
        ("Dr. Martens boots. Approx. 5 cm.", ["Dr. Martens boots.", "Approx. 5 cm."]),
        ("No. 5 is here. Yes.", ["No. 5 is here.", "Yes."]),
        ("Ca. 20 cm, z.B. Blau. Neu.", ["Ca. 20 cm, z.B. Blau.", "Neu."]),
        ("2.5 cm wide. 1,000 g.", ["2.5 cm wide.", "1,000 g."]),
        ("Soft... and warm. Really… Yes!", ["Soft... and warm.", "Really…", "Yes!"]),
        ("By J. R. Smith. By J. Crew.", ["By J. R. Smith.", "By J. Crew."]),
        ("Size M. Colour: red.", ["Size M.", "Colour: red."]),
        ("It is 5 cm. The rest is 3 cm.", ["It is 5 cm.", "The rest is 3 cm."]),
        ("- red\n- cotton\n* M", ["- red", "- cotton", "* M"]),
        ("1. Wash\n2. Dry. 3 cm.", ["1. Wash", "2. Dry.", "3 cm."]),
        ('"It is red." (It is new.) Yes?! No.', ['"It is red."', "(It is new.)", "Yes?!", "No."]),
        ("赤い。新しい！本物？", ["赤い。", "新しい！", "本物？"]),
        ("لون أحمر۔ جديد؟ نعم", ["لون أحمر۔", "جديد؟", "نعم"]),
        ("लाल पोशाक। नया।", ["लाल पोशाक।", "नया।"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_text_is_split_where_sentences_end(text: str, sentences: list[str]) -> None:
    assert [sentence for _, sentence in split_sentences(text)] == sentences


@given(st.text(alphabet="aB1 .!?…\n。।\t()\"'-,éDr", max_size=60) | st.text(max_size=60))
def test_gaps_and_sentences_joined_are_the_text(text: str) -> None:
    pieces = split_sentences(text)
    assert "".join(gap + sentence for gap, sentence in pieces) == text.rstrip()
    assert all(sentence.strip() == sentence != "" for _, sentence in pieces)


@pytest.mark.parametrize(
    ("space", "gap"), [("", " "), ("  ", " "), (" \n", "\n"), ("\n \n\n", "\n\n")]
)
def test_a_gap_is_a_space_a_line_or_an_empty_line(space: str, gap: str) -> None:
    assert gap_of(space) == gap
