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
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ml.taclr.extraction import statements_in
from ml.taclr.matching import FORMS, FieldName, Mention, mentions_in
from ml.taclr.surface import MAX_TOKENS, Text, Token, read
from ml.taclr.taxonomy import CLOSED_LIST_LIMIT, KINDS, AttributeSpec

Place = tuple[int, int, str]  # first token, last token, field

NULL = -1
CONTEXT_BUCKETS = 1 << 16
_WINDOW = 3
NEAREST = 16  # values of a long list that may be right though nobody wrote them
LEAST_LOG = -9.0  # of a probability; below it values do not differ
ALONE = (0, 1)  # the chain position of a figure that stands by itself

FEATURES = (
    "null", "base", "mention", "unlisted",
    *(f"form {form}" for form in FORMS),
    "in description", "characters", "tokens", "place", "repeats", "has digit", "has letter",
    "glued left", "glued right", "inside a longer match", "shares its place", "attribute adjacent",
    "initial follows", "in a chain", "mentioned values", "mentioned in title",
    "words shared", "retrieval", "retrieval margin", "retrieval there",
    "seen", "seen margin", "photo", "value seen", "value share",
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


@dataclass(frozen=True)
class Retrieval:
    """The dual encoder's log-probabilities of a list's values, null last, (values + 1,).

    `seen` has them with the photo in the query, None without a photo.
    """

    read: NDArray[np.float32]
    seen: NDArray[np.float32] | None = None

    @cached_property
    def columns(self) -> list[dict[str, float]]:
        """The named amounts of each value, null last."""
        columns = {"retrieval": self.read, "retrieval margin": _margins(self.read)}
        if self.seen is not None:
            columns |= {"seen": self.seen, "seen margin": _margins(self.seen)}
        shared = {"retrieval there": 1.0, "photo": float(self.seen is not None)}
        amounts = np.stack(list(columns.values()), axis=1).tolist()
        return [dict(zip(columns, row, strict=True)) | shared for row in amounts]

    @property
    def best(self) -> NDArray[np.float32]:
        """Of each value (values,), null left out, by all that the query held."""
        return (self.read if self.seen is None else np.maximum(self.read, self.seen))[:-1]


def _margins(logs: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each is ahead of the best other."""
    first = int(logs.argmax())
    second = np.delete(logs, first).max(initial=LEAST_LOG)
    rivals = np.full_like(logs, logs[first])
    rivals[first] = second
    margins: NDArray[np.float32] = logs - rivals
    return margins


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

    def unseen(self) -> Pair:
        """The same rows as the text alone would give them."""
        features = self.features.copy()
        features[:, [_COLUMN[name] for name in ("seen", "seen margin", "photo")]] = 0
        return replace(self, features=features)


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
    found = {} if retrieval is None else retrieval.columns[-1]
    rows: list[tuple[int, dict[str, float], Mention | None]] = [(NULL, {"null": 1.0} | found, None)]
    words = texts["title"].vocabulary | texts["description"].vocabulary
    for number in _considered(spec, retrieval):
        own = _of_value(names[number], number, words, retrieval, prior)
        rows.append((number, own | {"base": 1.0}, None))
    about = _About(spec, mentions)
    for mention in mentions:
        own = _of_value(names[mention.value], mention.value, frozenset(), retrieval, prior)
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


def _considered(spec: AttributeSpec, retrieval: Retrieval | None) -> Sequence[int]:
    """Values that may be right without being stated: a short list's, or the nearest of a long one.

    None of a long list of codes or figures, which are stated or not known, nor of a list of one:
    there is nothing that tells its value from none.
    """
    if len(spec.values) < 2:
        return ()
    if len(spec.values) <= CLOSED_LIST_LIMIT:
        return range(len(spec.values))
    if retrieval is None:
        return ()
    nearest: list[int] = np.argsort(-retrieval.best, kind="stable")[:NEAREST].tolist()
    return nearest


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


def _of_value(
    value: str,
    number: int,
    words: frozenset[str],
    retrieval: Retrieval | None,
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
    if retrieval is not None and number < len(retrieval.read) - 1:
        named |= retrieval.columns[number]
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
