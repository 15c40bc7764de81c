"""How the assistant says what it found."""

from __future__ import annotations

import re
from collections.abc import Sequence

from listing_assistant.assistant import policy


def in_words(confidence: float) -> str:
    """A confidence as people say it."""
    return next(words for least, words in policy.CONFIDENCE_WORDS if confidence >= least)


def joined(words: Sequence[str], last: str = "and") -> str:
    """ "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def mismatch_sentence(
    *,
    verdict: str,
    bad_positions: Sequence[int],
    photos: int,
    words: Sequence[str],
    looks_like: str,
) -> str:
    """Which photo, which word, and what the photo looks like instead.

    Positions count from 0; people count from 1. `looks_like` and `words` may be empty.
    """
    if verdict == "match":
        return (
            "The photos show what the title says."
            if photos > 1
            else ("The photo shows what the title says.")
        )
    subject, verb = _photos(bad_positions, photos)
    quoted = joined([f"“{word}”" for word in words], last="or")
    if verdict == "unsure":
        start = f"It is hard to tell whether {subject} {verb[1]}"
        return f"{start} {quoted or 'what the title says'}."
    said = f"{subject} {verb[0]} {quoted or 'what the title says'}"
    said = said[0].upper() + said[1:]
    return f"{said}: {verb[2]} more like {looks_like}." if looks_like else f"{said}."


def outlier_sentence(positions: Sequence[int]) -> str:
    """Photos that differ from the rest, which fits the title."""
    if len(positions) == 1:
        return f"Photo {positions[0] + 1} seems to show another thing than the other photos."
    name = joined([str(position + 1) for position in positions])
    return f"Photos {name} seem to show another thing than the other photos."


def _photos(bad: Sequence[int], photos: int) -> tuple[str, tuple[str, str, str]]:
    """The subject and its verbs: does not seem to show, shows, it looks."""
    if photos == 1 or len(bad) == 1:
        name = "the photo" if photos == 1 else f"photo {bad[0] + 1}"
        return name, ("does not seem to show", "shows", "it looks")
    if not bad or len(bad) == photos:
        return "the photos", ("do not seem to show", "show", "they look")
    name = f"photos {joined([str(position + 1) for position in bad])}"
    return name, ("do not seem to show", "show", "they look")


def counterfactual_sentence(words: Sequence[str], verdict: str) -> str:
    """What the title would have to do without; `verdict` is the one it would then have."""
    without = joined([f"“{word}”" for word in words])
    if verdict == "match":
        return f"Without {without} the warning clears."
    return f"Without {without} it would be hard to tell, but no longer a clear contradiction."


def reading_sentence(position: int, seen: str, stated: str) -> str:
    """Text in a photo says otherwise. Positions count from 0; people count from 1."""
    return f"Photo {position + 1} reads “{seen}”, but the title says “{stated}”."


MISSING = {
    "nothing_said": "Nothing says the {} yet.",
    "not_in_title": "The title does not say the {}.",
    "not_in_photos": "The photos do not show the {} clearly.",
    "not_in_either": "The title does not say the {}, and the photos do not show it clearly.",
    "photos_doubted": "The title does not say the {}, and photos that disagree with it were not "
    "asked.",
    "unsure": "The {} may be “{guess}”, but that is not sure enough to suggest.",
}


def missing_sentence(attribute: str, why: str, answers: Sequence[str] = ()) -> str:
    """Why a detail has no answer; `why` is a code of questions.Why.

    `answers` may be chosen, the likeliest first: where there is a guess, it is that one.
    """
    name = f"“{attribute}”" if _is_yes_or_no(answers) else inside_sentence(attribute)
    said = MISSING[why].format(name, guess="".join(answers[:1]))
    return re.sub("[Tt]he “", "“", said, count=1) if name.startswith("“") else said


def question_sentence(attribute: str, answers: Sequence[str] = ()) -> str:
    """How the seller is asked for a detail."""
    if _is_yes_or_no(answers):
        return f"{attribute}, yes or no?"
    verb = "are" if re.search(r"(?<![siu])s$", attribute) else "is"
    return f"What {verb} the {inside_sentence(attribute)}?"


def _is_yes_or_no(answers: Sequence[str]) -> bool:
    return set(answers) == {"Yes", "No"}


def inside_sentence(name: str) -> str:
    """An attribute's name within a sentence: "sleeve length", but "ISBN" and "USB ports"."""
    words = name.split(" ")
    return " ".join(
        word.lower() if word[1:].islower() or len(word) == 1 else word for word in words
    )


def place_in_words(left: float, top: float, right: float, bottom: float) -> str:
    """Where a region lies, for those who cannot see its frame; edges are shares of the photo."""
    if (right - left) * (bottom - top) >= policy.WHOLE_PHOTO:
        return "almost the whole photo"
    row = _third((top + bottom) / 2, ("top", "", "bottom"))
    column = _third((left + right) / 2, ("left", "", "right"))
    return f"the {' '.join(part for part in (row, column) if part) or 'middle'} of the photo"


def _third(share: float, names: tuple[str, str, str]) -> str:
    return names[min(2, int(3 * share))]
