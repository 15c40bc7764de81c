"""Strangers' text on its way into a prompt: cleaned, cut to a budget, and fenced off as data.

Whoever types a title or an earlier description can type an instruction. It cannot end its block:
data is JSON, whose strings hold no line break, between marks that occur nowhere in the data.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

from ml.description.facts import Facts, plain
from ml.description.grounding import check

CUT = " […]"  # stands where a text went on
BLANK = "[…]"  # stands where a neighbour's text said something of its own

Data = str | Sequence["Data"] | Mapping[str, "Data"]

# What chat templates and processors read as their own: <|im_end|>, <image>, </s>, [INST].
_CONTROL = re.compile(r"<[^<>]{0,80}>|<\||\|>|\[/?[A-Z_]{2,20}\]|<(?=[/|!a-zA-Z])")
# What is said to a model and not to a buyer. It catches the usual wording, and is no more than the
# second of three fences: data is marked as data, and what is made of it is checked.
_TO_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.!?]{0,40}"
    r"\b(?:above|before|previous|prior|earlier|all|instructions?|rules?|prompt)\b.*"
    r"|\b(?:system|assistant|developer)\s*(?:prompt|message)?\s*:.*"
    r"|\byou are (?:now )?(?:an? )?(?:assistant|ai|language model|chatbot|free)\b.*",
    re.I | re.S,
)


def cleaned(text: str, most: int) -> str:
    """Plain text of at most `most` characters, in which no template finds a mark of its own.

    From an order to a language model on, nothing is left of it.
    """
    was_cut = len(text) > 4 * most  # markup may be most of it; no more than that is read
    text = plain(text[: 4 * most])
    while (fewer := _CONTROL.sub(" ", text)) != text:  # <<image>image> leaves another
        text = fewer
    text = " ".join(_TO_A_MODEL.sub(CUT, text).split())
    return text[:most].rstrip() + CUT if was_cut or len(text) > most else text


def masked(text: str, own: Facts, others: Facts, language: str = "en") -> str:
    """A neighbour's text without what it says: of its words only those stay that claim nothing.

    `own` are the facts of the listing that is described; what they back stays readable. `others`
    are the neighbour's, whose values go even where they are spelt like common words.
    """
    gone = [claim for claim in check(text, own, language) if claim.source is None]
    for claim in sorted(gone, key=lambda claim: -claim.start):
        text = f"{text[: claim.start]}{BLANK}{text[claim.end :]}"
    backed = _words(own)
    for word in sorted(_words(others) - backed, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", BLANK, text, flags=re.IGNORECASE)
    return re.sub(rf"(?:{re.escape(BLANK)}[\s,/.-]*){{2,}}(?=\s|$)", BLANK + " ", text).strip()


def fence_for(data: Sequence[str]) -> str:
    """Sixteen hexadecimal digits that none of `data` contains; the same for the same data."""
    joined, number = "\n".join(data), 0
    while True:
        fence = hashlib.sha256(f"{number}\n{joined}".encode()).hexdigest()[:16]
        if fence not in joined.lower():
            return fence
        number += 1


def block(name: str, data: Data, fence: str) -> str:
    written = json.dumps(data, ensure_ascii=False, indent=1)
    return f"<{name} {fence}>\n{written}\n</{name} {fence}>"


def _words(facts: Facts) -> set[str]:
    """Words of the title and the values that could be taken for facts: none of two letters."""
    said = [facts.title, *(fact.value for fact in facts.attributes)]
    words = re.findall(r"[^\W_]+(?:[-'’./][^\W_]+)*", plain(" ".join(said)).lower())
    return {word for word in words if len(word) > 2}
