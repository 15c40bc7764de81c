"""{% load assistant %}: how suggestions are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from listing_assistant.assistant import policy, selectors, wording
from listing_assistant.assistant.models import Evidence, Suggestion

register = template.Library()

DENIED = (
    '{}<mark class="denied" title="The photos do not seem to show this">{}'
    '<span class="visually-hidden"> (not seen in the photos)</span></mark>'
)


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
def is_doubted(photo: Evidence, judged: Mapping[str, Any]) -> bool:
    """Whether a judged photo shows another thing: by itself, or beside the listing's others."""
    return photo.weight >= policy.DOUBTED_PHOTO or photo.photo_id in judged.get("outliers", ())


@register.filter
def photos_to_show(suggestion: Suggestion) -> list[Evidence]:
    """The doubted photos; where none is, those that were framed."""
    judged = photos_of(suggestion)
    doubted = [row for row in judged if is_doubted(row, suggestion.value)]
    return doubted or [row for row in judged if row.region]


@register.filter
def photos_that_fit(suggestion: Suggestion) -> int:
    """How many photos are not doubted, where others are."""
    judged = photos_of(suggestion)
    fitting = [row for row in judged if not is_doubted(row, suggestion.value)]
    return len(fitting) if len(fitting) < len(judged) else 0


@register.filter
def denies_words(suggestion: Suggestion | None) -> bool:
    """Whether words of the title are doubted, and not just single photos among right ones."""
    if suggestion is None or suggestion.value["verdict"] == "match":
        return False
    return suggestion.value["verdict"] == "mismatch" or not suggestion.value.get("outliers")


@register.filter
def is_stated(suggestion: Suggestion) -> bool:
    return selectors.is_stated(suggestion)


@register.filter
def asked_as(question: Suggestion) -> str:
    return wording.question_sentence(question.about["name"], question.about["likely"])


@register.filter
def reason_to_ask(question: Suggestion) -> str:
    """Why an answer helps; empty where nothing is known of it."""
    if question.about["required"]:
        return "Buyers look for it."
    often = question.about["filtered"] >= policy.OFTEN_FILTERED
    return "Many buyers filter by it." if often else ""


@register.filter
def words_of(suggestion: Suggestion) -> list[Evidence]:
    return [row for row in suggestion.evidence.all() if row.kind == Evidence.Kind.TEXT]


@register.filter
def photos_of(suggestion: Suggestion) -> list[Evidence]:
    return [row for row in suggestion.evidence.all() if row.kind == Evidence.Kind.PHOTO]


@register.filter
def reads_of(suggestion: Suggestion) -> list[Evidence]:
    """Text in photos that says something to the title, contradictions first."""
    return [row for row in suggestion.evidence.all() if row.kind == Evidence.Kind.READ]


@register.filter
def neighbours_of(suggestion: Suggestion) -> list[Evidence]:
    return [row for row in suggestion.evidence.all() if row.kind == Evidence.Kind.NEIGHBOUR]


@register.filter
def place(evidence: Evidence) -> str:
    """Where in the photo the region lies, in words; empty without a region."""
    return wording.place_in_words(*evidence.region) if evidence.region else ""


@register.filter
def without_words(counterfactual: Mapping[str, Any] | None) -> str:
    """The counterfactual of a mismatch as a sentence; empty for None."""
    if not counterfactual:
        return ""
    return wording.counterfactual_sentence(counterfactual["words"], counterfactual["verdict"])


@register.simple_tag
def region_frame(evidence: Evidence | None) -> SafeString:
    """{% region_frame row %} over a photo in an element of class "framed"; nothing without region.

    It fits photos that are shown whole and photos cut to a square alike. What it says in words is
    `place`: it is hidden from screen readers.
    """
    if evidence is None or evidence.region is None or evidence.photo is None:
        return SafeString("")
    image, region = evidence.photo.image, evidence.region
    left, top = round(region.left * image.width), round(region.top * image.height)
    width = round((region.right - region.left) * image.width)
    height = round((region.bottom - region.top) * image.height)
    rectangle = format_html(
        'x="{}" y="{}" width="{}" height="{}" rx="{}"',
        *(left, top, width, height, max(image.width, image.height) // 80),
    )
    return format_html(
        '<svg class="frame" viewBox="0 0 {} {}" preserveAspectRatio="xMidYMid slice"'
        ' aria-hidden="true" focusable="false">'
        '<rect class="frame__edge" {}/><rect class="frame__line" {}/></svg>',
        *(image.width, image.height, rectangle, rectangle),
    )


@register.filter
def marked(text: str, evidence: Iterable[Evidence]) -> SafeString:
    """The text with the words that the photos deny in <mark>, everything escaped."""
    return _with_marks(text, evidence, DENIED)


@register.filter
def highlighted(text: str, evidence: Iterable[Evidence]) -> SafeString:
    """The text with the words that a suggestion stands on in <mark>, everything escaped."""
    return _with_marks(text, evidence, "{}<mark>{}</mark>")


def _with_marks(text: str, evidence: Iterable[Evidence], mark: str) -> SafeString:
    """Spans were found in the text as it was analysed: those that no longer fit are left out."""
    parts: list[tuple[str, str]] = []
    at = 0
    for row in sorted(evidence, key=lambda row: row.start or 0):
        start, end = row.start or 0, row.end or 0
        if start >= at and row.text and text[start:end] == row.text:
            parts.append((text[at:start], row.text))
            at = end
    return format_html("{}{}", format_html_join("", mark, parts), text[at:])
