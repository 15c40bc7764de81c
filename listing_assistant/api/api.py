"""The REST API of mobile apps: the same services as the pages, one router a noun."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from .auth import token_auth
from .problems import register_problems
from .routers import (
    analyses,
    catalogue,
    drafts,
    events,
    listings,
    photos,
    ranked,
    recommendations,
    search,
    tokens,
    values,
)

DESCRIPTION = """
Sign in with `POST /api/v1/tokens` and send the token in `X-Session-Token`. The same tokens come
from the account endpoints under `/_allauth/app/v1/` (sign-up, password reset, devices).

A listing in a minute: create a draft, upload photos, start an analysis (202), read it until its
status is `done`, accept what is right, publish. Nothing is changed or published without the seller.

Errors are problem details (RFC 9457): `code` is stable, `errors[].pointer` names the field.
Times are UTC. Amounts are decimal strings beside their currency.
"""


class Api(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """ninja documents every answer as plain JSON; refusals here are problem details."""
        document = super().get_openapi_schema(**options)
        for operations in document["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= 400 and "application/json" in answer.get("content", {}):
                        content = answer["content"]
                        content["application/problem+json"] = content.pop("application/json")
        return document


api = Api(
    title="Listing Assistant",
    version="1.0.0",
    description=DESCRIPTION.strip(),
    urls_namespace="api-v1",
    auth=token_auth,
    docs_url="/docs",
)
register_problems(api)
api.add_router("/tokens", tokens.router, tags=["Signing in"])
api.add_router("/categories", catalogue.router, tags=["Catalogue"])
api.add_router("/values", values.router, tags=["Catalogue"])
api.add_router("/listings", listings.router, tags=["Listings"])
api.add_router("/listings", photos.router, tags=["Photos"])
api.add_router("", analyses.router, tags=["Assistant"])
api.add_router("", drafts.router, tags=["Assistant"])
api.add_router("/search", search.router, tags=["Buying"])
api.add_router("/events", events.router, tags=["Behaviour"])
api.add_router("", recommendations.router, tags=["Buying"])
api.add_router("", ranked.router, tags=["Buying"])
