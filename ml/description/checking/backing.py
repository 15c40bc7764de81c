"""What the facts say, as a look-up: which source backs which mention of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from ml.description.checking.claims import Key, Mention, mentions_of
from ml.description.checking.lexicon import Lexicon, lexicon_of
from ml.description.checking.quantities import single_quantities
from ml.description.checking.sentences import split_sentences
from ml.description.checking.tokens import words_of
from ml.description.facts import Fact, Facts, plain

# What a condition also says of the thing.
_IMPLIED = {"good": ("used",), "fair": ("used",)}
_BRAND = re.compile(r"brand|manufacturer|maker|label|designer|marke|hersteller|marque|marca")
STRICT: frozenset[str | None] = frozenset(
    {"number", "colour", "material", "size"}
)  # kinds that an attribute's name binds
_TRANSLATED = ("colour", "material")
_MANY_WORDS = 3  # more of them are prose, in which `or` is hardly the French for gold


@dataclass(eq=False)
class Backing:
    """One source: what it says, what it denies, and behind which words. `name` as in Claim."""

    name: str
    role: str  # attribute, brand, condition, title, category or prose
    by_seller: bool = True
    said: dict[Key, set[str]] = field(default_factory=dict)  # key -> what follows it
    behind: set[tuple[str, Key]] = field(default_factory=set)  # word and what it is followed by
    denied: set[Key] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    value_keys: frozenset[Key] = frozenset()
    is_denial: bool = False  # an attribute whose value is No
    is_affirmed: bool = False  # one whose value is Yes
    makers: set[Key] = field(default_factory=set)

    @property
    def is_attribute(self) -> bool:
        return self.role in ("attribute", "brand")

    def say(self, mentions: Iterable[Mention]) -> None:
        for mention in mentions:
            if mention.negated:
                self.denied |= set(_keys(mention))
                continue
            for key in _keys(mention):
                self.said.setdefault(key, set()).add(mention.next)
                self.behind.add((mention.previous, key))
            if mention.kind:
                self.kinds.add(mention.kind)


@dataclass(frozen=True, eq=False)
class Knowledge:
    """The facts of a listing in the form in which sentences are compared with them."""

    lexicon: Lexicon
    backings: tuple[Backing, ...]  # the more exact first
    attribute_names: dict[tuple[str, ...], tuple[Backing, ...]]  # stems of a name -> whose it is
    brand_names: dict[tuple[str, ...], str]
    verbatim: dict[str, str]  # words of a whole sentence of the facts -> its source
    nouns: frozenset[str]  # stems of what the thing is called
    has_condition: bool
    has_brand: bool

    @cached_property
    def longest_names(self) -> dict[str, int]:
        """First word of a name -> words of the longest such name."""
        by_length = sorted(self.attribute_names, key=len)
        return {words[0]: len(words) for words in by_length}

    def read(self, text: str) -> list[Mention]:
        return mentions_of(text, self.lexicon, self.brand_names)


@lru_cache(maxsize=64)
def knowledge_of(facts: Facts, code: str) -> Knowledge:
    """Reads the facts once for all sentences of a draft.

    Raises LanguageError where the language has no pack.
    """
    lexicon = lexicon_of(code)
    brands = _brand_names(facts)
    attributes = [_attribute(fact, lexicon, brands) for fact in facts.attributes]
    backings = [*attributes, _condition(facts.condition)]
    for name, text in (
        ("condition_note", facts.condition_note),
        ("title", facts.title),
        ("category", facts.category),
        ("seller_text", facts.seller_text),
    ):
        backings.append(_prose(name, plain(text), lexicon, brands))
    return Knowledge(
        lexicon=lexicon,
        backings=tuple(backings),
        attribute_names=_attribute_names(facts, attributes, lexicon),
        brand_names=brands,
        verbatim=dict(_verbatim(facts)),
        nouns=_nouns(facts, lexicon),
        has_condition=bool(facts.condition),
        has_brand=any(backing.role == "brand" for backing in attributes),
    )


def _keys(mention: Mention) -> tuple[Key, ...]:
    """By what else a mention of the facts may be found: the sides of a row of measures."""
    if mention.kind != "number":
        return (mention.key,)
    return mention.key, *(("number", single) for single in single_quantities(mention.key[1]))


def _brand_names(facts: Facts) -> dict[tuple[str, ...], str]:
    names = {}
    for fact in facts.attributes:
        words = tuple(words_of(plain(fact.value)))
        if _is_brand(fact.name) and 0 < len(words) <= 4:
            names[words] = " ".join(words)
    return names


def _is_brand(name: str) -> bool:
    return _BRAND.fullmatch(name.strip().lower()) is not None


def _attribute(fact: Fact, lexicon: Lexicon, brands: dict[tuple[str, ...], str]) -> Backing:
    role = "brand" if _is_brand(fact.name) else "attribute"
    backing = Backing(fact.name, role, fact.source == "seller")
    value = plain(fact.value)
    unit = re.search(r"\(\s*([^()\d]{1,12})\s*\)\s*$", fact.name)
    if unit and re.fullmatch(r"[\d.,\sx×]+", value):
        value = f"{value} {unit.group(1)}"
    said = mentions_of(value, lexicon, brands)
    affirmations = {*lexicon.language.affirmations, *lexicon_of("en").language.affirmations}
    backing.is_affirmed = any(mention.word in affirmations for mention in said)
    backing.is_denial = bool(said) and said[0].kind == "absence"
    backing.say(said)
    backing.value_keys = frozenset(mention.key for mention in said if mention.kind)
    kinds = set(backing.kinds)
    name = mentions_of(plain(fact.name), lexicon, brands)
    if backing.is_denial:
        backing.denied |= {mention.key for mention in name}
    elif value:
        backing.say(name)
    backing.kinds = kinds
    return backing


def _condition(condition: str) -> Backing:
    backing = Backing("condition", "condition")
    for key in (condition, *_IMPLIED.get(condition, ())):
        backing.said[("condition", key)] = {""}
    backing.said |= {("word", word): {""} for word in words_of(condition)}
    return backing


def _prose(name: str, text: str, lexicon: Lexicon, brands: dict[tuple[str, ...], str]) -> Backing:
    backing = Backing(name, "prose" if name in ("condition_note", "seller_text") else name)
    said = mentions_of(text, lexicon, brands)
    if lexicon.language.code != "en" and len(said) > _MANY_WORDS:
        english = lexicon_of("en").language.connectives
        said = [one for one in said if one.kind not in _TRANSLATED or one.word not in english]
    backing.say(said)
    backing.makers = _possible_makers(said, lexicon)
    return backing


def _possible_makers(said: Sequence[Mention], lexicon: Lexicon) -> set[Key]:
    """Words that may be the maker's: not those that tell for what the thing is."""
    place = next((i for i, m in enumerate(said) if m.word in lexicon.targets), len(said))
    return {mention.key for mention in said[:place]}


