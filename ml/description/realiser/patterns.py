"""Sentence patterns learnt from other people's listings: how they write, never what they say.

A pattern is the bare form of a sentence (`slots.py`) and the part of a description that it
can play. A request's own examples give patterns as they are; the bundled bank holds only forms that
several sellers use, so it keeps nobody's sentence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ml.description.facts import Facts, plain
from ml.description.realiser.slots import PHRASE_SLOTS, form_of, is_photo_talk, slots_in
from ml.description.request import Example

LEAST_SELLERS = 3  # who write a form before the bank keeps it
_MOST_SENTENCES = 40  # of one example: a longer text is mostly terms of sale
_RUN = 8  # words in a row that make a copy
# Sentences about the deal say nothing about the thing.
_DEAL = re.compile(
    r"\b(?:ship\w*|postage|deliver\w*|paypal|payments?|pays?|paid|bid\w*|auctions?|reserve|price\w*|"
    r"insur\w*|e-?mail\w*|phone|call|contact|whatsapp|feedback|winner|money|counters?|checkout|tax|"
    r"visit|store|shop|refund\w*|returns?|deposit|checks?|cash|handling|usps|ups|www|http\w*|"
    r"versand\w*|zahl\w*|überweis\w*|envío\w*|pago\w*|livraison\w*|paiement\w*|spedizion\w*|"
    r"pagament\w*)\b",
    re.I,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\s*[*~_=•|]+\s*|\s+-+\s+|\n+")
# A colon or semicolon also parts what sellers list: "Size: M; colour: red".
_CLAUSE_END = re.compile(r"\s*[;]\s*")
_NAMELESS = frozenset({"measure", "other", "use", "pack", "model", "type", "included", "origin"})
_CONDITION = re.compile(
    r"(?:(?:\{it\}|\{this\}) \{is\} |offered |selling )?(?:also )?in \{condition\} condition"
)
_WORDING = {
    "colour": r"colou?rs?",
    "material": r"material|fabric",
    "size": r"size",
    "brand": r"brand|label",
}
_PREDICATE = (
    r"(?:a )?size \{size\}|\{colour\}(?: in colou?r)?|(?:made of )?\{material\}|"
    r"in \{condition\} condition|(?:made )?(?:by|from) \{brand\}|for \{wearer\}"
)
_TAIL = (
    r"(?:in |a )?size \{size\}|in \{colour\}|(?:made of |in )\{material\}|"
    r"in \{condition\} condition|"
    r"(?:made )?(?:by|from) \{brand\}|for \{wearer\}|\{is\} (?:also )?(?:" + _PREDICATE + ")"
)
# An opening speaks of the thing itself (`this is a {noun} in ..`), not of what comes with it.
_OPENING = re.compile(
    r"(?:(?:here|\{this\}|\{it\}) \{is\} |i am selling |(?:up )?for sale(?: is)?:? |"
    r"selling |offered (?:here )?\{is\} )?(?:(?:\{a\}|the|\{this\}|a|my) )?"
    r"(?:(?:\{(?:colour|material|brand|pattern)\}|size \{size\}) )*\{(?:noun|title)\}"
    rf"(?:(?:,|:| and|, and)? (?:{_TAIL}))*"
)
# Without an article, a verb or its own place in a sentence: `dress is red.`, `these boots.`
_NO_OPENING = re.compile(
    r"\{noun\} (?:\{is\}|a size)|(?:\{this\}|the|my) (?:(?!\{is\}).)*$|\{it\} \{is\} the "
)
_STATEMENT = re.compile(
    r"(?:the |its )?\{n\}(?: \{?(?:is|measures)\}?|:) \{v\}|\{n\} \{v\}|\{v\} (?:in )?\{n\}|"
    r"(?:\{it\} (?:\{is\}|\{has\}|\{comes\}|measures) |\{this\}(?: one)? \{is\} )?"
    r"(?:an? |\{a\} )?(?:in |made (?:of|from|by) |by |from |for |size |\{n\} )?\{v\}"
    r"(?: (?:in )?\{n\})?"
)
_AGREEMENT = (
    (r"\b(?:it|they)\b", "{it}"),
    (r"\b(?:this|these)\b", "{this}"),
    (r"(\{it\}|\{this\}|\{this\} \{noun\}|\{noun\}) (?:is|are)\b", r"\1 {is}"),
    (r"(^|\{it\} |\{noun\} )comes?\b", r"\1{comes}"),
    (r"(\{it\}|\{noun\}) (?:has|have)\b", r"\1 {has}"),
    (r"\ban? (?=\{)", "{a} "),
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sentence with slots, and the part of a description that it can play.

    `part` is a role of planning.py (slots {v}, {n}, {Name}), `condition`, `opening` (slots of
    slots.PHRASE_SLOTS) or `photos` (none). `is_own`: the seller writes so.
    """

    text: str
    part: str
    is_own: bool = False


