"""Which source backs a mention, and which claims a sentence therefore makes, backed or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from ml.description.checking.backing import STRICT, Backing, Knowledge
from ml.description.checking.claims import Mention
from ml.description.facts import Claim

# Grades of wear: where the seller has chosen a condition, no stray word may say another.
_GRADES = frozenset(
    {
        *("new", "like new", "good", "fair", "for parts", "very good", "excellent", "perfect"),
        *("new with tags", "mint", "unused", "used"),
    }
)


def claims_of(text: str, knowledge: Knowledge) -> list[Claim]:
    """The claims of one sentence, each with the source behind it or None, in reading order.

    1. What the seller or an attribute says word for word is backed as it stands.
    2. Find the attributes that the sentence names: their claims are theirs to back.
    3. What is denied is one claim with the word that denies it.
    4. Everything else is looked up by kind.
    """
    mentions = knowledge.read(text)
    source = knowledge.verbatim.get(" ".join(mention.word for mention in mentions))
    if source is not None:
        return [_claim(mention, source) for mention in mentions if mention.kind]
    return list(_Sentence(mentions, knowledge).claims(text))


def _claim(mention: Mention, source: str | None) -> Claim:
    return Claim(mention.text, mention.start, mention.end, source, mention.kind or "detail")


class _Sentence:
    """One sentence beside what is known."""

    def __init__(self, mentions: Sequence[Mention], knowledge: Knowledge) -> None:
        self._mentions = mentions
        self._knowledge = knowledge
        self._keys = frozenset(mention.key for mention in mentions)
        self._yes = knowledge.lexicon.language.affirmations[0]
        self._denying = {mention.clause for mention in mentions if mention.kind == "absence"}
        self._names: dict[int, tuple[Backing, ...]] = {}  # place of a word in an attribute's name
        self._named: dict[int, list[Backing]] = {}  # clause -> attributes that it names
        self._explicit: dict[int, tuple[Backing, ...]] = {}  # clause -> `Name: ...`, `Name is ...`
        self._find_names()

    def claims(self, text: str) -> Iterator[Claim]:
        denied = self._denied_by_clause()
        for place, mention in enumerate(self._mentions):
            if mention.kind == "absence" and mention.clause in denied:
                yield self._absence(text, denied.pop(mention.clause))
            elif mention.word == self._yes and mention.clause in self._explicit:
                yield _claim(mention, self._affirmed(mention.clause))
            elif self._asserts(place):
                yield _claim(mention, self._named_by(place) or self._source(place))

    def _asserts(self, place: int) -> bool:
        """Whether a mention is a claim by itself; what is denied is one with what denies it."""
        mention = self._mentions[place]
        if mention.kind is None:
            return self._is_value(place)
        return not mention.negated and mention.kind != "absence"

    def _find_names(self) -> None:
        stem = self._knowledge.lexicon.stem
        words = [
            (stem(word), place)
            for place, mention in enumerate(self._mentions)
            for word in mention.word.split()
        ]
        stems = [word for word, _ in words]
        places = [-1, *(place for _, place in words), -1]
        start = 0
        while start < len(words):
            size, named = self._name_at(stems, start)
            # `brand` names nothing in `brand new`.
            if (
                places[start] == places[start + 1]
                or places[start + size] == places[start + size + 1]
            ):
                named = ()
            if named:
                self._note_name(words[start][1], words[start + size - 1][1], named)
            start += max(size, 1)

    def _name_at(self, stems: Sequence[str], place: int) -> tuple[int, tuple[Backing, ...]]:
        longest = self._knowledge.longest_names.get(stems[place], 0)
        for size in range(min(longest, len(stems) - place), 0, -1):
            named = self._knowledge.attribute_names.get(tuple(stems[place : place + size]))
            if named:
                return size, named
        return 0, ()

    def _note_name(self, first: int, last: int, named: tuple[Backing, ...]) -> None:
        clause = self._mentions[first].clause
        self._names |= dict.fromkeys(range(first, last + 1), named)
        self._named.setdefault(clause, []).extend(named)
        after = self._mentions[last + 1 : last + 2]
        before = takewhile(lambda other: other.clause == clause, self._mentions[:first][::-1])
        starts = all(other.kind is None for other in before)
        verbs = self._knowledge.lexicon.verbs
        if starts and after and (":" in after[0].before or after[0].word in verbs):
            self._explicit.setdefault(clause, named)

    def _is_value(self, place: int) -> bool:
        """Whether a connective is written as a part of a value: `The brand is The North Face`."""
        mention = self._mentions[place]
        return (
            mention.text[0].isupper()
            and mention.clause in self._explicit
            and place not in self._names
            and bool(mention.previous)
        )

    def _named_by(self, place: int) -> str | None:
        """The attribute that a word merely names, unless its value denies it and the clause not."""
        named = self._names.get(place, ())
        if named != self._explicit.get(self._mentions[place].clause, named):
            return None  # behind `Name:` stands its value
        if self._mentions[place].clause not in self._denying:
            named = tuple(one for one in named if not one.is_denial)
        whole = (one.name for one in named if one.value_keys <= self._keys)
        return next(whole, named[0].name if named else None)

    def _affirmed(self, clause: int) -> str | None:
        """The attribute of which a clause says `Name: yes`, if its value does too."""
        return next((one.name for one in self._explicit[clause] if one.is_affirmed), None)

    def _denied_by_clause(self) -> dict[int, list[Mention]]:
        denied: dict[int, list[Mention]] = {}
        for mention in self._mentions:
            if mention.negated or mention.kind == "absence":
                denied.setdefault(mention.clause, []).append(mention)
        return denied

    def _absence(self, text: str, parts: Sequence[Mention]) -> Claim:
        start, end = parts[0].start, max(part.end for part in parts)
        keys = {part.key for part in parts if part.negated}
        bound = self._explicit.get(parts[0].clause, ())
        backed = (
            backing
            for backing in self._knowledge.backings
            if keys <= backing.denied
            and (not bound or backing in bound or not backing.is_attribute)
        )
        source = next((backing.name for backing in backed), None) if keys else None
        return Claim(text[start:end], start, end, source, "absence")

    def _source(self, place: int) -> str | None:
        mention, bound = self._mentions[place], self._bound(place)
        candidates = [
            backing for backing in self._candidates(mention) if not bound or backing in bound
        ]
        whole = (one for one in candidates if one.value_keys and one.value_keys <= self._keys)
        prose = (one for one in candidates if not one.is_attribute)
        best = next(whole, None) or next(prose, None) or next(iter(candidates), None)
        return best.name if best else None

    def _bound(self, place: int) -> list[Backing]:
        """The attributes that alone may back the mention, as its clause speaks of them."""
        mention = self._mentions[place]
        if mention.clause in self._explicit:
            return list(self._explicit[mention.clause])
        if mention.kind in STRICT and mention.next and place + 1 in self._names:
            return list(self._names[place + 1])  # `leather dial` is said of the dial
        named = self._named.get(mention.clause, [])
        return [backing for backing in named if mention.kind in STRICT & backing.kinds]

    def _candidates(self, mention: Mention) -> list[Backing]:
        return [
            backing
            for backing in self._knowledge.backings
            if mention.key in backing.said and self._may_back(backing, mention)
        ]

    def _may_back(self, backing: Backing, mention: Mention) -> bool:
        if mention.made_by and not self._may_name_maker(backing, mention):
            return False
        if mention.kind == "praise":
            return backing.by_seller
        if mention.kind == "condition":
            return self._may_grade(backing, mention)
        if mention.kind == "number" and " " not in mention.key[1]:
            return self._counts_the_same(backing, mention)
        return True

    def _may_name_maker(self, backing: Backing, mention: Mention) -> bool:
        if self._knowledge.has_brand:
            return backing.role == "brand"
        return backing.role == "prose" or (
            backing.role == "title" and mention.key in backing.makers
        )

    def _may_grade(self, backing: Backing, mention: Mention) -> bool:
        if backing.role == "condition" or not self._knowledge.has_condition:
            return True
        if mention.key[1] not in _GRADES:
            return True
        # `new zip` in a note makes the zip new and not the thing.
        return backing.role in ("prose", "title") and mention.next in backing.said[mention.key]

    def _counts_the_same(self, backing: Backing, mention: Mention) -> bool:
        """`4 pockets` is backed by `4 pockets` and `Pockets: 4`, not by `4 buttons, 2 pockets`."""
        followers = backing.said[mention.key]
        if not mention.next or mention.next in followers:
            return True
        if mention.next in self._knowledge.nouns:  # `Levi's 501` backs `Levi's 501 jeans`
            return bool(mention.previous) and (mention.previous, mention.key) in backing.behind
        return followers == {""} and ("word", mention.next) in backing.said