def _attribute_names(
    facts: Facts, attributes: Sequence[Backing], lexicon: Lexicon
) -> dict[tuple[str, ...], tuple[Backing, ...]]:
    """Every way to speak of an attribute: its name, what it is in the language, `wide` for width,
    and `strap` for the strap's colour.
    """
    found: dict[tuple[str, ...], tuple[Backing, ...]] = {}
    nouns = _nouns(facts, lexicon)
    for fact, backing in zip(facts.attributes, attributes, strict=True):
        for words in _ways_to_name(re.sub(r"\(.*?\)", "", plain(fact.name)), lexicon, nouns):
            found[words] = (*found.get(words, ()), backing)
    return found


def _ways_to_name(name: str, lexicon: Lexicon, nouns: frozenset[str]) -> set[tuple[str, ...]]:
    pack, lowered = lexicon.language, name.strip().lower()
    forms = [lowered, pack.attribute_names.get(lowered, "")]
    forms += pack.attribute_words.get(lowered, ())
    ways = {tuple(lexicon.stem(word) for word in words_of(form)) for form in forms}
    for words in tuple(ways):
        core = tuple(word for word in words if word not in _general_words(lexicon))
        if core and not set(core) & nouns:
            ways.add(core)
    return ways - {()}


@lru_cache(maxsize=8)
def _general_words(lexicon: Lexicon) -> frozenset[str]:
    """Stems in attributes' names that do not tell one part of a thing from another."""
    names = {"colour", "color", "material", "size", "type", "pattern", "style", "number"}
    names |= {"fabric", "shape", "finish", *lexicon.language.attribute_words}
    for name in tuple(names):
        names |= set(words_of(lexicon.language.attribute_names.get(name, "")))
    return frozenset(lexicon.stem(word) for word in names | lexicon.language.connectives)


def _nouns(facts: Facts, lexicon: Lexicon) -> frozenset[str]:
    leaf = re.split(r"[>/|]", facts.category)[-1]
    kinds = [fact.value for fact in facts.attributes if "type" in fact.name.lower()]
    return frozenset(lexicon.stem(word) for text in (leaf, *kinds) for word in words_of(text))


def _verbatim(facts: Facts) -> Iterator[tuple[str, str]]:
    """Whole sentences of the seller, and every attribute as `Name: value`."""
    prose = (
        ("seller_text", facts.seller_text),
        ("condition_note", facts.condition_note),
        ("title", facts.title),
    )
    for source, text in prose:
        for _, sentence in split_sentences(plain(text)):
            yield " ".join(words_of(sentence)), source
        yield " ".join(words_of(plain(text))), source
    for fact in facts.attributes:
        if fact.value.strip():
            yield " ".join(words_of(plain(f"{fact.name}: {fact.value}"))), fact.name
