from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import Field

from listing_assistant.api.auth import caller, token_auth
from listing_assistant.api.problems import REFUSALS, FieldProblem, ProblemError
from listing_assistant.api.schemas import ListingChanges, ListingOut
from listing_assistant.assistant import choices
from listing_assistant.catalogue.models import Attribute
from listing_assistant.listings import selectors, services
from listing_assistant.listings.models import Listing, State
from listing_assistant.listings.readiness import problems_before_publishing

router = Router()
PAGE = 50


class AttributeText(Schema):
    text: list[str]


class ListingPage(Schema):
    """`next` is the `after` of the next page, null on the last one."""

    items: list[ListingOut]
    next: int | None


class ListingsAsked(Schema):
    state: State | None = None
    after: int | None = Field(None, ge=0)


class Readiness(Schema):
    ready: bool
    blocking: list[FieldProblem]
    warnings: list[FieldProblem]


def own_listing(request: HttpRequest, listing_id: UUID) -> Listing:
    """Somebody else's listing is not found, as if it did not exist."""
    try:
        return selectors.listing_for_editing(caller(request), listing_id)
    except Listing.DoesNotExist as error:
        raise Http404 from error


def with_etag(response: HttpResponse, listing: Listing) -> ListingOut:
    response["ETag"] = f'"{listing.version}"'
    return ListingOut.of(listing)


def version_of(if_match: str | None) -> int | None:
    if if_match is None or if_match == "*":
        return None
    number = if_match.strip().removeprefix("W/").strip('"')
    if not number.isdecimal():
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, "bad_etag", "If-Match must be the ETag of an earlier answer."
        )
    return int(number)


@router.post("", response={201: ListingOut, **REFUSALS}, summary="Create a draft")
def create_listing(
    request: HttpRequest, response: HttpResponse, changes: ListingChanges
) -> Status[ListingOut]:
    wanted = changes.dict(exclude_unset=True)
    listing = services.create_draft(seller=caller(request), **wanted)
    response["Location"] = f"/api/v1/listings/{listing.public_id}"
    return Status(201, with_etag(response, listing))


@router.get("", response={200: ListingPage, **REFUSALS}, summary="My listings")
def list_listings(request: HttpRequest, asked: Query[ListingsAsked]) -> ListingPage:
    """Newest first."""
    rows = selectors.listings_of(caller(request), asked.state).order_by("-id")
    if asked.after is not None:
        rows = rows.filter(pk__lt=asked.after)
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    following = shown[-1].pk if len(found) > PAGE else None
    return ListingPage(items=[ListingOut.of(row) for row in shown], next=following)


@router.get("/{listing_id}", auth=None, response={200: ListingOut, **REFUSALS})
def read_listing(request: HttpRequest, response: HttpResponse, listing_id: UUID) -> ListingOut:
    """Drafts, held and removed listings are for their seller: send the token."""
    listing = get_object_or_404(Listing.objects.select_related("seller"), public_id=listing_id)
    if not selectors.may_view(token_auth(request), listing):
        raise Http404
    return with_etag(response, listing)


@router.patch(
    "/{listing_id}",
    response={200: ListingOut, **REFUSALS},
    summary="Change fields",
    openapi_extra={
        "parameters": [{"name": "If-Match", "in": "header", "schema": {"type": "string"}}]
    },
)
def edit_listing(
    request: HttpRequest,
    response: HttpResponse,
    listing_id: UUID,
    changes: ListingChanges,
) -> ListingOut:
    """All of the fields or none. With If-Match, 412 when somebody changed it meanwhile."""
    listing = services.edit_listing(
        listing=own_listing(request, listing_id),
        user=caller(request),
        changes=changes.dict(exclude_unset=True),
        version=version_of(request.headers.get("If-Match")),
    )
    return with_etag(response, listing)


@router.delete("/{listing_id}", response={204: None, **REFUSALS}, summary="Delete a draft")
def delete_listing(request: HttpRequest, listing_id: UUID) -> Status[None]:
    services.delete_draft(listing=own_listing(request, listing_id), user=caller(request))
    return Status(204, None)


@router.put(
    "/{listing_id}/attributes/{attribute_id}",
    response={200: ListingOut, **REFUSALS},
    summary="State an attribute",
)
def set_attribute(
    request: HttpRequest,
    response: HttpResponse,
    listing_id: UUID,
    attribute_id: int,
    body: AttributeText,
) -> ListingOut:
    """An empty list states nothing. What the assistant said about it is decided by this."""
    listing = own_listing(request, listing_id)
    attribute = get_object_or_404(Attribute, pk=attribute_id)
    texts: Any = body.text if len(body.text) != 1 else body.text[0]
    choices.state_detail(
        listing=listing, user=caller(request), attribute=attribute, text=texts or None
    )
    listing.refresh_from_db()
    return with_etag(response, listing)


@router.get(
    "/{listing_id}/readiness",
    response={200: Readiness, **REFUSALS},
    summary="What is missing before publishing",
)
def read_readiness(request: HttpRequest, listing_id: UUID) -> Readiness:
    problems = problems_before_publishing(own_listing(request, listing_id))
    fields = [
        (p.blocks, FieldProblem(pointer=f"/{p.field}", code=p.code, detail=p.message))
        for p in problems
    ]
    blocking = [field for blocks, field in fields if blocks]
    warnings = [field for blocks, field in fields if not blocks]
    return Readiness(ready=not blocking, blocking=blocking, warnings=warnings)


@router.post("/{listing_id}/publish", response={200: ListingOut, **REFUSALS}, summary="Publish")
def publish_listing(request: HttpRequest, response: HttpResponse, listing_id: UUID) -> ListingOut:
    """The answer's `state` is `held` where a moderator looks at it first."""
    listing = own_listing(request, listing_id)
    services.publish_listing(listing=listing, user=caller(request))
    listing.refresh_from_db()
    return with_etag(response, listing)


@router.post("/{listing_id}/end", response={200: ListingOut, **REFUSALS}, summary="End")
def end_listing(request: HttpRequest, response: HttpResponse, listing_id: UUID) -> ListingOut:
    listing = own_listing(request, listing_id)
    services.end_listing(listing=listing, user=caller(request))
    return with_etag(response, listing)
