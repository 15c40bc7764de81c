from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from pydantic import Field

from listing_assistant.api.problems import REFUSALS
from listing_assistant.api.schemas import AttributeOut, CategoryDetail, CategoryOut
from listing_assistant.catalogue import selectors
from listing_assistant.catalogue.models import Category

router = Router()

MAX_CATEGORIES = 100


class Asked(Schema):
    q: str = Field("", max_length=100)
    parent: int | None = None


@router.get("", auth=None, response={200: list[CategoryOut], **REFUSALS}, summary="Find categories")
def list_categories(request: HttpRequest, asked: Query[Asked]) -> list[Category]:
    """The top categories; those below `parent`; or the leaves whose path holds the words of `q`."""
    words = asked.q.replace("\x00", " ").split()
    if words:
        found = selectors.leaf_categories()
        for word in words:
            found = found.filter(path__icontains=word)
    elif asked.parent is not None:
        found = selectors.offered_categories().filter(parent_id=asked.parent)
    else:
        found = selectors.root_categories()
    return list(found[:MAX_CATEGORIES])


@router.get(
    "/{category_id}",
    auth=None,
    response={200: CategoryDetail, **REFUSALS},
    summary="A category and its attributes",
)
def read_category(request: HttpRequest, category_id: int) -> CategoryDetail:
    category = get_object_or_404(selectors.offered_categories(), pk=category_id)
    attributes = [
        AttributeOut(
            id=link.attribute_id,
            name=link.attribute.name,
            kind=link.attribute.kind,
            unit=link.attribute.unit,
            is_required=link.is_required,
            values=[value.value for value in link.attribute.values.all()],
        )
        for link in selectors.attributes_of(category)
    ]
    return CategoryDetail(**CategoryOut.from_orm(category).dict(), attributes=attributes)
