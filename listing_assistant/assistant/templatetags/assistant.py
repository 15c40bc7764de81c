"""{% load assistant %}: how suggestions are shown."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from listing_assistant.assistant import policy, wording
from listing_assistant.assistant.models import Evidence, Suggestion

register = template.Library()


@register.filter
def in_words(confidence: float) -> str:
    return wording.in_words(confidence)


@register.filter
def percent(share: float) -> str:
    return f"{share:.0%}"


@register.filter
def is_sure(suggestion: Suggestion) -> bool:
    """Whether "accept all" would take it."""
    return suggestion.confidence >= policy.ACCEPT_ALL_CONFIDENCE


@register.filter
def words_of(suggestion: Suggestion) -> list[Evidence]:
    return [row for row in suggestion.evidence.all() if row.kind == Evidence.Kind.TEXT]


@register.filter
def photos_of(suggestion: Suggestion) -> list[Evidence]:
    return [row for row in suggestion.evidence.all() if row.kind == Evidence.Kind.PHOTO]


@register.filter
def neighbours_of(suggestion: Suggestion) -> list[Evidence]:
    return [row for row in suggestion.evidence.all() if row.kind == Evidence.Kind.NEIGHBOUR]


@register.filter
def marked(text: str, evidence: Iterable[Evidence]) -> SafeString:
    """The text with the words that are evidence in <mark>, everything escaped."""
    spans = sorted(
        (row.start, row.end)
        for row in evidence
        if row.start is not None and row.end is not None and row.end <= len(text)
    )
    parts: list[tuple[str, str]] = []
    at = 0
    for start, end in spans:
        if start >= at:
            parts.append((text[at:start], text[start:end]))
            at = end
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", parts), text[at:])
