"""{% load drafting %}: a draft's sentences with what they stand on."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from listing_assistant.assistant.drafting.passages import Claim, Passage
from listing_assistant.assistant.drafting.section import Spot
from listing_assistant.assistant.wording import joined

register = template.Library()

BACKED = '<mark class="claim" data-target="{}" data-said="{}" data-photos="{}">{}</mark>'
UNBACKED = (
    '<mark class="claim claim--unbacked" title="Nothing in the listing backs this">{}'
    '<span class="visually-hidden"> (nothing in the listing backs this)</span></mark>'
)


@register.simple_tag
def passage_text(passage: Passage, spots: Mapping[str, Spot]) -> SafeString:
    """The sentence with its claims marked, everything escaped."""
    parts: list[tuple[str, SafeString]] = []
    at = 0
    for claim in sorted(passage.claims, key=lambda claim: claim.start):
        if claim.start < at or passage.text[claim.start : claim.end] != claim.text:
            continue
        parts.append((passage.text[at : claim.start], _marked(claim, spots)))
        at = claim.end
    return format_html("{}{}", format_html_join("", "{}{}", parts), passage.text[at:])


def _marked(claim: Claim, spots: Mapping[str, Spot]) -> SafeString:
    if not claim.source:
        return format_html(UNBACKED, claim.text)
    spot = spots.get(claim.source)
    if spot is None:
        # What it stood on when it was drafted is no longer in the listing.
        return format_html(UNBACKED, claim.text)
    photos = " ".join(str(row.photo_id) for row in spot.photos)
    return format_html(BACKED, spot.target, spot.says, photos, claim.text)


@register.simple_tag
def stands_on(passage: Passage, spots: Mapping[str, Spot]) -> str:
    """ "Stands on Colour: Red and the title." """
    said = [spots[name].says for name in passage.sources if name in spots]
    if passage.own:
        return "Your words."
    return f"Stands on {joined(said)}." if said else "Says nothing that needs a source."
