"""Who looked at a listing or bought it, and what they bought afterwards: the judges of a report.

An occasion is one person at one listing after the cut. What that person bought in the time after it
(policy.AFTER_A_LOOK, policy.AFTER_A_PURCHASE) is what a perfect strip would have shown. The same
product again is no complement and does not count; nor does a thing of the seed's category that was
bought after a look at the seed, which is instead of it; nor what was sent back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from recommender import policy
from recommender.events.event import person_of
from recommender.models import BehaviourEvent, EventKind
from recommender.products import query_key
from recommender.reports.asking import Thing, things_of

REACH: Mapping[str, timedelta] = {
    EventKind.CLICK: policy.AFTER_A_LOOK,
    EventKind.PURCHASE: policy.AFTER_A_PURCHASE,
}


@dataclass(frozen=True)
class Act:
    """`person` is "u<id>", or "s<session>" for those who were not signed in; a search has no
    listing."""

    kind: str
    person: str
    session: str
    listing_id: int | None
    at: datetime
    query: str = ""


@dataclass(frozen=True)
class Occasion:
    """`act` is how the seed was met: click or purchase, the latter where both. `queries` are what
    the visit had searched for by then, newest first. `targets` were bought afterwards."""

    person: str
    seed_id: int
    act: str
    queries: tuple[str, ...]
    targets: frozenset[int]


def acts_between(since: datetime, until: datetime) -> list[Act]:
    """What counted of what people did, in order of time."""
    rows = BehaviourEvent.objects.counted().filter(
        happened_at__gte=since,
        happened_at__lt=until,
        kind__in=[EventKind.CLICK, EventKind.PURCHASE, EventKind.REFUND, EventKind.SEARCH],
    )
    fields = ("kind", "user_id", "session_key", "listing_id", "happened_at", "data")
    found = rows.order_by("happened_at", "id").values_list(*fields)
    return [
        Act(
            kind=kind,
            person=person_of(user_id, session),
            session=session,
            listing_id=listing_id,
            at=at,
            query=query_key(str(data.get("query", ""))),
        )
        for kind, user_id, session, listing_id, at, data in found.iterator()
        if user_id or session
    ]


def occasions(acts: Sequence[Act]) -> list[Occasion]:
    """Of each person and seed one, if something else was bought in its time; in order of time."""
    things = things_of({act.listing_id for act in acts if act.listing_id})
    found: list[Occasion] = []
    for own in _by_person(acts).values():
        bought = list(_kept(own))
        for number, act in _first_meetings(own):
            targets = {
                other.listing_id or 0
                for other in bought
                if act.at < other.at <= act.at + REACH[act.kind] and _completes(act, other, things)
            }
            if targets:
                assert act.listing_id is not None
                queries = _queries_before(own[:number], act)
                found.append(
                    Occasion(act.person, act.listing_id, act.kind, queries, frozenset(targets))
                )
    return found


def _by_person(acts: Sequence[Act]) -> dict[str, list[Act]]:
    people: dict[str, list[Act]] = {}
    for act in acts:
        people.setdefault(act.person, []).append(act)
    return people


def _kept(acts: Sequence[Act]) -> Iterator[Act]:
    """Purchases without those sent back."""
    returned = {act.listing_id for act in acts if act.kind == EventKind.REFUND}
    return (
        act for act in acts if act.kind == EventKind.PURCHASE and act.listing_id not in returned
    )


def _first_meetings(acts: Sequence[Act]) -> Iterable[tuple[int, Act]]:
    """Of each listing the first purchase, else the first look, with its place among the acts."""
    first: dict[int, tuple[int, Act]] = {}
    for kind in (EventKind.PURCHASE, EventKind.CLICK):
        for number, act in enumerate(acts):
            if act.kind == kind and act.listing_id is not None:
                first.setdefault(act.listing_id, (number, act))
    return first.values()


def _completes(act: Act, other: Act, things: Mapping[int, Thing]) -> bool:
    seed, bought = things.get(act.listing_id or 0), things.get(other.listing_id or 0)
    if seed is None or bought is None or seed.product == bought.product:
        return False
    return act.kind == EventKind.PURCHASE or seed.category_id != bought.category_id


def _queries_before(acts: Sequence[Act], act: Act) -> tuple[str, ...]:
    asked = [
        each.query
        for each in reversed(acts)
        if each.kind == EventKind.SEARCH and each.session == act.session and each.query
    ]
    return tuple(dict.fromkeys(asked))[: policy.SEARCHES_LOOKED_AT]
