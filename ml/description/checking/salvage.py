"""What is left of a sentence without the clause that no fact backs, where that is a sentence."""

from __future__ import annotations

from dataclasses import replace

from ml.description.checking.backing import Knowledge
from ml.description.checking.claims import Mention
from ml.description.checking.linking import claims_of
from ml.description.facts import Claim, Sentence

_MOST_CUTS = 5  # more clauses are a list of words, of which no part is a sentence


def shortened(
    sentence: Sentence, knowledge: Knowledge
) -> tuple[Sentence | None, tuple[Sentence, ...]]:
    """What can be kept of a sentence with unbacked claims, and what is refused of it."""
    bad = min(claim.start for claim in sentence.claims if claim.source is None)
    mentions = knowledge.read(sentence.text)
    for cut in _cuts(mentions, bad):
        head = sentence.text[:cut].rstrip(" ,;:-–—(")
        kept = _checked(head + _final_sign(sentence.text), knowledge)
        if _stands(head, sentence.text[cut:], knowledge) and _is_backed(kept):
            return kept, (_refused(sentence, cut),)
    return None, (sentence,)


def _cuts(mentions: list[Mention], bad: int) -> list[int]:
    """Where a clause starts at or before the first unbacked claim, the last one first."""
    starts = [
        mention.start
        for mention, before in zip(mentions[1:], mentions, strict=False)
        if mention.clause != before.clause and mention.start <= bad
    ]
    return starts[: -_MOST_CUTS - 1 : -1]


def _stands(head: str, tail: str, knowledge: Knowledge) -> bool:
    """Whether words can stand alone: they end in something said, and have a verb if they begin as
    a full sentence does; what is cut off must not hold the verb that they need.
    """
    said, cut = knowledge.read(head), knowledge.read(tail)
    verbs = knowledge.lexicon.verbs
    if not said or said[-1].kind is None:
        return False
    has_verb = any(mention.word in verbs for mention in said)
    if said[0].kind is None:
        return has_verb
    return has_verb or not any(mention.word in verbs for mention in cut)


def _checked(text: str, knowledge: Knowledge) -> Sentence:
    claims = tuple(claims_of(text, knowledge))
    return Sentence(text, tuple(dict.fromkeys(c.source for c in claims if c.source)), claims)


def _is_backed(sentence: Sentence) -> bool:
    return bool(sentence.claims) and all(claim.source for claim in sentence.claims)


def _refused(sentence: Sentence, cut: int) -> Sentence:
    claims = tuple(_behind(claim, cut) for claim in sentence.claims if claim.start >= cut)
    sources = tuple(dict.fromkeys(claim.source for claim in claims if claim.source))
    return replace(sentence, text=sentence.text[cut:], claims=claims, sources=sources)


def _behind(claim: Claim, cut: int) -> Claim:
    return replace(claim, start=claim.start - cut, end=claim.end - cut)


def _final_sign(text: str) -> str:
    return text[-1] if text[-1] in ".!?。" else "."
