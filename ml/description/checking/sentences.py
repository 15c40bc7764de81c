"""Where sentences end: not behind `approx.`, an initial or a figure, but at bullets and lines."""

from __future__ import annotations

import re

# Abbreviations of listings in the five languages, and titles of people.
_ABBREVIATIONS = frozenset(
    {
        "approx", "ca", "circa", "e.g", "eg", "i.e", "ie", "etc", "vs", "incl", "excl", "max",
        "min", "dr", "mr", "mrs", "ms", "prof", "st", "no", "nr", "nos", "art", "ref", "vol",
        "pp", "fig", "inc", "ltd", "co", "corp", "bzw", "z.b", "zb", "d.h", "u.a", "usw", "inkl",
        "exkl", "evtl", "gr", "ggf", "str", "bspw", "mm", "cm", "kg", "p.ex", "ex", "env", "réf",
        "n.b", "av", "m", "mme", "mlle", "sr", "sra", "srta", "núm", "ej", "p.ej", "aprox", "tel",
        "pág", "ud", "uds", "sig", "sig.ra", "dott", "es", "p.es", "ecc", "misc", "cod", "tg",
        "pz", "dim",
    }
)  # fmt: skip
_NEVER_BEFORE_CAPITAL = frozenset(
    {"cm", "mm", "kg", "etc", "usw", "ecc", "co", "inc", "max", "min", "es", "m"}
)
_END = re.compile(
    r"(?P<latin>(?:[.!?]+|…)[\"'”’»)\]]*)(?=\s|$)|(?P<other>[。！？۔।؟]+[」』”]*)|(?P<line>\n)"
)
_LAST_WORD = re.compile(r"[^\W_](?:[^\W_]|[.](?=[^\W_]))*$")
_NEAR = 24  # characters, in which a short form and what it needs before it fit
_SPACE = re.compile(r"\s*")
_BULLET_NUMBER = re.compile(r"\d{1,2}$")


def split_sentences(text: str) -> list[tuple[str, str]]:
    """Sentences, each after what stands before it: space, line break, empty line.

    Joined they are the text again, but for white space at its end.
    """
    pieces: list[tuple[str, str]] = []
    start = 0
    for end in (*_ends(text), len(text)):
        piece = text[start:end]
        sentence = piece.lstrip()
        if sentence.rstrip():
            stop = start + len(piece.rstrip())
            begin = end - len(sentence)
            pieces.append((text[start:begin], text[begin:stop]))
            start = stop
    return pieces


def gap_of(space: str) -> str:
    """An empty line, a line break or a space: what a gap is in a draft."""
    breaks = space.count("\n")
    return "\n\n" if breaks > 1 else "\n" if breaks else " "


def _ends(text: str) -> list[int]:
    return [
        match.end()
        for match in _END.finditer(text)
        if match["latin"] is None or _is_end(text, match.start(), match.end())
    ]


def _is_end(text: str, sign: int, end: int) -> bool:
    """Whether a full stop, `!`, `?` or an ellipsis at [sign, end) closes a sentence."""
    after = _SPACE.match(text, end)
    following = text[after.end() : after.end() + 1] if after else ""
    if following and "\n" in text[end : after.end() if after else end]:
        return True
    if following.islower():
        return False  # `e.g. this`, `soft... and warm`
    if text[sign] != "." or text[sign : sign + 2] in ("..", ".!", ".?"):
        return True
    word = _LAST_WORD.search(text, max(sign - _NEAR, 0), sign)
    return not (following and word and _is_short_form(word.group(), text, word.start(), following))


def _is_short_form(word: str, text: str, start: int, following: str) -> bool:
    lowered = word.lower()
    if lowered in _NEVER_BEFORE_CAPITAL and following.isupper():
        return False
    before = text[max(start - _NEAR, 0) : start]
    if _BULLET_NUMBER.match(word) and not before.rpartition("\n")[2].strip():
        return True  # `1. Wash by hand`
    is_initial = len(word) == 1 and word.isupper() and following.isupper()
    if is_initial:
        # `J. R. Smith`, yet `Size M. Colour: red`: an initial has a name or initial around it.
        name = before.rstrip(" .")
        return not re.search(r"[a-z]$", name) or bool(re.search(r"\b(?:by|from)$", name, re.I))
    return lowered in _ABBREVIATIONS or bool(re.fullmatch(r"(?:[^\W\d_][.])+[^\W\d_]", lowered))
