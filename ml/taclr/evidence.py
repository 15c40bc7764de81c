"""What speaks for each candidate value of one attribute, as rows of numbers for the scorer.

One (item, attribute) pair gives a row for the null value, a row for every value of a closed list
and a row for every mention. A value's probability is the sum over its rows, so the strongest row
is also the evidence that is shown to the seller.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ml.taclr.extraction import statements_in
from ml.taclr.matching import FORMS, FieldName, Mention, mentions_in
from ml.taclr.surface import MAX_TOKENS, Text, Token, read
from ml.taclr.taxonomy import CLOSED_LIST_LIMIT, KINDS, AttributeSpec

Place = tuple[int, int, str]  # first token, last token, field

NULL = -1
CONTEXT_BUCKETS = 1 << 15
_WINDOW = 3
ALONE = (0, 1)  # the chain position of a figure that stands by itself

FEATURES = (
    "null", "base", "mention", "unlisted",
    *(f"form {form}" for form in FORMS),
    "in description", "characters", "tokens", "place", "repeats", "has digit", "has letter",
    "glued left", "glued right", "inside a longer match", "shares its place", "attribute adjacent",
    "initial follows", "in a chain", "mentioned values", "mentioned in title",
    "words shared", "retrieval", "retrieval margin", "retrieval known", "value seen", "value share",
    "log values", "null share", "attribute seen",
    *(f"kind {kind}" for kind in KINDS),
)  # fmt: skip
_COLUMN = {name: number for number, name in enumerate(FEATURES)}


@dataclass(frozen=True)
class Prior:
    """How often training items of (category, attribute) had each value, or none."""

    counts: Mapping[str, int] = field(default_factory=dict)
    empty: int = 0
    items: int = 0

    def without(self, gold: Sequence[str]) -> Prior:
        """The prior as it stood before an item with these values, so no item explains itself."""
        counts = {value: n - (value in gold) for value, n in self.counts.items()}
        return Prior(counts, self.empty - (not gold), self.items - 1)


@dataclass(frozen=True)
class Retrieval:
    """The dual encoder's log-probabilities: one per value of a closed list, and the null key's."""

    values: NDArray[np.float32]
    null: float
    known: bool = True  # whether training saw this (category, attribute)


@dataclass(frozen=True)
class Pair:
    """The rows of one (item, attribute): values[i] is a value's number or NULL."""

    spec: AttributeSpec
    values: NDArray[np.int64]  # (rows,)
    names: tuple[str, ...]  # of the listed values, then of those that only the text holds
    features: NDArray[np.float32]  # (rows, len(FEATURES))
    contexts: list[list[int]]  # hashed context ids of each row
    generic: list[list[int]]  # the part of them that does not name the attribute
    mentions: list[Mention | None]


def gather(
    spec: AttributeSpec,
    title: str,
    description: str,
    *,
    retrieval: Retrieval | None,
    prior: Prior,
) -> Pair:
    """The rows of `spec` for one item. Title and description are read, never changed."""
    texts: dict[FieldName, Text] = {"title": read(title), "description": read(description)}
    mentions = mentions_in(spec, title, description)
    names = [value.value for value in spec.values]
    for where, text in texts.items():
        mentions += _unlisted(spec, names, text, where, trained=prior.items > 0)
    rows: list[tuple[int, dict[str, float], Mention | None]] = [
        (NULL, _null_features(retrieval), None)
    ]
    rivals = None if retrieval is None else _rivals_of(retrieval)
    if len(spec.values) <= CLOSED_LIST_LIMIT:
        words = texts["title"].vocabulary | texts["description"].vocabulary
        for number in range(len(spec.values)):
            own = _of_value(names[number], number, words, retrieval, rivals, prior)
            rows.append((number, own | {"base": 1.0}, None))
    about = _About(spec, mentions)
    for mention in mentions:
        own = _of_value(names[mention.value], mention.value, frozenset(), retrieval, rivals, prior)
        own["unlisted"] = float(mention.value >= len(spec.values))
        own |= _of_mention(mention, about, texts[mention.field])
        rows.append((mention.value, own | {"mention": 1.0}, mention))
    kept = [mention for _, _, mention in rows]
    hashed = [
        _contexts(spec, value, names[value] if value >= 0 else "", mention, texts)
        for value, _, mention in rows
    ]
    return Pair(
        spec,
        np.array([value for value, _, _ in rows]),
        tuple(names),
        _features(_of_pair(spec, mentions, prior), [own for _, own, _ in rows]),
        [named + shared for named, shared in hashed],
        [shared for _, shared in hashed],
        kept,
    )


