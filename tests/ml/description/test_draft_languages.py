"""Drafts in every language that has a pack: its words, all facts, all of it backed."""

from __future__ import annotations

import pytest

from ml.artefacts import bundled
from ml.description.facts import CONDITIONS, Fact, Facts
from ml.description.languages import known_languages, language
from ml.description.predict import Drafter, load_drafter
from ml.description.request import LENGTHS, DraftRequest, Length, Wishes

VASE = Facts(
    "Murano 1960",
    "Home > Vases",
    "like new",
    (
        Fact("Brand", "Salviati"),
        Fact("Colour", "Blue"),
        Fact("Material", "Glass"),
        Fact("Height", "24 cm"),
        Fact("Width", "11 cm"),
        Fact("Signed", "Yes"),
        Fact("Box", "No"),
    ),
    condition_note="Étiquette d'origine",
)
BLUE_GLASS = {
    "de": ("blau", "Glas"), "en": ("blue", "glass"), "es": ("azul", "vidrio"),
    "fr": ("bleu", "verre"), "it": ("blu", "vetro"),
}  # fmt: skip


@pytest.fixture(scope="module")
def drafter() -> Drafter:
    return load_drafter(bundled("description"))


@pytest.mark.parametrize("code", known_languages())
@pytest.mark.parametrize("length", LENGTHS)
def test_all_is_said_in_words_of_the_language(drafter: Drafter, code: str, length: Length) -> None:
    for seed in range(4):
        draft = drafter.draft(DraftRequest(VASE, Wishes(length, "friendly", code), seed=seed))
        assert draft.removed == ()
        assert draft.language == code
        for word in ("Salviati", "24 cm", "11 cm", VASE.condition_note, *BLUE_GLASS[code]):
            assert word.lower() in draft.text.lower()


@pytest.mark.parametrize("code", known_languages())
@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_condition_is_said_as_the_language_says_it(
    drafter: Drafter, code: str, condition: str
) -> None:
    forms = language(code).conditions[condition]
    draft = drafter.draft(DraftRequest(Facts("X1", "", condition), Wishes(language=code)))
    words = draft.text.lower().replace("condition: ", "")
    assert any(set(form.lower().split()) & set(words.replace(".", "").split()) for form in forms)


@pytest.mark.parametrize("code", sorted(set(known_languages()) - {"en"}))
def test_what_is_there_and_what_is_not_is_said_in_the_language(drafter: Drafter, code: str) -> None:
    text = drafter.draft(DraftRequest(VASE, Wishes("medium", language=code))).text
    spoken = language(code)
    assert f": {spoken.affirmed}" in text
    assert f": {spoken.denied}" in text
    assert "Yes" not in text


@pytest.mark.parametrize("code", sorted(set(known_languages()) - {"en"}))
def test_english_wording_stays_out_of_other_languages(drafter: Drafter, code: str) -> None:
    for seed in range(6):
        text = drafter.draft(DraftRequest(VASE, Wishes("long", language=code), seed=seed)).text
        words = set(text.lower().replace(".", " ").split())
        assert not words & {"the", "it", "with", "made", "condition", "selling", "this"}
