"""How good a listing is, 0 to 100: parts that add up, each with its why and what would earn more.

Plain values in, plain values out: the editor, the API, the choice of examples and
`benchmarks/quality.py` count with the same rules. Numbers are in `policy.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from listing_assistant.assistant import policy

# Scripts that put no spaces between words: two characters are about one word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]{1,2}|[^\W_]+(?:['’.-][^\W_]+)*")
_ORNAMENT = re.compile(r"[!?*~#=+^|<>_-]{2,}|\bl@@k\b|\bwow\b", re.I)


@dataclass(frozen=True)
class Detail:
    """An attribute of the category. `value` is "" where the listing does not state it."""

    name: str
    value: str = ""
    weight: float = 1.0  # what it is worth to buyers beside the others
    is_required: bool = False


@dataclass(frozen=True)
class Contents:
    """What is graded of a listing. `photos` counts them; a new thing needs no note on wear."""

    title: str = ""
    photos: int = 0
    has_category: bool = False
    condition: str = ""
    is_new: bool = False
    condition_note: str = ""
    details: tuple[Detail, ...] = ()
    description: str = ""
    has_price: bool = False


@dataclass(frozen=True)
class Part:
    """`points` of `of`, why so many, and what would earn more: "" where nothing would.

    `field` is where the seller goes to earn them.
    """

    key: str
    label: str
    field: str
    of: int
    points: int
    why: str
    earn: str = ""

    @property
    def passed(self) -> bool:
        return self.points == self.of

    @property
    def share(self) -> float:
        return self.points / self.of


def grade(contents: Contents) -> list[Part]:
    """All parts, in the order of the editor. Their points add up to the score."""
    rules = (_photos, _title, _category, _condition, _details, _description, _price)
    return [rule(contents) for rule in rules]


def score(parts: Sequence[Part]) -> int:
    return sum(part.points for part in parts)


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def is_shouted(text: str) -> bool:
    """Whether most letters are capitals: names and sizes may be."""
    letters = [letter for letter in text if letter.isalpha()]
    capitals = sum(letter.isupper() for letter in letters)
    return len(letters) >= 8 and capitals > policy.SHOUTED_SHARE * len(letters)


# --- The parts ----------------------------------------------------------------------------------


def _photos(contents: Contents) -> Part:
    of, count = policy.POINTS_PHOTOS, contents.photos
    points = _points(of, _photo_share(count))
    gain = _points(of, _photo_share(count + 1)) - points
    why = f"{count} photo{'s' if count != 1 else ''}." if count else "There is no photo."
    earn = f"Add {'another side' if count else 'a photo'}: +{gain}." if gain else ""
    return Part("photos", "Photos from several sides", "photos", of, points, why, earn)


def _photo_share(count: int) -> float:
    """Each photo is worth a fixed share of the one before it."""
    enough, ratio = policy.PHOTOS_ENOUGH, policy.NEXT_PHOTO_WORTH
    return (1 - ratio ** min(count, enough)) / (1 - ratio**enough)


def _title(contents: Contents) -> Part:
    of, title = policy.POINTS_TITLE, contents.title
    telling = {word.lower() for word in words(title)} - policy.TITLE_FILLERS
    share, earn = min(1.0, len(telling) / policy.TITLE_WORDS_ENOUGH), ""
    if share < 1:
        missing = _unsaid(title, contents.details)
        name = f", such as the {missing.name.lower()}" if missing else ""
        earn = f"Add a word that buyers search for{name}."
    if _ORNAMENT.search(title):
        share, earn = share * policy.ORNATE_TITLE, "Leave out decoration."
    if is_shouted(title):
        share, earn = share * policy.SHOUTED_TITLE, "Write it in small letters."
    if len(title) > policy.TITLE_LONGEST:
        share, earn = share * policy.LONG_TITLE, f"Keep it to {policy.TITLE_LONGEST} characters."
    why = f"{len(telling)} word{'s' if len(telling) != 1 else ''} to be found by."
    points = _points(of, share)
    return Part("title", "A title that is found", "title", of, points, why, _due(earn, points, of))


def _category(contents: Contents) -> Part:
    of, found = policy.POINTS_CATEGORY, contents.has_category
    why = "Buyers find it there." if found else "Without one it is hard to find."
    earn = "" if found else f"Choose a category: +{of}."
    return Part("category", "A category", "category", of, of if found else 0, why, earn)


def _condition(contents: Contents) -> Part:
    of = policy.POINTS_CONDITION
    if not contents.condition:
        earn = "Choose the condition."
        return Part("condition", "The condition", "condition", of, 0, "It is not said.", earn)
    is_told = contents.is_new or bool(contents.condition_note.strip())
    points = of if is_told else _points(of, policy.CONDITION_WITHOUT_NOTE)
    why = "It is said." if is_told else "Wear and flaws are not said."
    earn = "" if is_told else f"Say what wear it has, or that it has none: +{of - points}."
    return Part("condition", "The condition", "condition", of, points, why, earn)


def _details(contents: Contents) -> Part:
    """The share of what buyers look for that is stated: the details that matter most count."""
    label, of, details = "Details buyers filter by", policy.POINTS_DETAILS, _counted(contents)
    if not details and contents.has_category:
        return Part("attributes", label, "attributes", of, of, "This category asks for none.")
    if not details:
        why, earn = "They belong to a category.", "Choose a category to see which."
        return Part("attributes", label, "attributes", of, 0, why, earn)
    points = _points(of, _stated_share(details))
    stated = sum(bool(detail.value) for detail in details)
    why = f"{stated} of the {len(details)} that matter most."
    missing = next((detail for detail in details if not detail.value), None)
    earn = ""
    if missing:
        told = [replace(one, value="?") if one is missing else one for one in details]
        gain = _points(of, _stated_share(told)) - points
        earn = f"State the {missing.name.lower()}: +{gain}." if gain else ""
    return Part("attributes", label, "attributes", of, points, why, earn)


def _counted(contents: Contents) -> list[Detail]:
    ranked = sorted(contents.details, key=lambda one: (not one.is_required, -one.weight))
    return ranked[: policy.DETAILS_COUNTED]


def _stated_share(details: Sequence[Detail]) -> float:
    def worth(one: Detail) -> float:
        return one.weight * (policy.REQUIRED_WORTH if one.is_required else 1.0)

    return sum(worth(one) for one in details if one.value) / sum(map(worth, details))


def _description(contents: Contents) -> Part:
    """Half for its length, half for saying what the details say."""
    of, text = policy.POINTS_DESCRIPTION, contents.description
    count = len(words(text))
    label = "A description worth reading"
    if not count:
        return Part("description", label, "description", of, 0, "There is none.", "Write one.")
    length, earn = min(1.0, count / policy.DESCRIPTION_WORDS_ENOUGH), ""
    if length < 1:
        earn = f"Write {policy.DESCRIPTION_WORDS_ENOUGH - count} words more."
    if count > policy.DESCRIPTION_WORDS_MOST:
        length, earn = policy.DESCRIPTION_WORDS_MOST / count, "Make it shorter."
    share = length * (policy.SHOUTED_TITLE if is_shouted(text) else 1.0)
    stated = [detail for detail in contents.details if detail.value]
    why = f"{count} word{'s' if count != 1 else ''}."
    if stated:
        said = [detail for detail in stated if _says(text, detail.value)]
        share = (share + len(said) / len(stated)) / 2
        why += f" It says {len(said)} of the {len(stated)} details."
        unsaid = _unsaid(text, stated)
        earn = earn or (f"Say the {unsaid.name.lower()} too." if unsaid else "")
    if is_shouted(text):
        earn = "Write it in small letters."
    points = _points(of, share)
    return Part("description", label, "description", of, points, why, _due(earn, points, of))


def _price(contents: Contents) -> Part:
    of, found = policy.POINTS_PRICE, contents.has_price
    why = "It is set." if found else "There is none."
    earn = "" if found else f"Set a price: +{of}."
    return Part("price", "A price", "price", of, of if found else 0, why, earn)


def _points(of: int, share: float) -> int:
    return round(of * share)


def _due(earn: str, points: int, of: int) -> str:
    """Nobody is sent to earn a point that rounding has given already."""
    return earn if points < of else ""


def _unsaid(text: str, details: Sequence[Detail]) -> Detail | None:
    """The weightiest detail whose value is stated and which the text does not say."""
    missing = [one for one in details if one.value and not _says(text, one.value)]
    return max(missing, key=lambda one: one.weight, default=None)


def _says(text: str, value: str) -> bool:
    """Whether every word of the value is in the text, whatever the case."""
    return {word.lower() for word in words(value)} <= {word.lower() for word in words(text)}
