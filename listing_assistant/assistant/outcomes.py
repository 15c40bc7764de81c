"""What sellers make of drafts: offered, taken, edited, published.

Definitions, which the staff's page repeats:

offered         the listing had a draft before it was first published
taken           the seller took a draft over; once published: a sentence of it is in the text
acceptance      taken of offered
publish rate    published of offered
edit distance   Levenshtein over words between the nearest draft and the published text, divided by
                the longer one's; of published listings that took a draft
adoption        of the sellers who were offered drafts, those who published a text with one
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Aggregate, Avg, Count, DurationField, F, FloatField, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from listing_assistant.assistant.drafting.versions import TAKEN
from listing_assistant.assistant.linking import most_common
from listing_assistant.assistant.models import DraftOutcome, PublishedText, Suggestion
from listing_assistant.assistant.provenance import link_published_text
from listing_assistant.assistant.word_distance import word_distance
from listing_assistant.listings.models import Listing

Decision = DraftOutcome.Decision
TOOK = (Decision.ACCEPTED, Decision.EDITED)
Z_95 = 1.959964  # of the normal distribution: 95 % lie within so many deviations

GROUPS: Mapping[str, tuple[str, Any]] = {
    "engine": ("Engine", F("engine")),
    "release": ("Release", F("release")),
    "category": ("Category", F("listing__category__path")),
    "language": ("Language", F("language")),
    "week": ("Week", TruncWeek("offered_at")),
}


# --- Recording ----------------------------------------------------------------------------------


def record_outcome(listing: Listing) -> DraftOutcome | None:
    """Bring the listing's row up to date; None while no draft has been offered.

    Doing it twice is doing it once. The first publication settles the row for good, and a draft
    that comes after it was not offered for it.
    """
    drafts = list(
        Suggestion.objects.filter(
            analysis__listing=listing, kind=Suggestion.Kind.DESCRIPTION
        ).order_by("pk")
    )
    row = DraftOutcome.objects.filter(listing=listing).first()
    if row is None and drafts and listing.published_at is None:
        row, _ = DraftOutcome.objects.get_or_create(
            listing=listing, defaults={"offered_at": timezone.now()}
        )
    if row is None or row.published_at or not drafts:
        return row
    told = _published(listing, drafts) if listing.published_at else _decided(drafts)
    # Of two who publish at once one settles the row.
    DraftOutcome.objects.filter(pk=row.pk, published_at=None).update(**told)
    row.refresh_from_db()
    return row


def _decided(drafts: Sequence[Suggestion]) -> dict[str, Any]:
    """By the seller's last click on any version."""
    state = Suggestion.State
    decided = [row for row in drafts if row.state != state.OPEN]
    taken = [row for row in decided if row.state in TAKEN]
    last = (taken or decided or drafts)[-1]
    decision = {
        state.OPEN: Decision.OPEN,
        state.ACCEPTED: Decision.ACCEPTED,
        state.EDITED: Decision.EDITED,
        state.REJECTED: Decision.REJECTED,
    }[state(last.state)]
    return _written_by(last) | {"decision": decision}


def _published(listing: Listing, drafts: Sequence[Suggestion]) -> dict[str, Any]:
    """By the text itself: whatever was clicked, what buyers read is what was made of the draft."""
    linked = link_published_text(listing)
    share = linked.drafted_share if linked else 0.0
    taken = [row for row in drafts if row.state in TAKEN] or drafts
    distances = {row: word_distance(row.value["text"], listing.description) for row in taken}
    nearest = min(distances, key=lambda row: (distances[row], -row.pk))
    if not share:
        decision = Decision.REJECTED
    else:
        decision = Decision.EDITED if distances[nearest] else Decision.ACCEPTED
    return _written_by(nearest, linked) | {
        "decision": decision,
        "drafted_share": share,
        "edit_distance": distances[nearest],
        "published_at": listing.published_at,
    }


