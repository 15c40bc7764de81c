"""English words: how they inflect and are joined. The checker has its own packs."""

from __future__ import annotations

import re


def _group(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD = re.compile(r"[^\W_]+(?:[-'’./][^\W_]+)*")


def words_of(text: str) -> list[str]:
    """Lower-case words; `like-new` and `16.5` are one word each."""
    return [word.lower() for word in _WORD.findall(text)]


def article(word: str) -> str:
    """a or an, by the sound that the word starts with as far as letters tell."""
    first = word.strip().split(" ")[0] if word.strip() else ""
    lowered = first.lower()
    if re.match(r"8|11\b|18\b", lowered):
        return "an"
    if len(first) > 1 and first.isupper() and first[0] in "FHLMNRSX":
        return "an"
    if lowered.startswith(("uni", "eu", "one", "use", "usb", "uk", "unicorn")) and not (
        lowered.startswith(("unin", "unim"))
    ):
        return "a"
    if lowered.startswith(("hour", "honest", "heir")):
        return "an"
    return "an" if lowered[:1] in tuple("aeiou") else "a"


def join_words(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def singular(noun: str) -> str:
    """`Dresses` -> `Dress`; words that only exist in the plural stay."""
    lowered = noun.lower()
    if lowered in _PLURAL_ONLY or lowered.endswith(("ss", "us", "is")):
        return noun
    if lowered.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if lowered.endswith(("sses", "shes", "ches", "xes")):
        return noun[:-2]
    return noun[:-1] if lowered.endswith("s") and len(noun) > 3 else noun


def is_plural(noun: str) -> bool:
    last = noun.lower().split(" ")[-1] if noun else ""
    return last in _PLURAL_ONLY


_PLURAL_ONLY = _group(
    "jeans trousers shorts pants leggings tights pyjamas pajamas scissors glasses sunglasses "
    "goggles headphones earphones earbuds binoculars shoes boots sneakers trainers sandals "
    "slippers heels socks gloves earrings cufflinks clothes briefs boxers chinos joggers "
    "overalls dungarees khakis capris culottes jeggings sweatpants flip-flops flats loafers "
    "accessories pliers tongs curtains skates"
)
