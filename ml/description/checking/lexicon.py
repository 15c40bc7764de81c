"""Which words of a language are claims, of which kind: a look-up of words and phrases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ml.description.checking.tokens import Token, words_of
from ml.description.facts import ClaimKind
from ml.description.languages import Language, language

Meaning = ClaimKind | None  # None: a connective, which claims nothing

_SECTIONS: tuple[tuple[str, ClaimKind], ...] = (
    ("praise", "praise"),
    ("guarantees", "guarantee"),
    ("absences", "absence"),
    ("sizes", "size"),
    ("materials", "material"),
    ("colours", "colour"),
    ("conditions", "condition"),
)
_SHORTEST_STEM = 4
_WITHIN_PHRASE = frozenset(" \n\u00a0-:'’")  # `like-new`, `Condition: good`


@dataclass(frozen=True, slots=True)
class Entry:
    """A word or phrase and what it means. Entries with the same `kind` and `key` say the same."""

    words: tuple[str, ...]
    kind: Meaning
    key: str


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The entries of a language by their first word, longest first. See `lexicon_of`."""

    language: Language
    entries: Mapping[str, Sequence[Entry]]
    endings: tuple[str, ...]
    numbers: Mapping[str, str]
    breaks: frozenset[str]
    verbs: frozenset[str]
    makers: frozenset[tuple[str, ...]]
    targets: frozenset[str]
    suffixes: frozenset[str]  # deny the word in front: scratch-free

    def entry_at(self, tokens: Sequence[Token], place: int) -> Entry | None:
        """The longest entry that starts with the token at `place`."""
        for entry in self.entries.get(tokens[place].word, ()):
            if _stands(entry, tokens, place):
                return entry
        return None

    def stem(self, word: str) -> str:
        """The word without its ending: what inflection leaves alone, as far as endings tell."""
        for ending in self.endings:
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
                return word[: -len(ending)]
        return word


@cache
def lexicon_of(code: str) -> Lexicon:
    """The lexicon of a language and of English, in whose words facts often are.

    Raises LanguageError where the language has no pack.
    """
    local, english = language(code), language("en")
    found: dict[tuple[tuple[str, ...], bool], Entry] = {}
    for entry in (*_claim_words(english), *_connectives(local), *_claim_words(local)):
        found[entry.words, _is_letter(entry)] = entry
    entries: dict[str, list[Entry]] = {}
    # The longest first, and the size `L` before the French article, which looks like it.
    for words, is_letter in sorted(
        found, key=lambda known: (len(known[0]), known[1]), reverse=True
    ):
        entries.setdefault(words[0], []).append(found[words, is_letter])
    return Lexicon(
        language=local,
        entries=entries,
        endings=tuple(sorted({*local.endings, *english.endings}, key=len, reverse=True)),
        numbers=local.numbers,
        breaks=local.breaks,
        verbs=local.verbs,
        makers=frozenset(tuple(words_of(phrase)) for phrase in local.makers),
        targets=local.targets | english.targets,
        suffixes=frozenset(
            form[1:] for forms in local.absences.values() for form in forms if form[0] == "-"
        ),
    )


def _claim_words(pack: Language) -> Iterator[Entry]:
    for denial in pack.denials:
        yield Entry(tuple(words_of(denial)), "absence", "no")
    for name in pack.names:
        yield Entry(tuple(words_of(name)), "name", name)
    for section, kind in _SECTIONS:
        for key, forms in getattr(pack, section).items():
            for form in forms:
                if not form.startswith("-"):
                    yield Entry(tuple(words_of(form)), kind, key)


def _connectives(pack: Language) -> Iterator[Entry]:
    for phrase in {*pack.connectives, *pack.breaks, *pack.affirmations}:
        yield Entry(tuple(words_of(phrase)), None, phrase)


def _stands(entry: Entry, tokens: Sequence[Token], place: int) -> bool:
    if len(entry.words) == 1 and entry.kind not in ("name", "size"):
        return True
    found = tokens[place : place + len(entry.words)]
    if tuple(token.word for token in found) != entry.words:
        return False
    if not all(_WITHIN_PHRASE.issuperset(token.before) for token in found[1:]):
        return False
    if entry.kind == "name":
        return all(token.text[0].isupper() for token in found)
    return not _is_letter(entry) or _is_size_letter(tokens, place)


def _is_letter(entry: Entry) -> bool:
    return entry.kind == "size" and len(entry.key) == 1


def _is_size_letter(tokens: Sequence[Token], place: int) -> bool:
    """`S`, but neither the end of `Levi's`, nor the middle of `U.S.`, nor the start of `L'été`."""
    token = tokens[place]
    follows = tokens[place + 1].before if place + 1 < len(tokens) else ""
    starts = not token.before or token.before[-1] in " (/:,-–\n"
    return token.text.isupper() and starts and follows not in ("'", "’")
