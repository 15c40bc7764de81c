"""What a text asserts: every word that is no connective, by kind, in its clause.

The vocabulary is open: besides figures, colours, materials, sizes, conditions, praise, guarantees
and names, any other content word is a claim too (kind `detail`), since an engine that invents a
hidden pocket uses no word of any list. What may be said freely is what a pack lists as connective.

Texts and facts are read by the same rules, so the same words give the same keys on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ml.description.facts import ClaimKind
from ml.description.lexicon import Entry, Lexicon
from ml.description.tokens import Token, tokens_of

Key = tuple[str, str]  # kind and canonical form; words of no list share the kind "word"
Names = Mapping[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Mention:
    """A word, phrase or quantity of a text at [start, end). `kind` is None for a connective.

    `key` is equal for what says the same. `next` is the stem of a content word that follows right
    behind it. `negated`: a word of its clause denies it. `made_by`: it is said to be the maker.
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
    negated: bool = False
    made_by: bool = False


def mentions_of(text: str, lexicon: Lexicon, names: Names | None = None) -> list[Mention]:
    """Everything a text mentions, in reading order. `names` are further names, by their words."""
    found = _read(text, lexicon, names or {})
    found = _with_makers(found, lexicon)
    return _with_negations(_with_next(found), lexicon)


def _read(text: str, lexicon: Lexicon, names: Names) -> list[Mention]:
    tokens = tokens_of(text)
    found: list[Mention] = []
    place, clause = 0, 0
    while place < len(tokens):
        token = tokens[place]
        entry = _name_at(tokens, place, names) or lexicon.entry_at(tokens, place)
        clause += token.opens_clause or token.word in lexicon.breaks
        last = tokens[place + (len(entry.words) if entry else 1) - 1]
        kind, key = _meaning(token, entry, lexicon)
        found.append(
            Mention(
                text[token.start : last.end], token.start, last.end, kind, key, clause,
                " ".join(entry.words) if entry else token.word, token.before,
            )
        )  # fmt: skip
        place += len(entry.words) if entry else 1
    return found


def _name_at(tokens: Sequence[Token], place: int, names: Names) -> Entry | None:
    """A name that the facts give, written as a name: `Orange` the brand is not the colour."""
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


def _with_next(found: Sequence[Mention]) -> list[Mention]:
    marked = list(found)
    for place, (mention, after) in enumerate(pairwise(found)):
        if after.kind and after.clause == mention.clause:
            marked[place] = replace(mention, next=after.key[1])
    return marked


def _with_makers(found: list[Mention], lexicon: Lexicon) -> list[Mention]:
    """Marks the names behind `by`, `brand:` and the like."""
    marked = list(found)
    for place, mention in enumerate(found):
        if not mention.text[0].isupper() or mention.kind in (None, "number"):
            continue
        before = found[max(place - 2, 0) : place]
        words = tuple(word for earlier in before for word in earlier.word.split())
        follows = any(words[-size:] in lexicon.makers for size in (1, 2, 3) if size <= len(words))
        continues = place > 0 and marked[place - 1].made_by and not mention.before.strip(" &")
        marked[place] = replace(mention, made_by=follows or continues)
    return marked


def _with_negations(found: list[Mention], lexicon: Lexicon) -> list[Mention]:
    """Marks what is denied: behind the denying word in its clause, or before it if nothing is."""
    by_clause: dict[int, list[int]] = {}
    for place, mention in enumerate(found):
        by_clause.setdefault(mention.clause, []).append(place)
    marked = list(found)
    for places in by_clause.values():
        for place in _denied(found, places, lexicon):
            marked[place] = replace(found[place], negated=True)
    return marked


def _denied(found: Sequence[Mention], places: Sequence[int], lexicon: Lexicon) -> list[int]:
    deniers = [place for place in places if found[place].kind == "absence"]
    if not deniers:
        return []
    content = [place for place in places if found[place].kind not in (None, "absence")]
    first = deniers[0]
    if found[first].word in lexicon.suffixes and found[first].before == "-":
        return [place for place in content if place == first - 1]
    behind = [place for place in content if place > first]
    return behind or content
