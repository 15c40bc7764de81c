from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from listing_assistant.api.problems import REFUSALS
from listing_assistant.api.schemas import Card
from listing_assistant.catalogue.selectors import offered_categories
from listing_assistant.listings.criteria import Criteria, Sort
from listing_assistant.listings.search import search_listings
from listing_assistant.listings.selectors import main_photo_of

router = Router()


class Asked(Schema):
    q: str = Field("", max_length=200)
    category: int | None = None
    sort: Sort = Sort.RELEVANCE
    page: int = Field(1, ge=1, le=1000)


class SearchPage(Schema):
    items: list[Card]
    count: int
    more_than_count: bool
    page: int
    pages: int


@router.get("", auth=None, response={200: SearchPage, **REFUSALS}, summary="Search live listings")
def search(request: HttpRequest, asked: Query[Asked]) -> SearchPage:
    """Web-search syntax: "quoted words", or, -without. The last word may be unfinished."""
    within = offered_categories().filter(pk=asked.category).first() if asked.category else None
    # NUL is the one character that PostgreSQL cannot store, and so cannot compare with.
    words = asked.q.replace("\x00", " ").strip()
    criteria = Criteria(words=words, category=within, sort=asked.sort, page=asked.page)
    found = search_listings(criteria)
    return SearchPage(
        items=[Card.of(listing, main_photo_of(listing)) for listing in found.listings],
        count=found.count,
        more_than_count=found.is_bounded,
        page=found.page,
        pages=found.pages,
    )
