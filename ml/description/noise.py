"""What sellers put into titles to be noticed, and the title without it: shouting, stars, pleas."""

from __future__ import annotations

import re
from collections.abc import Iterable

EDGES = " -–—|,;:.!?*~_=/\\\"'"
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_WORD = re.compile(r"[^\W\d_]+")
# Other three capitals may be DVD.
_SHORT_WORDS = re.compile(
    r"(?:and|bag|big|box|boy|cup|for|hat|lot|men|mug|new|old|one|red|set|tan|the|tie|top|toy|two)"
)
_PLEAS = re.compile(
    r"(?<!\w)(?:l@@k|l00k|look here|wow|must[ -](?:see|have)|free (?:shipping|postage|p&p)|"
    r"no reserve|best price|great deal|gift idea|(?:hot|sale|cheap|bargain)(?=\s*!)|nr$)(?!\w)",
    re.I,
)


def without_noise(text: str) -> str:
    """A title without pleas and rows of signs; `Hot Wheels` keeps its first word."""
    text = _PLEAS.sub(" ", text)
    text = re.sub(r"[*~_=|<>@^]+|[!?]+|\.{2,}|-{2,}", " ", text)
    return re.sub(r"\s+", " ", text).strip(EDGES)


def is_shouted(text: str) -> bool:
    """More than half of the long words in capitals; one brand in capitals is no shouting."""
    long = _LONG_WORD.findall(text)
    shouted = [word for word in long if word.isupper()]
    return len(shouted) > 1 and 2 * len(shouted) > len(long)


def calmed(text: str, known: Iterable[str]) -> str:
    """Without shouting: a shouted word as the texts `known` write it, else with one capital."""
    if not is_shouted(text):
        return text
    spelling = {word.casefold(): word for each in known for word in each.split()}

    def calm(found: re.Match[str]) -> str:
        word = found.group()
        is_word = len(word) > 3 or _SHORT_WORDS.fullmatch(word.casefold())
        unknown = word.capitalize() if is_word else word
        return spelling.get(word.casefold(), unknown) if word.isupper() else word

    return _WORD.sub(calm, text)
