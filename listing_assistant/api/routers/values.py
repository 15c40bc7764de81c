from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Path, Router, Schema, Status
from pydantic import Field

from listing_assistant.api.problems import REFUSALS
from listing_assistant.catalogue.models import AttributeValue
from listing_assistant.catalogue.selectors import current_value

router = Router()


class Wanted(Schema):
    value_id: int = Field(ge=1, lt=2**63)


class ValueOut(Schema):
    id: int
    attribute: int
    value: str
    synonyms: list[str]


class Moved(Schema):
    """The value was merged into another one, whose id is `id`; `Location` leads there."""

    id: int


@router.get(
    "/{value_id}",
    auth=None,
    response={200: ValueOut, 308: Moved, **REFUSALS},
    summary="A value of an attribute, under its old id too",
)
def read_value(
    request: HttpRequest, response: HttpResponse, wanted: Path[Wanted]
) -> ValueOut | Status[dict[str, int]]:
    value = get_object_or_404(AttributeValue, pk=wanted.value_id)
    now = current_value(value)
    if now.pk != value.pk:
        response["Location"] = reverse("api-v1:read_value", args=[now.pk])
        return Status(308, {"id": now.pk})
    return ValueOut(
        id=now.pk, attribute=now.attribute_id, value=now.value, synonyms=list(now.synonyms)
    )
