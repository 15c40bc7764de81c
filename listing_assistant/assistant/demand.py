"""What buyers of a category look for: counted from their searches and from what is for sale."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count
from django.db.models.expressions import RawSQL

from listing_assistant.assistant import policy
from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import breadcrumbs
from listing_assistant.listings.models import Listing, ListingAttribute, State
from recommender.models import BehaviourEvent, EventKind


@dataclass(frozen=True)
class Demand:
    """How much one attribute matters to the buyers of a category."""

    filtered: float = 0.0  # share of their searches with filters that filter by it
    stated: float = 0.0  # share of the live listings that state it
    usual: tuple[tuple[str, float], ...] = ()  # texts stated and the share of each, highest first


def demand_in(category: Category) -> dict[int, Demand]:
    """By attribute id, for attributes that anybody has filtered by or stated.

    Bounded: only the newest searches and listings are counted, whatever the market's size.
    """
    filtered = _filter_shares(category)
    stated, texts = _statements(category)
    return {
        attribute: Demand(
            filtered.get(attribute, 0.0), stated.get(attribute, 0.0), texts.get(attribute, ())
        )
        for attribute in filtered.keys() | stated.keys()
    }


def _filter_shares(category: Category) -> dict[int, float]:
    """Searches in a broader category, or in none, may be for this one too."""
    wider = {None, *(each.pk for each in breadcrumbs(category))}
    searched = BehaviourEvent.objects.counted().filter(kind=EventKind.SEARCH)
    newest = searched.order_by("-happened_at")
    searches = [
        set(data["attributes"])
        for data in newest.values_list("data", flat=True)[: policy.SEARCHES_COUNTED]
        if data.get("attributes") and data.get("category") in wider
    ]
    counts = Counter(attribute for asked in searches for attribute in asked)
    # As if two more searches had been made without filters: one search is no habit.
    return {attribute: count / (len(searches) + 2) for attribute, count in counts.items()}


def _statements(
    category: Category,
) -> tuple[dict[int, float], dict[int, tuple[tuple[str, float], ...]]]:
    """By attribute id: the share of live listings that state it, and of each text among them."""
    live = Listing.objects.filter(category=category, state=State.LIVE).order_by("-published_at")
    newest = list(live.values_list("pk", flat=True)[: policy.LISTINGS_COUNTED])
    # One array is one parameter: a thousand of them take longer to send than to look up.
    rows = ListingAttribute.objects.filter(
        listing__in=RawSQL("SELECT unnest(%s::bigint[])", [newest])
    )
    by_attribute = rows.values_list("attribute_id").annotate(Count("listing", distinct=True))
    listings = dict(by_attribute.order_by())
    texts: dict[int, list[tuple[str, float]]] = {}
    counted = rows.values_list("attribute_id", "text").annotate(count=Count("id"))
    for attribute, text, count in counted.order_by("-count", "text"):
        texts.setdefault(attribute, []).append((text, count / listings[attribute]))
    shares = {attribute: count / len(newest) for attribute, count in listings.items()}
    return shares, {attribute: tuple(said) for attribute, said in texts.items()}
