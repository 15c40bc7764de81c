from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from listing_assistant.assistant.models import Evidence, Suggestion
from listing_assistant.moderation.models import Case

register = template.Library()


@register.filter
def item(mapping: Mapping[Any, Any], key: Any) -> Any:
    """`mapping|item:key`, None where the key is absent."""
    return mapping.get(key)


@register.filter
def worst_photo(case: Case) -> Evidence | None:
    """The photo that the case's finding doubts most; None for a case without one."""
    return next((row for row in _evidence(case) if row.kind == Evidence.Kind.PHOTO), None)


@register.filter
def denied_words(case: Case) -> list[Evidence]:
    return [row for row in _evidence(case) if row.kind == Evidence.Kind.TEXT]


def _evidence(case: Case) -> list[Evidence]:
    """Against photos and title, the worst first, as the model orders it."""
    found = case.suggestion
    if found is None or found.kind != Suggestion.Kind.MISMATCH:
        return []
    return list(found.evidence.all())
