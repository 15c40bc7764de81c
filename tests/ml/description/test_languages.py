"""Language packs: complete, refused where they are not, and free of claims where they may be."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ml.description.facts import CONDITIONS, Fact, Facts, FactsError
from ml.description.grounding import check
from ml.description.languages import (
    Language,
    PackError,
    known_languages,
    language,
    loading,
    slots_of,
)
from ml.description.languages.loading import read_pack
from ml.description.languages.pack import PARTS, ROLES

ATTRIBUTES = {
    "brand": ("Brand", "Zorvex"),
    "model": ("Model", "QX-7"),
    "type": ("Type", "Blazer"),
    "colour": ("Colour", "Blue"),
    "material": ("Material", "Cotton"),
    "pattern": ("Pattern", "Striped"),
    "size": ("Size", "M"),
    "wearer": ("Gender", "Women"),
    "compatible": ("Compatible with", "Nokirra 9"),
    "measure": ("Width", "20 cm"),
    "use": ("Occasion", "Party"),
    "included": ("Included", "Charger"),
    "pack": ("Pack quantity", "3"),
    "other": ("Neckline", "Round"),
}
MEASURES: tuple[tuple[str, str], ...] = (("Width", "20 cm"), ("Height", "8 cm"), ("Depth", "3 cm"))
ENGLISH = Path(loading.__file__).parent / "en.yaml"


def spoken(pack: Language, part: str, pattern: str, *, plural: bool) -> tuple[str, Facts]:
    """A pattern filled as a realiser would, and the facts behind it."""
    roles = ("brand", "colour", "material") if part == "opening" else {part} & {*ROLES}
    said = tuple(ATTRIBUTES[role] for role in roles)
    said = MEASURES if part in ("pair", "measures") else said
    slots = {
        "title": "Blazer Zorvex",
        "noun": "blazer",
        "brand": "Zorvex",
        "colour": pack.translated("Blue"),
        "material": pack.translated("Cotton"),
    }
    for number, (name, value) in enumerate(said, start=1):
        local = pack.attribute_names.get(name.lower(), name.lower())
        end = "" if number == 1 else str(number)
        slots |= {f"n{end}": local, f"Name{end}": local.capitalize()}
        slots |= {f"v{end}": pack.translated(value)}
    condition = part.removeprefix("condition ") if part.startswith("condition ") else ""
    attributes = tuple(Fact(name, value) for name, value in said)
    facts = Facts("Blazer Zorvex", "Fashion > Blazer", condition, attributes)
    return pack.fill(pattern, plural=plural, **slots), facts


@pytest.mark.parametrize("code", known_languages())
def test_every_pattern_says_nothing_but_its_slots(code: str) -> None:
    pack = language(code)
    for part, patterns in pack.patterns.items():
        for pattern in patterns:
            for plural in (False, True):
                text, facts = spoken(pack, part, pattern, plural=plural)
                assert [c.text for c in check(text, facts, code) if not c.source] == [], text


@pytest.mark.parametrize("code", known_languages())
def test_every_part_has_several_patterns_and_none_twice(code: str) -> None:
    patterns = language(code).patterns
    assert patterns.keys() == PARTS.keys()
    assert len(patterns["opening"]) >= 6
    for part, listed in patterns.items():
        assert len(set(listed)) == len(listed) >= 3, part


@pytest.mark.parametrize("code", known_languages())
def test_every_condition_is_a_claim_in_every_language(code: str) -> None:
    pack = language(code)
    for said in CONDITIONS:
        for pattern in pack.patterns[f"condition {said}"]:
            for other in set(CONDITIONS) - {said}:
                claims = check(pack.fill(pattern), Facts("Blazer", "", other), code)
                assert any(claim.source is None for claim in claims), (pattern, other)


def test_a_language_without_a_pack_is_refused_with_the_known_ones() -> None:
    with pytest.raises(FactsError, match="language is 'xx'; use one of en, de, es, fr, it"):
        check("Blue", Facts("Lamp"), "xx")


@pytest.mark.parametrize(
    ("code", "word", "fact"),
    [
        ("de", "blaues", "Blue"), ("de", "Baumwolle", "Cotton"), ("fr", "blanches", "White"),
        ("fr", "laine", "Wool"), ("es", "roja", "Red"), ("es", "cuero", "Leather"),
        ("it", "nere", "Black"), ("it", "seta", "Silk"), ("en", "gray", "Grey"),
        ("en", "wooden", "Wood"),
    ],
)  # fmt: skip
def test_inflected_and_translated_words_are_backed_by_the_fact(
    code: str, word: str, fact: str
) -> None:
    facts = Facts("Lamp", attributes=(Fact("Detail", fact),))
    assert [claim.source for claim in check(word, facts, code)] == ["Detail"]
    assert [claim.source for claim in check(word, Facts("Lamp"), code)] == [None]


def test_values_are_translated_whole_or_not_at_all() -> None:
    german = language("de")
    assert german.translated("Cotton, Wool and Silk") == "Baumwolle, Wolle und Seide"
    assert german.translated("Yes") == "ja"
    assert german.translated("XL") == "XL"
    assert german.translated("Cotton, Zorvex") == "Cotton, Zorvex"
    assert language("en").translated("Blue") == "Blue"


def test_agreement_follows_the_number() -> None:
    english = language("en")
    assert english.fill("{It} {is} {v}.", v="red") == "It is red."
    assert english.fill("{It} {is} {v}.", plural=True, v="red") == "They are red."


def changed(folder: Path, **changes: object) -> Path:
    """The English pack with some keys changed; None takes a key out."""
    data = yaml.safe_load(ENGLISH.read_text(encoding="utf-8")) | changes
    path = folder / "odd.yaml"
    kept = {key: value for key, value in data.items() if value is not None}
    path.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colours": None}, "odd.yaml: colours is missing"),
        ({"colors": {"red": "red"}}, "odd.yaml: colors is unknown"),
        ({"colours": ["red"]}, "odd.yaml: colours has to be a mapping"),
        ({"absences": {False: "no"}}, "odd.yaml: absences.False has to be a word"),
        ({"conditions": {"new": "new"}}, "odd.yaml: conditions.like new is missing"),
        ({"sizes": {"s": "s,, m"}}, "odd.yaml: sizes.s has an empty form"),
        ({"agreement": {"It": ["It"]}}, r"odd.yaml: agreement.It has to be \[singular, plural\]"),
    ],
)
def test_a_wrong_pack_is_refused_by_file_and_key(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(PackError, match=message):
        read_pack(changed(tmp_path, **changes))


@pytest.mark.parametrize(
    ("part", "patterns", "message"),
    [
        ("opening", ["{title} {v}."], "patterns.opening '{title} {v}.' has unknown slots v; known"),
        ("brand", [], "patterns.brand has to be a list"),
        ("size", ["{v"], "patterns.size '{v': expected '}'"),
        ("farewell", ["Bye."], "patterns.farewell is unknown"),
    ],
)
def test_a_wrong_pattern_is_refused_by_its_part(
    tmp_path: Path, part: str, patterns: list[str], message: str
) -> None:
    right = yaml.safe_load(ENGLISH.read_text(encoding="utf-8"))["patterns"]
    with pytest.raises(PackError) as error:
        read_pack(changed(tmp_path, patterns=right | {part: patterns}))
    assert message in str(error.value)


def test_slots_are_named() -> None:
    assert slots_of("The {n} is {v}.") == {"n", "v"}
