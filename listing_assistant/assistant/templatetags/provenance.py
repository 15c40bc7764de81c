"""{% load provenance %}: where the sentences of a published text come from."""

from __future__ import annotations

from typing import Any

from django import template

from listing_assistant.assistant.models import PublishedText

register = template.Library()

OTHER_SOURCES = {
    "title": "the title",
    "category": "the category",
    "condition": "the condition",
    "condition_note": "the seller’s note on the condition",
}


@register.filter
def origin_in_words(origin: str) -> str:
    return str(PublishedText.Origin(origin).label)


@register.filter
def backed_by(sentence: dict[str, Any]) -> list[str]:
    """A line for each fact: which words stand on it and what it says."""
    words: dict[tuple[str, str], list[str]] = {}
    for claim in sentence["claims"]:
        if claim["source"]:
            words.setdefault((claim["source"], claim["value"]), []).append(claim["text"])
    return [_line(said, *fact) for fact, said in words.items()]


@register.filter
def broken_because(one: dict[str, str]) -> str:
    """Which fact changed, and how."""
    name, was, now = named(one["source"]), one["was"], one["now"]
    if not now:
        return f"{name} said “{was}” and is not stated any more."
    return f"{name} is “{now}”" + (f", it was “{was}”." if was else " now.")


def named(source: str) -> str:
    return OTHER_SOURCES.get(source, source)


def _line(words: list[str], source: str, value: str) -> str:
    said = ", ".join(f"“{word}”" for word in dict.fromkeys(words))
    if source in ("title", "category"):
        return f"{said}: {named(source)}"
    return f"{said}: {named(source)} {f'“{value}”' if value else '(suggested, not stated)'}"
