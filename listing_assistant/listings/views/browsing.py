from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django_htmx.http import push_url
from django_htmx.middleware import HtmxDetails

from listing_assistant.accounts.models import User
from listing_assistant.catalogue.models import Category
from listing_assistant.catalogue.selectors import breadcrumbs
from listing_assistant.listings.buyer_selectors import Tile, category_tiles, fresh_listings
from listing_assistant.listings.criteria import Criteria, Sort, read_criteria
from listing_assistant.listings.policy import CURRENCIES
from listing_assistant.listings.search import search_listings
from listing_assistant.listings.signals import behaviour
from listing_assistant.listings.visits import remember_visit, visit_key

TILES_SECONDS = 60


def home(request: HttpRequest) -> HttpResponse:
    tiles: list[Tile] | None = cache.get_or_set("home-tiles", category_tiles, TILES_SECONDS)
    return render(request, "listings/home.html", {"tiles": tiles, "fresh": fresh_listings()})


def search(request: HttpRequest) -> HttpResponse:
    return _results(request, None)


def category(request: HttpRequest, slug: str) -> HttpResponse:
    return _results(
        request,
        get_object_or_404(
            Category.objects.select_related("parent__parent__parent__parent"), slug=slug
        ),
    )


def _results(request: HttpRequest, category: Category | None) -> HttpResponse:
    user = request.user if isinstance(request.user, User) else None
    criteria = read_criteria(
        request.GET, category=category, home_currency=user.currency if user else "USD"
    )
    results = search_listings(criteria)
    if (criteria.words or criteria.attributes) and results.page == 1:
        _report_search(request, criteria, results.count)
    # htmx swaps the results alone; a page restored from history is asked for whole.
    htmx = HtmxDetails(request)
    is_part = htmx and not htmx.history_restore_request
    template = "listings/_search.html" if is_part else "listings/search.html"
    context = {
        "criteria": criteria,
        "results": results,
        "category": category,
        "breadcrumbs": breadcrumbs(category) if category else [],
        "query": criteria.query_string(),
        # A change of one filter leaves the others at hand; "Show results" puts them away.
        "filters_open": is_part and "done" not in request.GET,
        "previous_query": criteria.query_string(page=results.page - 1),
        "next_query": criteria.query_string(page=results.page + 1),
        "sorts": list(Sort),
        "currencies": CURRENCIES,
    }
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    if is_part:
        # The form also sends its empty fields; the address leaves them out.
        push_url(response, request.path + criteria.query_string(page=results.page))
    return remember_visit(request, response)


def _report_search(request: HttpRequest, criteria: Criteria, count: int) -> None:
    behaviour.send(
        Criteria,
        kind="search",
        listing=None,
        user=request.user if request.user.is_authenticated else None,
        session_key=visit_key(request),
        agent=request.headers.get("User-Agent", ""),
        data={
            "query": criteria.words,
            "category": criteria.category.pk if criteria.category else None,
            "results": count,
            # Which details buyers filter by decides what sellers are asked for.
            "attributes": sorted(criteria.attribute_texts()),
        },
    )
