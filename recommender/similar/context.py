"""Who looks at a strip, from where and after what: all that ranking knows besides the things."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from recommender import policy
from recommender.events.flags import is_robot
from recommender.events.sessions import recent_items
from recommender.features import Context, Viewer
from recommender.items.facts import items_of
from recommender.items.profiles import viewer_of
from recommender.items.table import ItemTable

DESKTOP, PHONE, APP = "desktop", "phone", "app"
PHONES = re.compile(r"\b(Mobi|Mobile|Android|iPhone|iPod|iPad)\b", re.IGNORECASE)

# A public id never comes to mean another listing.
_ids: dict[str, int] = {}
MOST_IDS = 200_000

_IDS = "SELECT public_id::text, id FROM listings_listing WHERE public_id = ANY(%s::uuid[])"


@dataclass(frozen=True)
class Asker:
    """`device` is one of features.DEVICES, `country` by ISO 3166; both empty where not known."""

    viewer_id: int | None = None
    session_key: str = ""
    country: str = ""
    device: str = ""


@dataclass(frozen=True, eq=False)
class Setting:
    """What ranking is told. `recent` are the ids of `viewer.recent`, for the log."""

    context: Context
    viewer: Viewer
    recent: tuple[int, ...]


def device_of(user_agent: str) -> str:
    """A page's reader, as its browser says; empty for robots and what says nothing."""
    if not user_agent or is_robot(user_agent):
        return ""
    return PHONE if PHONES.search(user_agent) else DESKTOP


def setting_of(asker: Asker, table: ItemTable | None, *, but: Collection[int] = ()) -> Setting:
    """What this visit opened last counts, `but` for these: the seed is in its own strip's visit."""
    opened = [pk for pk in opened_in(asker.session_key) if pk not in but]
    recent = opened[: policy.RECENT_LOOKED_AT]
    items = items_of(recent, table) if recent else None
    return Setting(
        context=Context(timezone.now().timestamp(), asker.country, asker.device),
        viewer=viewer_of(asker.viewer_id, items),
        recent=tuple(items.ids.tolist()) if items is not None else (),
    )


def opened_in(session_key: str) -> list[int]:
    """Ids of the listings that the visit opened, the last first."""
    public_ids = recent_items(session_key)
    unknown = [each for each in public_ids if each not in _ids]
    if unknown:
        if len(_ids) > MOST_IDS:
            _ids.clear()
        with connection.cursor() as cursor:
            cursor.execute(_IDS, [unknown])
            _ids.update(cursor.fetchall())
    return [_ids[each] for each in public_ids if each in _ids]