def _features(
    shared: Mapping[str, float], rows: Sequence[Mapping[str, float]]
) -> NDArray[np.float32]:
    """Named amounts by column, (rows, len(FEATURES)); every row has the shared ones too."""
    base = [0.0] * len(FEATURES)
    for name, amount in shared.items():
        base[_COLUMN[name]] = amount
    table = []
    for row in rows:
        columns = base.copy()
        for name, amount in row.items():
            columns[_COLUMN[name]] = amount
        table.append(columns)
    return np.array(table, np.float32)


def _unlisted(
    spec: AttributeSpec, names: list[str], text: Text, field: FieldName, *, trained: bool
) -> list[Mention]:
    """Mentions of values outside the list; each new value is appended to `names`."""
    mentions = []
    for statement in statements_in(spec, text, field, stretches=trained):
        if statement.value not in names[len(spec.values) :]:
            names.append(statement.value)
        number = names.index(statement.value, len(spec.values))
        mentions.append(
            Mention(
                number, field, statement.first, statement.last, statement.form, statement.conversion
            )
        )
    return mentions


def _of_pair(spec: AttributeSpec, mentions: Sequence[Mention], prior: Prior) -> dict[str, float]:
    return {
        "mentioned values": math.log1p(len({mention.value for mention in mentions})),
        "mentioned in title": float(any(mention.field == "title" for mention in mentions)),
        "log values": math.log1p(len(spec.values)) / 6,
        "null share": prior.empty / prior.items if prior.items else 0.5,
        "attribute seen": float(prior.items > 0),
        f"kind {spec.kind}": 1.0,
    }


def _null_features(retrieval: Retrieval | None) -> dict[str, float]:
    named = {"null": 1.0}
    if retrieval is not None and len(retrieval.values):
        named["retrieval"] = retrieval.null
        named["retrieval margin"] = retrieval.null - float(retrieval.values.max())
        named["retrieval known"] = float(retrieval.known)
    return named


def _rivals_of(retrieval: Retrieval) -> list[float]:
    """For each value the best score among the others and null."""
    values = retrieval.values
    if not len(values):
        return []
    best = int(values.argmax())
    second = float(np.delete(values, best).max(initial=-9.0))
    first = float(values[best])
    return [
        max(second if number == best else first, retrieval.null) for number in range(len(values))
    ]


def _of_value(
    value: str,
    number: int,
    words: frozenset[str],
    retrieval: Retrieval | None,
    rivals: Sequence[float] | None,
    prior: Prior,
) -> dict[str, float]:
    seen = prior.counts.get(value, 0)
    named = {
        "value seen": float(seen > 0),
        "value share": seen / prior.items if prior.items else 0.0,
    }
    own = words and _long_words(value)
    if own:
        named["words shared"] = sum(word in words for word in own) / len(own)
    if retrieval is not None and rivals is not None and number < len(rivals):
        named["retrieval"] = float(retrieval.values[number])
        named["retrieval margin"] = named["retrieval"] - rivals[number]
        named["retrieval known"] = float(retrieval.known)
    return named


class _About:
    """What the mentions of one pair are seen against; worked out once for all of them."""

    def __init__(self, spec: AttributeSpec, mentions: Sequence[Mention]) -> None:
        self.named = {word for word in read(spec.attribute).vocabulary if len(word) > 2}
        self.initial = spec.attribute[0].lower()
        self.repeats = Counter(mention.value for mention in mentions)
        self.rivals = Counter(
            place for place, _ in {(_place(mention), mention.value) for mention in mentions}
        )
        self.inside = _contained(self.rivals)


