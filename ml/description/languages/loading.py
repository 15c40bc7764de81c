"""Language packs from their YAML files, refused where anything is missing, unknown or misspelt."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ml.description.facts import CONDITIONS
from ml.description.languages.pack import PARTS, Forms, Language, LanguageError, PackError, slots_of

_FOLDER = Path(__file__).parent
_FORMS = ("colours", "materials", "conditions", "praise", "guarantees", "absences", "sizes")
_WORDS = ("connectives", "verbs", "breaks", "makers", "targets", "names")
_TEXTS = ("code", "name", "conjunction", "affirmed", "denied")
_KEYS = frozenset(
    {
        *_FORMS,
        *_WORDS,
        *_TEXTS,
        *(
            "affirmations",
            "denials",
            "numbers",
            "attribute_names",
            "attribute_words",
            "endings",
            "adjective_endings",
        ),
        *("agreement", "patterns", "connective_phrases"),
    }
)


@cache
def known_languages() -> tuple[str, ...]:
    """Codes of the languages that have a pack, English first."""
    codes = sorted(path.stem for path in _FOLDER.glob("*.yaml"))
    return tuple(sorted(codes, key=lambda code: code != "en"))


@cache
def language(code: str) -> Language:
    """The language of a code such as `de`. Raises LanguageError where there is none."""
    if code not in known_languages():
        raise LanguageError(f"language is {code!r}; use one of {', '.join(known_languages())}")
    return read_pack(_FOLDER / f"{code}.yaml")


def read_pack(path: Path) -> Language:
    """A language from its file. Raises PackError with the file, the key and the fix."""
    return _Reader(path).language()


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise PackError(f"{path.name} cannot be read: {error}") from error
        self._data = self._mapping(data, "the file")

    def language(self) -> Language:
        """1. Refuse missing and unknown keys. 2. Read the words. 3. Read the patterns."""
        for key in sorted(_KEYS - self._data.keys()):
            raise self._error(key, "is missing")
        for key in sorted(self._data.keys() - _KEYS):
            raise self._error(key, f"is unknown; use {', '.join(sorted(_KEYS))}")
        agreement = self._agreement()
        fields: dict[str, Any] = {key: self._text(key) for key in _TEXTS}
        fields |= {key: self._forms(key) for key in (*_FORMS, "attribute_words")}
        fields |= {key: self._words(key) for key in _WORDS}
        fields |= {key: self._texts(key) for key in ("numbers", "attribute_names")}
        fields["connectives"] |= frozenset(self._split("connective_phrases"))
        for key in ("affirmations", "denials"):
            fields[key] = tuple(self._split(key))
        fields["endings"] = tuple(sorted(self._words("endings"), key=len, reverse=True))
        fields["patterns"] = self._patterns(frozenset(agreement))
        return Language(**fields, agreement=agreement)

    def _forms(self, key: str) -> Forms:
        """English key -> forms; without any, the key is the only form; `rot~` takes all endings."""
        endings = str(self._data["adjective_endings"] or "").split(" ")
        forms: dict[str, tuple[str, ...]] = {}
        for name, text in self._mapping(self._data[key], key).items():
            listed = [form.strip() for form in str(name if text is None else text).split(",")]
            if not all(listed):
                raise self._error(f"{key}.{name}", "has an empty form")
            forms[str(name)] = tuple(
                form[:-1] + ending.strip("-") if form.endswith("~") else form
                for form in listed
                for ending in (endings if form.endswith("~") else [""])
            )
        for condition in CONDITIONS if key == "conditions" else ():
            if condition not in forms:
                raise self._error(f"conditions.{condition}", "is missing")
        return forms

    def _patterns(self, agreement: frozenset[str]) -> Forms:
        data = self._mapping(self._data["patterns"], "patterns")
        for part in PARTS.keys() ^ data.keys():
            reason = "is missing" if part in PARTS else f"is unknown; use {', '.join(PARTS)}"
            raise self._error(f"patterns.{part}", reason)
        return {part: self._part(part, data[part], agreement) for part in PARTS}

    def _part(self, part: str, listed: Any, agreement: frozenset[str]) -> tuple[str, ...]:
        if not isinstance(listed, list) or not listed:
            raise self._error(f"patterns.{part}", "has to be a list of sentence patterns")
        known = PARTS[part] | agreement
        for pattern in listed:
            try:
                unknown = slots_of(str(pattern)) - known
            except ValueError as error:
                raise self._error(f"patterns.{part}", f"{pattern!r}: {error}") from error
            if unknown:
                slots = f"{', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}"
                raise self._error(f"patterns.{part}", f"{pattern!r} has unknown slots {slots}")
        return tuple(str(pattern) for pattern in listed)

    def _agreement(self) -> Mapping[str, tuple[str, str]]:
        pairs = {}
        for slot, forms in self._mapping(self._data["agreement"], "agreement").items():
            if not isinstance(forms, list) or len(forms) != 2:
                raise self._error(f"agreement.{slot}", "has to be [singular, plural]")
            pairs[str(slot)] = (str(forms[0]), str(forms[1]))
        return pairs

    def _split(self, key: str) -> list[str]:
        return [part.strip() for part in str(self._data[key] or "").split(",") if part.strip()]

    def _words(self, key: str) -> frozenset[str]:
        """Words parted by spaces, or words and phrases parted by commas."""
        text = str(self._data[key] or "")
        return frozenset(self._split(key) if "," in text else text.split())

    def _texts(self, key: str) -> Mapping[str, str]:
        return {str(k): str(v) for k, v in self._mapping(self._data[key], key).items()}

    def _text(self, key: str) -> str:
        if not isinstance(self._data[key], str):
            raise self._error(key, "has to be a text")
        return str(self._data[key])

    def _mapping(self, data: Any, key: str) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise self._error(key, "has to be a mapping")
        for name in data:
            if not isinstance(name, str):  # YAML reads a bare no as false
                raise self._error(f"{key}.{name}", "has to be a word; put it in quotes")
        return data

    def _error(self, key: str, reason: str) -> PackError:
        return PackError(f"{self._path.name}: {key} {reason}")
