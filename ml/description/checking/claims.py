"""What a text asserts: every word that is no connective, by kind, in its clause.

The vocabulary is open: besides figures, colours, materials, sizes, conditions, praise, guarantees
and names, any other content word is a claim too (kind `detail`), since an engine that invents a
hidden pocket uses no word of any list. What may be said freely is what a pack lists as connective.

Texts and facts are read by the same rules, so the same words give the same keys on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from ml.description.checking.lexicon import Entry, Lexicon
from ml.description.checking.quantities import UNITS
from ml.description.checking.tokens import Token, tokens_of
from ml.description.facts import ClaimKind

Key = tuple[str, str]  # kind and canonical form; words of no list share the kind "word"
Names = Mapping[tuple[str, ...], str]


@dataclass(slots=True, eq=False)
class Mention:
    """A word, phrase or quantity of a text at [start, end). `kind` is None for a connective.

    `key` is equal for what says the same. `next` is the stem of a content word that follows right
    behind it, `previous` that of the word right before it. `negated`: a word of its clause denies
    it. `made_by`: it is said to be the maker.
    """

    text: str
    start: int
    end: int
    kind: ClaimKind | None
    key: Key
    clause: int
    word: str
    before: str
    next: str = ""
    previous: str = ""
    negated: bool = False
    made_by: bool = False


def mentions_of(text: str, lexicon: Lexicon, names: Names | None = None) -> list[Mention]:
    """Everything a text mentions, in reading order. `names` are further names, by their words."""
    found = _read(text, lexicon, names or {})
    _mark_next(found)
    _mark_makers(found, lexicon)
    _mark_negated(found, lexicon)
    return found


def _read(text: str, lexicon: Lexicon, names: Names) -> list[Mention]:
    tokens = tokens_of(text)
    found: list[Mention] = []
    place, clause = 0, 0
    while place < len(tokens):
        token = tokens[place]
        entry = _name_at(tokens, place, names) or lexicon.entry_at(tokens, place)
        clause += token.opens_clause or token.word in lexicon.breaks
        kind, key = _meaning(token, entry, lexicon)
        size = len(entry.words) if entry else 1
        if token.word in lexicon.numbers and place + 1 < len(tokens):
            unit = UNITS.get(tokens[place + 1].word)  # `two years` is `2 years`
            size, key = (2, ("number", f"{key[1]} {unit}")) if unit else (size, key)
        last = tokens[place + size - 1]
        found.append(
            Mention(
                text[token.start : last.end], token.start, last.end, kind, key, clause,
                " ".join(entry.words) if entry else token.word, token.before,
            )
        )  # fmt: skip
        place += size
    return found


def _name_at(tokens: Sequence[Token], place: int, names: Names) -> Entry | None:
    """A name that the facts give, written as a name: `Orange` the brand is not the colour."""
    if not names or not (tokens[place].quantity or tokens[place].text[0].isupper()):
        return None
    for size in (4, 3, 2, 1):
        found = tokens[place : place + size]
        words = tuple(token.word for token in found)
        if words in names and all(token.text[0].isupper() or token.quantity for token in found):
            return Entry(words, "name", names[words])
    return None


def _meaning(token: Token, entry: Entry | None, lexicon: Lexicon) -> tuple[ClaimKind | None, Key]:
    if entry and entry.kind == "name":
        return "name", ("name", entry.key)
    if token.quantity:
        return "number", ("number", token.quantity)
    if token.word in lexicon.numbers:
        return "number", ("number", lexicon.numbers[token.word])
    if entry:
        return entry.kind, (entry.kind or "connective", entry.key)
    if token.word in lexicon.suffixes and token.before == "-":
        return "absence", ("absence", token.word)
    word: Key = ("word", lexicon.stem(token.word))
    if any(character.isdigit() for character in token.word):
        return "number", word
    return ("name" if token.text[0].isupper() else "detail"), word


def _mark_next(found: Sequence[Mention]) -> None:
    for mention, after in pairwise(found):
        if after.clause == mention.clause:
            after.previous = mention.key[1]
            mention.next = after.key[1] if after.kind else ""


def _mark_makers(found: Sequence[Mention], lexicon: Lexicon) -> None:
    """Marks the names behind `by`, `brand:` and the like."""
    for place, mention in enumerate(found):
        if mention.kind != "name":
            continue
        before = found[max(place - 2, 0) : place]
        words = tuple(word for earlier in before for word in earlier.word.split())
        follows = any(words[-size:] in lexicon.makers for size in (1, 2, 3) if size <= len(words))
        continues = bool(before) and before[-1].made_by and not mention.before.strip(" &")
        mention.made_by = follows or continues


def _mark_negated(found: Sequence[Mention], lexicon: Lexicon) -> None:
    """Marks what is denied: behind the denying word in its clause, or before it if nothing is."""
    if not any(one.kind == "absence" for one in found):
        return
    for _, members in groupby(found, key=lambda one: one.clause):
        clause = list(members)
        if any(one.kind == "absence" for one in clause):
            for denied in _denied(clause, lexicon):
                denied.negated = True


def _denied(clause: Sequence[Mention], lexicon: Lexicon) -> Sequence[Mention]:
    first = next(place for place, one in enumerate(clause) if one.kind == "absence")
    before, behind = (
        [one for one in part if one.kind not in (None, "absence")]
        for part in (clause[:first], clause[first:])
    )
    if clause[first].word in lexicon.suffixes and clause[first].before == "-":
        return before[-1:]
    return behind or before