def _of_mention(mention: Mention, about: _About, text: Text) -> dict[str, float]:
    first, last = text.tokens[mention.first], text.tokens[mention.last]
    stated = text.original[first.start : last.end]
    near = _around(text, mention.first - 3, mention.last + 3)
    after = text.tokens[mention.last + 1].raw if mention.last + 1 < len(text.tokens) else ""
    place = _place(mention)
    return {
        f"form {mention.form}": 1.0,
        "in description": float(mention.field == "description"),
        "characters": min(len(stated), 30) / 30,
        "tokens": min(mention.last - mention.first + 1, 6) / 6,
        "place": mention.first / MAX_TOKENS
        if mention.field == "description"
        else _share(mention, text),
        "repeats": math.log1p(about.repeats[mention.value]),
        "has digit": float(any(map(str.isdigit, stated))),
        "has letter": float(any(map(str.isalpha, stated))),
        "glued left": float(text.original[first.start - 1 : first.start].isalnum()),
        "glued right": float(text.original[last.end : last.end + 1].isalnum()),
        "inside a longer match": float(place in about.inside),
        "shares its place": float(about.rivals[place] > 1),
        "attribute adjacent": float(any(token.canonical in about.named for token in near)),
        "initial follows": float(after == about.initial),
        "in a chain": float(text.chains.get(mention.first, ALONE)[1] > 1),
    }


def _contexts(
    spec: AttributeSpec,
    value: int,
    name_of_value: str,
    mention: Mention | None,
    texts: Mapping[FieldName, Text],
) -> tuple[list[int], list[int]]:
    """Hashed words about a row: (ids that name the attribute, ids that hold for any attribute)."""
    name = spec.attribute.lower()
    if mention is None:
        kind = "null" if value == NULL else "base"
        return [_hash(f"{spec.category}|{name}|{kind}"), _hash(f"{name}|{kind}")], []
    text = texts[mention.field]
    chain = text.chains.get(mention.first, ALONE)
    words = [f"form={mention.form}", f"field={mention.field}", f"conversion={mention.conversion}"]
    words.append(f"chain={chain}")
    for offset in range(1, _WINDOW + 1):
        words += [f"-{offset}:{_word(text, mention.first - offset)}"]
        words += [f"+{offset}:{_word(text, mention.last + offset)}"]
    words.append(f"-+:{_word(text, mention.first - 1)},{_word(text, mention.last + 1)}")
    if mention.first > 0:
        words.append(f"gap={text.gap(mention.first - 1).strip()[:3]}")
    stated = "".join(token.raw for token in text.tokens[mention.first : mention.last + 1])
    encoded = [word.encode() for word in words]
    own = _hashes(f"{name}|", encoded)
    own += [_hash(f"{spec.category}|{name}|{words[0]}")]
    own += [_hash(f"{name}|stated={stated}|{name_of_value}")]
    return own, _hashes("*|", encoded)


def _contained(places: Collection[Place]) -> set[Place]:
    """Token ranges that lie inside a longer mention of the same attribute."""
    return {
        place
        for place in places
        if any(
            other != place
            and other[2] == place[2]
            and other[0] <= place[0]
            and place[1] <= other[1]
            for other in places
        )
    }


def _place(mention: Mention) -> Place:
    return mention.first, mention.last, mention.field


def _around(text: Text, first: int, last: int) -> tuple[Token, ...]:
    return text.tokens[max(0, first) : last + 1]


def _word(text: Text, place: int) -> str:
    if not 0 <= place < len(text.tokens):
        return ""
    token = text.tokens[place]
    return "#" if token.is_number else token.canonical


def _share(mention: Mention, text: Text) -> float:
    return mention.first / max(1, len(text.tokens))


def _hash(word: str) -> int:
    return zlib.crc32(word.encode()) % CONTEXT_BUCKETS


def _hashes(prefix: str, words: Sequence[bytes]) -> list[int]:
    """What `_hash` gives for each word behind the prefix, which is read once."""
    start = zlib.crc32(prefix.encode())
    return [zlib.crc32(word, start) % CONTEXT_BUCKETS for word in words]


@lru_cache(maxsize=1 << 14)
def _long_words(value: str) -> tuple[str, ...]:
    return tuple(token.canonical for token in read(value).tokens if len(token.canonical) > 3)


def prior_of(gold: Sequence[Sequence[str]]) -> Prior:
    """The prior of one (category, attribute) from the gold values of its training items."""
    counts = Counter(value for values in gold for value in set(values))
    return Prior(dict(counts), sum(not values for values in gold), len(gold))
