"""Who is calling: an allauth session token in the header X-Session-Token."""

from __future__ import annotations

from allauth.headless.contrib.ninja.security import XSessionTokenAuth
from django.http import HttpRequest

from listing_assistant.accounts.models import User


class TokenAuth(XSessionTokenAuth):  # type: ignore[misc]
    """Fills `request.user`, so that routes and pages ask for it in the same way."""

    openapi_in = "header"
    openapi_name = "X-Session-Token"

    def __call__(self, request: HttpRequest) -> User | None:
        user: User | None = super().__call__(request)
        if user is not None:
            request.user = user
        return user


token_auth = TokenAuth()


def caller(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
