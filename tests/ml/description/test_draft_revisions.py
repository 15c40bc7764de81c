"""A text written anew: what may change changes, what is the seller's stays."""

from __future__ import annotations

import pytest

from ml.artefacts import bundled
from ml.description.facts import Fact, Facts
from ml.description.generators.realiser import Realiser, load_realiser
from ml.description.predict import Drafter
from ml.description.request import DraftRequest, Revision, Task, Wishes

SOFA = Facts(
    "Ektorp sofa",
    "Home > Furniture > Sofas",
    "good",
    (
        Fact("Brand", "Ikea"),
        Fact("Colour", "Beige"),
        Fact("Material", "Cotton"),
        Fact("Width", "218 cm"),
        Fact("Depth", "88 cm"),
        Fact("Height", "88 cm"),
        Fact("Number of seats", "3"),
        Fact("Removable cover", "Yes"),
    ),
    condition_note="A small stain on the left arm",
)


@pytest.fixture(scope="module")
def realiser() -> Realiser:
    return load_realiser(bundled("description"))


@pytest.fixture(scope="module")
def drafter(realiser: Realiser) -> Drafter:
    return Drafter(realiser)


def sentences(drafter: Drafter, request: DraftRequest) -> tuple[str, ...]:
    return tuple(sentence.text for sentence in drafter.draft(request).sentences)


def revised(
    drafter: Drafter, task: Task, old: tuple[str, ...], own: tuple[int, ...] = (), seed: int = 1
) -> tuple[str, ...]:
    revision = Revision(task, old, own=frozenset(own))
    return sentences(drafter, DraftRequest(SOFA, revision=revision, seed=seed))


@pytest.mark.parametrize("seed", range(5))
def test_lengths_differ_in_the_order_of_their_names(drafter: Drafter, seed: int) -> None:
    texts = [
        drafter.draft(DraftRequest(SOFA, Wishes(length), seed=seed))
        for length in ("short", "medium", "long")
    ]
    assert len(texts[0].sentences) < len(texts[1].sentences) < len(texts[2].sentences)
    assert texts[2].text.count("\n- ") >= 3


def test_shorter_says_the_same_in_fewer_sentences(drafter: Drafter) -> None:
    old = sentences(drafter, DraftRequest(SOFA))
    new = revised(drafter, "shorter", old)
    assert len(new) < len(old)
    for fact in SOFA.attributes[:-1]:
        assert fact.value.lower() in " ".join(new).lower()


@pytest.mark.parametrize("seed", range(8))
def test_longer_is_longer_and_shorter_is_shorter(drafter: Drafter, seed: int) -> None:
    old = sentences(drafter, DraftRequest(SOFA, seed=seed))
    long, short = revised(drafter, "longer", old), revised(drafter, "shorter", old)
    assert len(" ".join(short)) < len(" ".join(old)) < len(" ".join(long))


def test_friendlier_greets_and_plainer_does_not(drafter: Drafter) -> None:
    old = sentences(drafter, DraftRequest(SOFA))
    friendly = revised(drafter, "friendlier", old)
    assert len(friendly) == len(old) + 2
    assert set(friendly[1:-1]) & set(revised(drafter, "plainer", friendly))


@pytest.mark.parametrize("task", ["shorter", "longer", "friendlier", "plainer"])
def test_the_sellers_sentences_stay_word_for_word_and_their_facts_are_not_repeated(
    drafter: Drafter, task: Task
) -> None:
    own = "218 cm wide, my cats   love it: it was Ikea's best..."
    old = ("Ektorp sofa.", own, "Made of cotton.")
    revision = Revision(task, old, own=frozenset({1}))
    text = "".join(drafter._realiser.write(DraftRequest(SOFA, revision=revision)))
    assert text.count(own) == 1
    assert text.count("218") == 1
    assert text.count("Ikea") == 1
    assert "cotton" in text.lower()


def test_the_sellers_sentences_keep_their_order(realiser: Realiser) -> None:
    old = ("First of mine.", "Made of cotton.", "Second of mine.", "Third of mine.")
    revision = Revision("longer", old, own=frozenset({0, 2, 3}))
    text = "".join(realiser.write(DraftRequest(SOFA, revision=revision)))
    assert text.startswith("First of mine.")
    assert text.endswith("Third of mine.")
    assert text.index("First of") < text.index("Second of") < text.index("Third of")


@pytest.mark.parametrize("seed", range(4))
def test_one_sentence_anew_says_its_facts_in_other_words(drafter: Drafter, seed: int) -> None:
    old = sentences(drafter, DraftRequest(SOFA, seed=seed))
    values = [fact.value.lower() for fact in SOFA.attributes[:-1]]
    for place, sentence in enumerate(old):
        revision = Revision("sentence", old, place=place)
        new = sentences(drafter, DraftRequest(SOFA, revision=revision, seed=seed + 7))
        assert (*new[:place], *new[place + 1 :]) == (*old[:place], *old[place + 1 :])
        assert new[place] != sentence
        for value in values:
            assert (value in sentence.lower()) == (value in new[place].lower())


def test_a_sentence_of_the_sellers_own_is_not_written_anew(drafter: Drafter) -> None:
    old = ("Ektorp sofa.", "Our dog slept on it.")
    revision = Revision("sentence", old, place=1, own=frozenset({1}))
    text = "".join(drafter._realiser.write(DraftRequest(SOFA, revision=revision)))
    assert text == "Ektorp sofa. Our dog slept on it."