def _written_by(draft: Suggestion, linked: PublishedText | None = None) -> dict[str, Any]:
    names = ("engine", "release", "language")
    said = {name: most_common(linked.sentences, name) for name in names} if linked else {}
    return {name: said.get(name) or draft.about.get(name, "") for name in names}


# --- Counting -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rate:
    """`count` of `of` with its 95 % interval; all shares are None of nothing."""

    count: int
    of: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class OutcomeRow:
    """One line of the table. Medians are None where nothing was published."""

    label: str
    offered: int
    accepted: int
    edited: int
    rejected: int
    acceptance: Rate
    publish_rate: Rate
    edit_distance: float | None
    time_to_publish: timedelta | None
    drafted_share: float | None


class Median(Aggregate):
    """PostgreSQL's median over what is not null."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


def rate(count: int, of: int) -> Rate:
    """A share with its Wilson interval."""
    if not of:
        return Rate(count, of, None, None, None)
    share, square = count / of, Z_95**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z_95 / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of**2))
    return Rate(count, of, share, max(0.0, middle - half), min(1.0, middle + half))


def outcomes(
    *, since: date | None = None, until: date | None = None, engine: str = ""
) -> QuerySet[DraftOutcome]:
    """Of drafts offered on these days, both included."""
    rows = DraftOutcome.objects.all()
    if since:
        rows = rows.filter(offered_at__date__gte=since)
    if until:
        rows = rows.filter(offered_at__date__lte=until)
    return rows.filter(engine=engine) if engine else rows


def outcome_rows(rows: QuerySet[DraftOutcome], *, by: str) -> list[OutcomeRow]:
    """A line for each value of `by`, a key of GROUPS: weeks newest first, else most first."""
    _, key = GROUPS[by]
    order = "-group" if by == "week" else "-offered"
    found = rows.annotate(group=key).values("group").annotate(**_counts()).order_by(order, "group")
    return [_row(_label(by, each["group"]), each) for each in found]


def outcome_total(rows: QuerySet[DraftOutcome]) -> OutcomeRow:
    return _row("All", rows.aggregate(**_counts()))


def adoption(rows: QuerySet[DraftOutcome]) -> Rate:
    """Of the sellers who were offered drafts, those who published a text that is based on one."""
    adopters = Q(decision__in=TOOK, published_at__isnull=False)
    counted = rows.aggregate(
        sellers=Count("listing__seller", distinct=True),
        adopters=Count("listing__seller", distinct=True, filter=adopters),
    )
    return rate(counted["adopters"], counted["sellers"])


def engines() -> list[str]:
    """That any draft so far was written by."""
    named = DraftOutcome.objects.exclude(engine="").order_by("engine")
    return list(named.values_list("engine", flat=True).distinct())


def _counts() -> dict[str, Any]:
    published = Q(published_at__isnull=False)
    took = published & Q(decision__in=TOOK)
    waited = F("published_at") - F("offered_at")
    return {
        "offered": Count("pk"),
        **{one.value: Count("pk", filter=Q(decision=one)) for one in Decision},
        "published": Count("pk", filter=published),
        "distance": Median("edit_distance", filter=took, output_field=FloatField()),
        "waited": Median(waited, filter=published, output_field=DurationField()),
        "share": Avg("drafted_share", filter=published),
    }


def _row(label: str, counted: Mapping[str, Any]) -> OutcomeRow:
    offered = counted["offered"]
    taken = sum(counted[one.value] for one in TOOK)
    return OutcomeRow(
        label=label,
        offered=offered,
        accepted=counted[Decision.ACCEPTED],
        edited=counted[Decision.EDITED],
        rejected=counted[Decision.REJECTED],
        acceptance=rate(taken, offered),
        publish_rate=rate(counted["published"], offered),
        edit_distance=counted["distance"],
        time_to_publish=counted["waited"],
        drafted_share=counted["share"],
    )


def _label(by: str, value: Any) -> str:
    if by == "week":
        return f"{value:%d %B %Y}"
    return value or "–"
