"""What was seen in strips of similar things, and what each person did with it afterwards.

A journey begins with a click in the strip (the seed: "must start from a selection"). A click tells
of which strip it is; one that does not say belongs to the last strip of the same visit that showed
the listing. What is done with the listing after the click, within policy.AFTER_A_STRIP of having
seen it, belongs to the strip that was clicked last. A purchase that was taken back was none,
whenever that was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from recommender import policy
from recommender.events.days import midnight
from recommender.events.event import person_of
from recommender.models import BehaviourEvent, EventKind, Impression

STRIPS = ("similar", "picked", "because")
# As the levels of labels are called; a bid is none.
ACTS = (
    EventKind.CLICK, EventKind.WATCH, EventKind.CART, EventKind.OFFER, EventKind.BUY_NOW,
    EventKind.PURCHASE, EventKind.REFUND,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SeenStrip:
    """`positions` are those of `listings` in their strip, from 1; `acts` what was done with each.

    `served` is what the strip's signature said (similar/served.py).
    """

    strip: str
    seed_id: int | None
    seed: str  # its public id
    listings: tuple[int, ...]
    positions: tuple[int, ...]
    served: Mapping[str, Any]
    user_id: int | None
    session_key: str
    shown_at: datetime
    acts: tuple[set[str], ...]

    @property
    def person(self) -> str:
        return person_of(self.user_id, self.session_key)

    @property
    def is_acted_on(self) -> bool:
        return any(self.acts)


def strips_between(first: date, last: date) -> list[SeenStrip]:
    """What people saw from the first to the last day, in order of time, with what came of it.

    Of more than policy.MOST_STRIPS_LEARNT the newest.
    """
    strips = _strips(midnight(first), midnight(last + timedelta(days=1)))
    if strips:
        until = strips[-1].shown_at + policy.AFTER_A_STRIP
        _note_acts(strips, _acts(strips[0].shown_at, until))
    return strips


def _strips(since: datetime, until: datetime) -> list[SeenStrip]:
    rows = (
        Impression.objects.filter(
            strip__in=STRIPS, flags="", shown_at__gte=since, shown_at__lt=until
        )
        .order_by("-shown_at", "-id")
        .values_list(
            *("strip", "seed_id", "seed__public_id", "listings", "places", "served"),
            *("user_id", "session_key", "shown_at"),
        )
    )
    found = [_strip(*row) for row in rows[: policy.MOST_STRIPS_LEARNT].iterator()]
    return [each for each in reversed(found) if each.listings and each.person != "s"]


def _strip(
    strip: str,
    seed_id: int | None,
    seed: object,
    listings: list[int],
    places: list[dict[str, Any]],
    served: dict[str, Any],
    user_id: int | None,
    session_key: str,
    shown_at: datetime,
) -> SeenStrip:
    told = [place.get("position") for place in places]
    whole = len(told) == len(listings) and all(isinstance(each, int) for each in told)
    positions = [max(1, each or 1) for each in told] if whole else range(1, len(listings) + 1)
    acts = tuple(set[str]() for _ in listings)
    return SeenStrip(
        strip=strip,
        seed_id=seed_id,
        seed=str(seed or ""),
        listings=tuple(listings),
        positions=tuple(positions),
        served=served,
        user_id=user_id,
        session_key=session_key,
        shown_at=shown_at,
        acts=acts,
    )


@dataclass(frozen=True)
class _Act:
    kind: str
    person: str
    session_key: str
    listing_id: int
    at: datetime
    data: Mapping[str, Any]


def _acts(since: datetime, until: datetime) -> Iterable[_Act]:
    """In order of time, and refunds until now; what is done in one moment begins with the click."""
    fields = ("kind", "user_id", "session_key", "listing_id", "happened_at", "data")
    rows = BehaviourEvent.objects.counted().filter(
        Q(happened_at__lte=until) | Q(kind=EventKind.REFUND),
        kind__in=ACTS,
        listing__isnull=False,
        happened_at__gte=since,
    )
    for kind, user_id, session, listing_id, at, data in (
        rows.order_by("happened_at", "id").values_list(*fields).iterator(chunk_size=5000)
    ):
        yield _Act(kind, person_of(user_id, session), session, listing_id, at, data)


@dataclass(frozen=True)
class _Place:
    strip: SeenStrip
    number: int

    def is_of(self, click: _Act) -> bool:
        """Whether the click may have been made here."""
        strip = self.strip
        if not strip.shown_at <= click.at <= strip.shown_at + policy.AFTER_A_STRIP:
            return False
        if not click.data.get("strip"):
            return click.session_key == strip.session_key
        seed = str(click.data.get("seed") or "")
        return click.data["strip"] == strip.strip and seed in ("", strip.seed)


def _note_acts(strips: Sequence[SeenStrip], acts: Iterable[_Act]) -> None:
    shown: dict[tuple[str, int], list[_Place]] = defaultdict(list)
    for strip in strips:
        for number, listing_id in enumerate(strip.listings):
            shown[strip.person, listing_id].append(_Place(strip, number))
    clicked: dict[tuple[str, int], _Place] = {}
    bought: dict[tuple[str, int], _Place] = {}
    for act in acts:
        key = act.person, act.listing_id
        if act.kind == EventKind.CLICK:
            place = next((each for each in reversed(shown.get(key, [])) if each.is_of(act)), None)
            if place is not None:
                clicked[key] = place
                place.strip.acts[place.number].add(act.kind)
        elif act.kind == EventKind.REFUND:
            # Of where it was bought: it may have been clicked elsewhere since.
            if (place := bought.pop(key, None)) is not None:
                place.strip.acts[place.number].discard(EventKind.PURCHASE)
        elif key in clicked and act.at <= clicked[key].strip.shown_at + policy.AFTER_A_STRIP:
            place = clicked[key]
            place.strip.acts[place.number].add(act.kind)
            if act.kind == EventKind.PURCHASE:
                bought[key] = place
