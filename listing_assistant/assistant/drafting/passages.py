"""The text that the draft section shows, sentence by sentence, with what each stands on.

It is the version that is looked at, or, once the seller has taken that over, the listing's
description as it is by now: what the seller has changed in it are the seller's own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from django.core.cache import cache

from listing_assistant.assistant import policy
from listing_assistant.assistant.drafting import inference
from listing_assistant.assistant.drafting.facts import ListingFacts, digest_of
from listing_assistant.assistant.drafting.inference import BaseSentence, StoredSentence
from listing_assistant.assistant.drafting.versions import TAKEN, History
from listing_assistant.assistant.models import Suggestion
from listing_assistant.listings.models import Listing

PLAIN_WORD = "detail"  # the kind of a claim that no list of words knows


@dataclass(frozen=True)
class Claim:
    """Words at [start, end) of their sentence. `source` names a fact; empty: nothing backs them."""

    text: str
    start: int
    end: int
    source: str
    kind: str


@dataclass(frozen=True)
class Passage:
    """A sentence. `gap` stands before it; `own`: the seller wrote it."""

    place: int
    text: str
    gap: str
    own: bool
    claims: tuple[Claim, ...] = ()

    @property
    def sources(self) -> list[str]:
        return list(dict.fromkeys(claim.source for claim in self.claims if claim.source))

    @property
    def unbacked(self) -> list[Claim]:
        return [claim for claim in self.claims if not claim.source]

    @property
    def breaks_before(self) -> range:
        """One line break before a line of a list, two before a paragraph."""
        return range(self.gap.count("\n"))


def shown_passages(listing: Listing, history: History, facts: ListingFacts) -> list[Passage]:
    """`facts` without the seller's text: what the seller writes does not back itself."""
    if history.shown is None:
        return []
    if is_taken(listing, history):
        return _of_description(listing.description, history, facts)
    return _passages(history.shown.value["sentences"])


def is_taken(listing: Listing, history: History) -> bool:
    """Whether the description is the version that is looked at, perhaps changed since."""
    taken = history.shown is not None and history.shown.state in TAKEN
    return taken and bool(listing.description.strip())


def _of_description(text: str, history: History, facts: ListingFacts) -> list[Passage]:
    """With the claims checked anew: what the listing says may have changed since the draft."""
    drafted = drafted_sentences(history.versions)
    language = history.shown.about.get("language", "en") if history.shown else "en"
    found = checked(text, facts, language)
    return _passages({**one, "own": _is_own(one["text"], drafted)} for one in found)


def _is_own(text: str, drafted: dict[str, StoredSentence]) -> bool:
    """Whether the seller wrote it: no draft says it, or one only repeats it."""
    return text not in drafted or bool(drafted[text].get("own", False))


def drafted_sentences(versions: Iterable[Suggestion]) -> dict[str, StoredSentence]:
    """By text, what drafts have said; of a text said twice the newest."""
    return {one["text"]: one for row in versions for one in row.value["sentences"]}


def own_text(listing: Listing, versions: Sequence[Suggestion]) -> str:
    """What of the description the seller wrote: no draft has said it."""
    drafted = drafted_sentences(versions)
    said = (text for _, text in inference.sentences_of(listing.description))
    return " ".join(text for text in said if _is_own(text, drafted))


def checked(text: str, facts: ListingFacts, language: str) -> list[StoredSentence]:
    """As inference.check_text; a page that asks every second does not check every second."""
    key = f"assistant:checked:{digest_of([text, language, asdict(facts)])}"
    found: list[StoredSentence] | None = cache.get(key)
    if found is None:
        found = inference.check_text(text, facts, language)
        cache.set(key, found, policy.STREAM_KEPT_SECONDS)
    return found


def base_of(passages: Iterable[Passage]) -> tuple[BaseSentence, ...]:
    """What a revision starts from."""
    return tuple(BaseSentence(one.text, one.gap, one.own) for one in passages)


def _passages(sentences: Iterable[StoredSentence]) -> list[Passage]:
    return [
        Passage(
            place=place,
            text=one["text"],
            gap=one.get("gap", " "),
            own=one.get("own", False),
            claims=tuple(_claims(one)),
        )
        for place, one in enumerate(sentences)
    ]


def _claims(sentence: StoredSentence) -> Iterator[Claim]:
    """Of the seller's own sentence no word is doubted that only describes: that is his to say."""
    for one in sentence.get("claims", ()):
        if one["source"] or one["kind"] != PLAIN_WORD or not sentence.get("own", False):
            yield Claim(one["text"], one["start"], one["end"], one["source"] or "", one["kind"])
