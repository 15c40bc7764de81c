"""Whatever an engine writes: it is checked, completed, and replaced where it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ml.artefacts import bundled
from ml.description.facts import Fact, Facts
from ml.description.generators.base import GeneratorError
from ml.description.generators.realiser import load_realiser
from ml.description.predict import NOTHING_LEFT, Drafter
from ml.description.request import DraftRequest, Example, Revision

FACTS = Facts("Zara dress", "Dresses", "good", (Fact("Colour", "Red"), Fact("Material", "Cotton")))
REQUEST = DraftRequest(FACTS)


@dataclass
class Written:
    """An engine that hands in a text, and may break after some of its words."""

    text: str
    breaks: str = ""
    name: str = "written"
    release: str = "1"

    def write(self, request: DraftRequest) -> Iterator[str]:
        for word in self.text.split(" "):
            yield f" {word}"
        if self.breaks:
            raise GeneratorError(self.breaks)


def drafter(engine: Written) -> Drafter:
    return Drafter(load_realiser(bundled("description")), engine)


def test_a_true_and_complete_text_stays_as_it_is() -> None:
    draft = drafter(Written("A red cotton dress by Zara. In good condition.")).draft(REQUEST)
    assert draft.text == "A red cotton dress by Zara. In good condition."
    assert (draft.engine, draft.release, draft.fallback, draft.removed) == ("written", "1", "", ())


def test_what_is_not_true_is_taken_out_and_kept_aside() -> None:
    draft = drafter(Written("A red cotton dress. Made by Gucci in Milano.")).draft(REQUEST)
    assert draft.text == "A red cotton dress."
    assert [sentence.text for sentence in draft.removed] == ["Made by Gucci in Milano."]


def test_what_the_engine_forgot_is_added() -> None:
    draft = drafter(Written("A red dress.")).draft(REQUEST)
    assert draft.text.startswith("A red dress. ")
    assert "cotton" in draft.text.lower()
    assert "Material" in draft.sentences[-1].sources


def test_one_sentence_anew_is_not_completed() -> None:
    revision = Revision("sentence", ("A red dress.",), place=0)
    draft = drafter(Written("The dress is red.")).draft(DraftRequest(FACTS, revision=revision))
    assert draft.text == "The dress is red."


@pytest.mark.parametrize("text", ["", "A red dress, and then"])
def test_an_engine_that_breaks_is_replaced_and_the_reason_told(text: str) -> None:
    draft = drafter(Written(text, breaks="no answer in 30 s")).draft(REQUEST)
    assert (draft.engine, draft.fallback) == ("realiser", "no answer in 30 s")
    assert "red" in draft.text.lower()
    assert "and then" not in draft.text


def test_an_engine_of_which_nothing_is_true_is_replaced() -> None:
    draft = drafter(Written("Gucci handbag, brand new.")).draft(REQUEST)
    assert (draft.engine, draft.fallback) == ("realiser", NOTHING_LEFT)


def test_a_sentence_of_an_example_is_not_copied() -> None:
    copied = "This is a red dress by Zara and it is in good condition."
    examples = (Example(f"Hello. {copied}"),)
    draft = drafter(Written(f"{copied} Made of cotton.")).draft(
        DraftRequest(FACTS, examples=examples)
    )
    assert draft.text.startswith("Made of cotton.")
    assert copied not in draft.text
    assert copied in [sentence.text for sentence in draft.removed]


def test_a_copy_that_goes_over_two_sentences_is_seen() -> None:
    examples = (Example("It is a red dress. It is in good condition and made of wool."),)
    draft = drafter(Written("It is a red dress. It is in good condition.")).draft(
        DraftRequest(FACTS, examples=examples)
    )
    assert draft.sentences[0].text == "It is a red dress."
    assert "It is in good condition." in [sentence.text for sentence in draft.removed]


def test_the_text_so_far_is_told_as_it_grows() -> None:
    heard: list[str] = []
    drafter(Written("A red cotton dress.")).draft(REQUEST, heard.append)
    assert [text.strip() for text in heard] == [
        "A", "A red", "A red cotton", "A red cotton dress.",
    ]  # fmt: skip
