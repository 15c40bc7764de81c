"""From a sentence about another thing to its bare form: everything that it asserts becomes a slot.

What is left between the slots is a closed list of words that say nothing of a thing, so a form can
carry no brand, figure or property of the listing that it comes from. Whatever cannot be reduced so
far has no form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from ml.description.facts import Facts, plain
from ml.description.languages import Language, language
from ml.description.realiser.planning import role_of

# Slots of which one sentence may hold several at once, as in an opening.
PHRASE_SLOTS = frozenset(
    {"title", "noun", "brand", "colour", "material", "size", "condition", "wearer", "pattern"}
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DETERMINERS = _words("a an the this these its their my our your")
_CLOSED = _DETERMINERS | _words(
    "it they is are am has have comes come made measures measure selling offered listed in of for "
    "by from with and on as at to here up sale approximately approx about also i you size sized "
    "color colour colors colours material fabric brand label condition"
)
_PHOTO_WORDS = _words(
    "please see look at the photo photos picture pictures pic pics image images for details more "
    "shown pictured as in all have a take"
)
_PHOTO_NOUNS = _words("photo photos picture pictures pic pics image images pictured")
_MEASURE_NAMES = _words(
    "length width height depth diameter weight inseam waist chest bust hips sleeve sleeves "
    "shoulder shoulders hem heel strap drop rise circumference"
)
_FIGURE = re.compile(
    r"(?:approx(?:imately)?\.? |about )?(?<![\w.])\d+(?:[.,/-]\d+)*(?: \d+/\d+)?"
    r"(?:\s?(?:\"|''|”|%|(?:inch(?:es)?|in\.|cms?|mm|m|ft|feet|foot|yards?|lbs?|pounds?|oz|"
    r"ounces|kg|g|grams|ml|l|gb|mb|mah|w|v)(?!\w)))"
)
_BLEND = re.compile(r"\d+\s?%\s?\{material\}(?:\s?(?:,|/|&|and)?\s?\d+\s?%\s?\{material\})*")
_SIZE = re.compile(r"\bsized?:? (?:is |an? )?(?!\{)([a-z0-9./-]{1,6})(?![\w'])")
_CONDITION = re.compile(
    r"\b(?:in (?:an? |the )?(?:[a-z]+,? ){0,2}[a-z]+ |(?:like |brand |very |near )?"
    r"(?:new|good|great|fair|mint|excellent|perfect) )(?:used |vintage )?(?:condition|shape)\b"
)
_TOKEN = re.compile(r"\{\w+\}|[^\W\d_]+(?:[-'’][^\W\d_]+)*|\d+|[^\w\s]")
_OPEN = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_LEAST, _MOST = 3, 18  # tokens: shorter says nothing, longer fits one listing only


def form_of(sentence: str, facts: Facts, code: str = "en") -> str | None:
    """The sentence in lower case with slots in braces, or None where something would be left over.

    1. What the example's own facts say becomes the slot of its part.
    2. So do colours, materials, sizes, figures and conditions that no fact lists.
    3. Words before a slot go; what a determiner leads to is the thing, `{noun}`.
    4. Only closed words may remain.
    """
    lowered = sentence.lower().replace("’", "'").replace("it's", "it is")
    if re.search(r"[{}<>@$€£#*=_|\\]", lowered):
        return None
    lowered = _own_values(lowered, facts)
    lowered = _listed_words(lowered, language(code))
    tokens = _TOKEN.findall(lowered)
    if not _LEAST <= len(tokens) <= _MOST:
        return None
    named = _with_noun(tokens)
    return _joined(named) if named and _is_bare(named) else None


# `Please see photo`: sellers write so, drafts do not.
_BARE_PHOTO = re.compile(r"(?<!\bthe )(?<!\bmy )\b(?:photo|picture|image|pic|scan)\b", re.I)


def is_photo_talk(sentence: str) -> bool:
    """Whether a sentence only sends the reader to the pictures."""
    words = _OPEN.findall(sentence.lower())
    return (
        3 <= len(words) <= 10
        and _PHOTO_WORDS.issuperset(words)
        and not _PHOTO_NOUNS.isdisjoint(words)
        and not _BARE_PHOTO.search(sentence)
        and re.fullmatch(r"[\w\s,.!]+", sentence) is not None
    )


def slots_in(form: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", form)


def _own_values(text: str, facts: Facts) -> str:
    values = [(fact.value, role_of(fact.name)) for fact in facts.attributes]
    values += [(facts.title, "title")]
    values += [(level, "noun") for level in re.split(r"\s*[>/|]\s*", facts.category)]
    slots = {plain(value).lower(): "noun" if role == "type" else role for value, role in values}
    for value in sorted(slots, key=len, reverse=True):
        if len(value) > 1:
            plural_or_not = rf"{re.escape(value.removesuffix('s'))}s?"
            pattern = rf"(?<![\w{{]){plural_or_not}(?![\w}}])"
            text = re.sub(pattern, f"{{{slots[value]}}}", text)
    return text


def _listed_words(text: str, spoken: Language) -> str:
    text = _CONDITION.sub("in {condition} condition", text)  # first: mint is a colour, too
    text = _words_of(spoken.code, "colours").sub("{colour}", text)
    text = _words_of(spoken.code, "materials").sub("{material}", text)
    text = _BLEND.sub("{material}", text)
    text = _SIZE.sub("size {size}", text)
    text = _FIGURE.sub("{measure}", text)
    for slot in ("colour", "material"):
        text = re.sub(rf"(\{{{slot}\}})(?:\s?(?:,|/|&|-|and)?\s?\{{{slot}\}})+", r"\1", text)
    return text


@cache
def _words_of(code: str, group: str) -> re.Pattern[str]:
    forms = {form.lower() for forms in getattr(language(code), group).values() for form in forms}
    listed = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.compile(rf"(?<![\w{{-])(?:{listed})(?![\w}}-])")


def _with_noun(tokens: Sequence[str]) -> list[str] | None:
    """Runs of open words: before a slot they go, after a determiner they are the thing."""
    kept: list[str] = []
    place = 0
    while place < len(tokens):
        end = place
        while end < len(tokens) and _is_open(tokens[end]):
            end += 1
        if end == place:
            kept.append(tokens[place])
            place += 1
            continue
        following = tokens[end] if end < len(tokens) else "."
        describes = following.startswith("{")
        if end - place > 3 or not (describes or _may_lead(kept[-1:])):
            return None
        if not describes:
            kept.append(_name_of(tokens[place:end], kept, tokens[end:]))
        place = end
    return kept


def _may_lead(before: Sequence[str]) -> bool:
    return not before or before[0] in _DETERMINERS or before[0].startswith("{")


def _name_of(run: Sequence[str], before: Sequence[str], after: Sequence[str]) -> str:
    """`{n}` for what is measured (`the inseam is 30 inches`), else `{noun}`."""
    is_subject = list(after[:1]) in (["is"], ["measures"], ["measure"], ["are"], [":"])
    is_measured = is_subject and "{measure}" in after[:4]
    return "{n}" if is_measured or run[-1] in _MEASURE_NAMES else "{noun}"


def _is_open(token: str) -> bool:
    return token not in _CLOSED and _OPEN.fullmatch(token) is not None


def _is_bare(tokens: Sequence[str]) -> bool:
    """Closed words, slots and light punctuation only, and no slot twice."""
    slots = [token for token in tokens if token.startswith("{")]
    allowed = all(token in _CLOSED or token in ",.:;!" for token in tokens if token not in slots)
    return bool(slots) and allowed and len(slots) == len(set(slots))


def _joined(tokens: Iterable[str]) -> str:
    return re.sub(r" (?=[,.:;!])", "", " ".join(tokens)).strip(" ,.:;!")
