"""One key for the visits of one browser, without a database row for people who only look."""

from __future__ import annotations

import re
import secrets

from django.http import HttpRequest, HttpResponse

COOKIE = "visit"


def visit_key(request: HttpRequest) -> str:
    """The session's key, else the visit cookie's, else a new one for `remember_visit` to set."""
    if request.session.session_key:
        return request.session.session_key
    known = request.COOKIES.get(COOKIE, "")
    if not re.fullmatch(r"[0-9a-f]{32}", known):
        known = secrets.token_hex(16)
        request.COOKIES[COOKIE] = known
    return known


def remember_visit(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Until the browser is closed; readable by this site only."""
    if not request.session.session_key:
        response.set_cookie(
            COOKIE, visit_key(request), httponly=True, samesite="Lax", secure=request.is_secure()
        )
    return response
