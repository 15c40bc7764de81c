"""A published text sentence by sentence: whose it is, what backed it, what no longer does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from listing_assistant.assistant import policy
from listing_assistant.assistant.drafting.facts import ListingFacts
from listing_assistant.assistant.drafting.inference import StoredSentence, check_text
from listing_assistant.assistant.models import PublishedText
from listing_assistant.assistant.quality import words
from listing_assistant.assistant.word_distance import word_distance

Origin = PublishedText.Origin
# As `PublishedText.sentences` keeps it.
LinkedSentence = dict[str, Any]
LinkedClaim = dict[str, Any]


@dataclass(frozen=True)
class DraftedSentence:
    """A sentence of a draft, and what wrote it. `was_taken`: the seller took that draft over."""

    text: str
    engine: str = ""
    release: str = ""
    language: str = ""
    was_taken: bool = True
    sources: Mapping[str, str | None] | None = None  # claim's text → fact


def linked_text(
    text: str,
    facts: ListingFacts,
    drafted: Sequence[DraftedSentence],
    earlier: Sequence[LinkedSentence] = (),
    language: str = "en",
) -> list[LinkedSentence]:
    """Every sentence of `text` with its origin, its claims and which of them are broken.

    `earlier` is what was kept of the text before this change: a sentence that stays keeps its
    origin, and the facts that it was written from.
    """
    before = {_key(one["text"]): one for one in earlier}
    linked = []
    for sentence in _with_details_first(text, facts, language):
        known = before.get(_key(sentence["text"]))
        origin = _origin_kept(known) if known else _origin_of(sentence["text"], drafted)
        claims = [_claim(one, facts, origin["drafted_sources"]) for one in sentence["claims"]]
        claims, broken = _compared(claims, known["claims"] if known else [], facts)
        linked.append(
            {
                "text": sentence["text"],
                "gap": sentence["gap"],
                "origin": origin["origin"],
                "engine": origin["engine"],
                "release": origin["release"],
                "language": origin["language"],
                "sources": list(dict.fromkeys(one["source"] for one in claims if one["source"])),
                "claims": claims,
                "broken": broken,
            }
        )
    return linked


def drafted_share(sentences: Sequence[LinkedSentence]) -> float:
    """Of the words, those in drafted and edited sentences."""
    counts = [(len(words(one["text"])), one["origin"] != Origin.OWN) for one in sentences]
    whole = sum(count for count, _ in counts)
    return sum(count for count, is_drafted in counts if is_drafted) / whole if whole else 0.0


def most_common(sentences: Sequence[LinkedSentence], name: str) -> str:
    """The engine, release or language of most sentences that were drafted; "" where none was."""
    said = Counter(one[name] for one in sentences if one["origin"] != Origin.OWN)
    return str(said.most_common(1)[0][0]) if said else ""


# --- Whose it is --------------------------------------------------------------------------------


def _origin_kept(known: LinkedSentence) -> dict[str, Any]:
    names = ("origin", "engine", "release", "language")
    sources = {one["text"]: one["source"] for one in known["claims"] if not one["value"]}
    return {name: known[name] for name in names} | {"drafted_sources": sources}


def _origin_of(text: str, drafted: Sequence[DraftedSentence]) -> dict[str, Any]:
    """Said by a draft word for word, likest to a draft's sentence, or the seller's own.

    A draft that the seller did not take over counts only for what nobody types by chance.
    """
    long_enough = len(words(text)) >= policy.COPIED_WORDS
    possible = [one for one in drafted if one.was_taken or long_enough]
    same = next((one for one in reversed(possible) if _key(one.text) == _key(text)), None)
    if same:
        return _told(Origin.DRAFTED, same)
    near = min(possible, key=lambda one: word_distance(one.text, text), default=None)
    if near and word_distance(near.text, text) <= policy.EDITED_DISTANCE:
        return _told(Origin.EDITED, near)
    return _told(Origin.OWN, DraftedSentence(""))


def _told(origin: PublishedText.Origin, one: DraftedSentence) -> dict[str, Any]:
    return {
        "origin": origin.value,
        "engine": one.engine,
        "release": one.release,
        "language": one.language,
        "drafted_sources": one.sources or {},
    }


def _key(text: str) -> str:
    return " ".join(words(text)).casefold()


# --- What it stands on --------------------------------------------------------------------------


def _with_details_first(text: str, facts: ListingFacts, language: str) -> list[StoredSentence]:
    """Claims linked to details before title and category.

    The words of a title stay when a detail is corrected: they would hide the contradiction.
    """
    whole = check_text(text, facts, language)
    details = check_text(text, replace(facts, title="", category=""), language)
    for sentence, other in zip(whole, details, strict=True):
        first = {(one["start"], one["end"]): one["source"] for one in other["claims"]}
        for claim in sentence["claims"]:
            claim["source"] = first.get((claim["start"], claim["end"])) or claim["source"]
    return whole


def _claim(
    claim: LinkedClaim, facts: ListingFacts, drafted: Mapping[str, str | None]
) -> LinkedClaim:
    """With what its source says now; "" where only a suggestion said it when it was drafted."""
    source = claim["source"] or drafted.get(claim["text"])
    value = value_of(facts, source) if claim["source"] else ""
    return {**claim, "source": source, "value": value}


def value_of(facts: ListingFacts, source: str | None) -> str:
    """What a fact of that name says; "" where there is none."""
    own = {
        "title": facts.title,
        "category": facts.category,
        "condition": facts.condition,
        "condition_note": facts.condition_note,
    }
    said = [one.value for one in facts.details if one.name == source]
    return ", ".join(said) or own.get(source or "", "")


def _compared(
    now: Sequence[LinkedClaim], then: Sequence[LinkedClaim], facts: ListingFacts
) -> tuple[list[LinkedClaim], list[dict[str, str]]]:
    """The claims to keep and those that broke: a fact backed them and says something else now."""
    before = {(one["text"], one["start"]): one for one in then}
    kept, broken = [], []
    for claim in now:
        old = before.get((claim["text"], claim["start"]))
        if old and old["value"] and not _still_holds(claim, old, facts):
            claim = old
        elif not _contradicts(claim, facts):
            kept.append(claim)
            continue
        kept.append(claim)
        source, was = claim["source"], claim["value"]
        now_says = value_of(facts, source)
        broken.append({"claim": claim["text"], "source": source, "was": was, "now": now_says})
    return kept, broken


def _contradicts(claim: LinkedClaim, facts: ListingFacts) -> bool:
    """The fact that a draft took it from was changed before the text went live."""
    return bool(claim["source"]) and not claim["value"] and bool(value_of(facts, claim["source"]))


def _still_holds(claim: LinkedClaim, old: LinkedClaim, facts: ListingFacts) -> bool:
    """What a detail backed must be backed by a detail; the title alone does not do."""
    if value_of(facts, old["source"]) == old["value"]:
        return True
    weak = ("title", "category")
    return bool(claim["value"]) and (old["source"] in weak or claim["source"] not in weak)