def learn_patterns(examples: Iterable[Example], code: str = "en") -> list[Pattern]:
    """Patterns of a request's examples, the seller's own before the neighbours', none twice."""
    found: dict[str, Pattern] = {}
    for example in sorted(examples, key=lambda example: not example.is_own):
        for sentence in _sentences(example.text):
            pattern = pattern_of(sentence, example.facts, code, is_own=example.is_own)
            if pattern:
                found.setdefault(pattern.text, pattern)
    return list(found.values())


def learn_bank(descriptions: Iterable[tuple[str, str]]) -> list[Pattern]:
    """Patterns in (seller, description) pairs that LEAST_SELLERS write, most widely used first."""
    sellers: dict[Pattern, set[str]] = defaultdict(set)
    nothing = Facts("")
    for seller, description in descriptions:
        for sentence in _sentences(description):
            pattern = pattern_of(sentence, nothing)
            if pattern:
                sellers[pattern].add(seller)
    shared = [pattern for pattern, users in sellers.items() if len(users) >= LEAST_SELLERS]
    return sorted(shared, key=lambda pattern: (-len(sellers[pattern]), pattern.text))


def pattern_of(
    sentence: str, facts: Facts, code: str = "en", *, is_own: bool = False
) -> Pattern | None:
    """The pattern of one sentence of a listing with these facts, if it has one."""
    if _DEAL.search(sentence):
        return None
    if code == "en" and is_photo_talk(sentence):
        return Pattern(f"{sentence.strip(' .,!').lower()}.", "photos", is_own)
    form = form_of(sentence, facts, code)
    part = _part(form) if form else None
    if form is None or part is None:
        return None
    text = _in_part(form, part)
    return Pattern(text, part, is_own) if text else None


class ForeignRuns:
    """The runs of `length` words that are examples' and no text of `own`, case and marks aside.

    What a listing says of itself word for word is no copy.
    """

    def __init__(
        self, examples: Iterable[str], own: Iterable[str] = (), length: int = _RUN
    ) -> None:
        self._length = length
        self._runs = {run for each in examples for run in runs_of(each, length)}
        self._runs -= {run for each in own for run in runs_of(each, length)}

    def are_in(self, sentence: str, before: str = "") -> bool:
        """Whether a sentence repeats one, which may begin in the text `before` it."""
        tail = " ".join(before.split()[1 - self._length :])
        return not self._runs.isdisjoint(runs_of(f"{tail} {sentence}", self._length))


def runs_of(text: str, length: int = _RUN) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def _sentences(text: str) -> list[str]:
    cleaned = re.sub(r"([.!?])[.!?]+", r"\1", plain(text.replace("\n", ". ")))
    parts = [part for whole in _SENTENCE_END.split(cleaned) for part in _CLAUSE_END.split(whole)]
    return [part.strip() for part in parts if part.strip()][:_MOST_SENTENCES]


def _part(form: str) -> str | None:
    """What a form can play, by its slots; None where they do not go together."""
    slots = [slot for slot in slots_in(form) if slot != "n"]
    has_name = "{n}" in form
    if slots == ["condition"]:
        return "condition"
    if len(slots) == 1 and slots[0] not in ("noun", "title"):
        return slots[0] if has_name or slots[0] not in _NAMELESS else None
    thing = "noun" in slots or "title" in slots
    return "opening" if thing and not has_name and PHRASE_SLOTS.issuperset(slots) else None


def _in_part(form: str, part: str) -> str | None:
    """The form with slots of its part, its words agreeing; None where it is no whole sentence."""
    if part not in ("opening", "condition"):
        # The attribute's name is our own: `the color is {v}` -> `the {n} is {v}`.
        form = re.sub(rf"(?<![\w{{])(?:{_WORDING.get(part, '(?!)')})(?![\w}}])", "{n}", form)
        form = form.replace(f"{{{part}}}", "{v}")
    for pattern, slot in _AGREEMENT:
        form = re.sub(pattern, slot, form)
    if part == "opening":
        is_whole = bool(_OPENING.fullmatch(form)) and not _NO_OPENING.match(form)
    elif part == "condition":
        is_whole = bool(_CONDITION.fullmatch(form))
    else:
        is_whole = bool(_STATEMENT.fullmatch(form)) and not re.search(r"^\{v\}$|\{a\} \{v\}", form)
    return f"{form}." if is_whole else None


def packed(patterns: Iterable[Pattern]) -> dict[str, list[str]]:
    """A bank as an artefact's config holds it: part -> texts."""
    bank: dict[str, list[str]] = {}
    for pattern in patterns:
        bank.setdefault(pattern.part, []).append(pattern.text)
    return bank


def unpacked(bank: Mapping[str, Iterable[str]]) -> list[Pattern]:
    """The patterns that `packed` wrote."""
    return [Pattern(text, part) for part, texts in bank.items() for text in texts]


def own_words(facts: Facts) -> Sequence[str]:
    """The texts of a listing that its draft may repeat at any length."""
    values = [fact.value for fact in facts.attributes]
    return [facts.title, facts.condition_note, facts.seller_text, *values]
