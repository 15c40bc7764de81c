from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from listing_assistant.assistant.models import Evidence
from listing_assistant.listings.models import Listing

register = template.Library()


@register.filter
def item(mapping: Mapping[Any, Any], key: Any) -> Any:
    """`mapping|item:key`, None where the key is absent."""
    return mapping.get(key)


@register.filter
def underlined(listing: Listing, words: Sequence[Evidence]) -> SafeString:
    """The title with the words that speak against the photos marked.

    Spans were found in the title as it was analysed; those that no longer fit are left out.
    """
    title, parts, done = str(listing), [], 0
    for word in sorted(words, key=lambda row: row.start or 0):
        start, end = word.start or 0, word.end or 0
        if start < done or title[start:end] != word.text:
            continue
        parts.append(
            format_html('{}<mark class="doubtful">{}</mark>', title[done:start], word.text)
        )
        done = end
    parts.append(format_html("{}", title[done:]))
    # Every part was escaped above.
    return mark_safe("".join(parts))
