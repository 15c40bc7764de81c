"""Is every claim of a text backed by the facts? Rules that know nothing of how a draft is made.

Every word that is no connective of the language is a claim (claims.py) and needs a source
(linking.py): the title, the category, the condition and the note on it, an attribute, or the
seller's own text. A sentence with a claim that has none loses the clause that makes it, or goes.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from ml.description.checking.backing import Knowledge, knowledge_of
from ml.description.checking.linking import claims_of
from ml.description.checking.salvage import shortened
from ml.description.checking.sentences import gap_of, split_sentences
from ml.description.checking.tokens import words_of
from ml.description.facts import Claim, Draft, Facts, Sentence, plain

# How to reach somebody, which no fact backs and no listing shows.
_CONTACT = re.compile(
    r"https?://\S+|www\.\S+|[^\s@]{1,64}@[^\s@]{1,64}\.\w+|(?<!\w)@\w{3,}|\b[\w-]{1,64}\.(?:com|net|org|de|fr|es|it|co\.uk)\b"
    r"|(?<![\w.,])(?:\+|00)\d[\d ()/.-]{7,}\d|(?<![\w.,])0\d{2,4}[ /-]\d[\d -]{4,}\d"
)


def check(text: str, facts: Facts, language: str = "en") -> list[Claim]:
    """Every claim of `text` with its source, in reading order.

    Raises LanguageError where the language has no pack.
    """
    knowledge = knowledge_of(facts, language)
    found: list[Claim] = []
    place = 0
    for gap, sentence in split_sentences(text):
        place += len(gap)
        found += [_moved(claim, place) for claim in _claims(sentence, knowledge)]
        place += len(sentence)
    return found


def checked(text: str, facts: Facts, language: str = "en", own: Collection[str] = ()) -> Draft:
    """The text's sentences with their claims, without what no fact backs.

    Of a sentence with an unbacked clause what can stand alone is kept. `own` are sentences that the
    seller wrote, which stay as they are. Raises LanguageError where the language has no pack.
    """
    knowledge = knowledge_of(facts, language)
    sellers = {tuple(words_of(sentence)) for sentence in own}
    kept: list[Sentence] = []
    removed: list[Sentence] = []
    gap = " "
    for space, written in split_sentences(text):
        gap = max(gap, gap_of(space), key=lambda each: each.count("\n"))
        if sellers and tuple(words_of(written)) in sellers:
            sentence = Sentence(written, ("seller_text",))
        else:
            sentence = _sentence(written, knowledge)
        good, refused = shortened(sentence, knowledge) if _is_unbacked(sentence) else (sentence, ())
        if good:
            kept.append(replace(good, gap=gap))
            gap = " "
        removed += refused
    return Draft(tuple(_without_empty_headings(kept)), tuple(removed))


def _without_empty_headings(sentences: list[Sentence]) -> list[Sentence]:
    """Without `Details:` where all that stood under it is gone."""
    return [
        sentence
        for place, sentence in enumerate(sentences)
        if not _is_heading(sentence) or not all(map(_is_heading, sentences[place + 1 : place + 2]))
    ]


def _is_heading(sentence: Sentence) -> bool:
    return not sentence.claims and sentence.text.rstrip("*_ ").endswith(":")


def _sentence(written: str, knowledge: Knowledge) -> Sentence:
    text = written if _CONTACT.search(written) else plain(written)
    claims = tuple(_claims(text, knowledge))
    return Sentence(text, tuple(dict.fromkeys(c.source for c in claims if c.source)), claims)


def _claims(sentence: str, knowledge: Knowledge) -> list[Claim]:
    contacts = [
        Claim(match.group(), match.start(), match.end(), None, "name")
        for match in _CONTACT.finditer(sentence)
    ]
    return contacts + claims_of(sentence, knowledge)


def _is_unbacked(sentence: Sentence) -> bool:
    return any(claim.source is None for claim in sentence.claims)


def _moved(claim: Claim, by: int) -> Claim:
    return replace(claim, start=claim.start + by, end=claim.end + by)
