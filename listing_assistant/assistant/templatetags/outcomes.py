"""{% load outcomes %}: figures of the page on drafts."""

from __future__ import annotations

from datetime import timedelta

from django import template

from listing_assistant.assistant.outcomes import Rate

register = template.Library()


@register.filter
def as_rate(rate: Rate) -> str:
    """ "67 % (30–90)": the share and its 95 % interval."""
    if rate.share is None or rate.low is None or rate.high is None:
        return "–"
    return f"{rate.share:.0%} ({100 * rate.low:.0f}–{100 * rate.high:.0f})".replace("%", " %")


@register.filter
def as_time(time: timedelta | None) -> str:
    """To the two largest units, as "1 h 5 min"."""
    if time is None:
        return "–"
    minutes, seconds = divmod(round(time.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    told = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(told[:2]) or "0 s"
