"""Near spellings: one slip of the hand inside a word that is long enough to be no other word."""

from __future__ import annotations

SHORTEST = 5


def near_key(word: str) -> str | None:
    """What a word shares with its near spellings; None for one that has none."""
    return word[0] + word[-1] if len(word) >= SHORTEST - 1 and word.isalpha() else None


def is_slip(written: str, meant: str) -> bool:
    """Whether one slip inside a word turns `meant` into `written`, and the word is long enough.

    Two letters swapped or one doubled or halved from five letters on, any inner letter from seven.
    First and last letters stay: "printed" and "printer" are two words.
    """
    if written == meant or written[0] != meant[0] or written[-1] != meant[-1]:
        return False
    short = min(len(written), len(meant))
    if short < 4 or max(len(written), len(meant)) < SHORTEST:
        return False
    if len(written) == len(meant):
        differing = [n for n in range(short) if written[n] != meant[n]]
        if len(differing) == 1:
            return short >= 8
        swapped = len(differing) == 2 and differing[1] == differing[0] + 1
        return (
            swapped
            and written[differing[0]] == meant[differing[1]]
            and (written[differing[1]] == meant[differing[0]])
        )
    longer, shorter = sorted((written, meant), key=len, reverse=True)
    if len(longer) != short + 1:
        return False
    place = next((n for n in range(short) if longer[n] != shorter[n]), short)
    if longer[place + 1 :] != shorter[place:]:
        return False
    return short >= 6 or longer[place] == longer[place - 1]
