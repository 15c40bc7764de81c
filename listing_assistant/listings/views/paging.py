from __future__ import annotations

from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

PAGE_SIZE = 24
T = TypeVar("T", bound=Model)


def page_of(request: HttpRequest, rows: QuerySet[T], name: str = "page") -> Page[T]:
    """The page that the query string asks for; nonsense gives the first, too far the last."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get(name))
