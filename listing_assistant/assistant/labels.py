"""What sellers decided about details, as labels for training: one offer a listing.

The layout is that of `ml.taclr.offers`, with one field of its own: `rejected` holds, by attribute,
what the assistant had said and the seller did not want. Readers of offers pass over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch

from listing_assistant.assistant.choices import DETAILS
from listing_assistant.assistant.models import Analysis, Suggestion
from listing_assistant.catalogue.models import Attribute
from listing_assistant.listings.models import Listing, ListingAttribute

State = Suggestion.State
BATCH = 500


def labelled_offers() -> Iterator[dict[str, Any]]:
    """Each listing with a detail that its seller decided, oldest first.

    A label is what the listing says by now of a detail that was accepted, corrected, asked for or
    put in the place of a rejected one; what nobody decided is no label, nor is a skipped question.
    """
    decided = Suggestion.objects.filter(kind__in=DETAILS).exclude(state=State.OPEN)
    listings = (
        Listing.objects.filter(analyses__suggestions__in=decided, category__isnull=False)
        .distinct()
        .order_by("pk")
        .select_related("category")
        .prefetch_related(
            Prefetch("analyses", queryset=Analysis.objects.order_by("pk")),
            Prefetch("analyses__suggestions", queryset=decided.order_by("pk")),
            Prefetch("attribute_rows", queryset=ListingAttribute.objects.order_by("pk")),
        )
    )
    names = dict(Attribute.objects.values_list("pk", "name"))
    for listing in listings.iterator(chunk_size=BATCH):
        offer = _offer(listing, names)
        if offer["target_scores"] or offer["rejected"]:
            yield offer


def _offer(listing: Listing, names: dict[int, str]) -> dict[str, Any]:
    # Of several analyses the newest has the seller's last word.
    last = {
        row.value["attribute"]: row
        for analysis in listing.analyses.all()
        for row in analysis.suggestions.all()
    }
    gold: dict[str, dict[str, Any]] = {}
    rejected: dict[str, list[str]] = {}
    for attribute, suggestion in last.items():
        said = [row.text for row in listing.attribute_rows.all() if row.attribute_id == attribute]
        if said:
            gold[names[attribute]] = {text: {"score": 1} for text in said}
        if wrong := _wrong(suggestion, said):
            rejected[names[attribute]] = wrong
    assert listing.category is not None
    return {
        "id": str(listing.public_id),
        "category": listing.category.name,
        "input_title": listing.title,
        # A drafted description repeats the answers: who learnt from it would learn to copy.
        "input_description": "",
        "target_scores": gold,
        "rejected": rejected,
    }


def _wrong(suggestion: Suggestion, said: list[str]) -> list[str]:
    """What the assistant said of the detail and the listing does not say."""
    if suggestion.kind != Suggestion.Kind.ATTRIBUTE:
        return []
    kept = {text.casefold() for text in said}
    return [text for text in suggestion.value["texts"] if text.casefold() not in kept]
