"""Errors as RFC 9457 problem details: every error body of the API has this one shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from listing_assistant.assistant.errors import AssistantError
from listing_assistant.listings.errors import (
    ListingError,
    NotYoursError,
    PhotoError,
    StaleEditError,
)

# Which status a refusal of the services has; what is not named here is a conflict with the state.
STATUS_OF_CODE = {
    "invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "stale": HTTPStatus.PRECONDITION_FAILED,
    "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported_format": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "not_yours": HTTPStatus.NOT_FOUND,
}


class FieldProblem(Schema):
    pointer: str
    code: str
    detail: str


class Problem(Schema):
    """`code` is stable and meant for programs, `detail` for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] = Field(default_factory=list)


class ProblemError(Exception):
    """Raised by a route that refuses by itself."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


# Every route documents these beside its own answers.
REFUSALS: dict[frozenset[int], type[Problem]] = {
    frozenset({400, 401, 403, 404, 409, 412, 413, 415, 422, 429}): Problem
}


def problem_response(
    status: int,
    code: str,
    detail: str,
    errors: list[FieldProblem] | None = None,
) -> HttpResponse:
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        errors=errors or [],
    )
    response = HttpResponse(
        body.model_dump_json(), status=status, content_type="application/problem+json"
    )
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "X-Session-Token"
    return response


def register_problems(api: NinjaAPI) -> None:
    """Turn every exception that a route may let out into a problem."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        ProblemError: lambda request, e: problem_response(e.status, e.code, e.detail),
        ListingError: _refused,
        AssistantError: _refused_by_assistant,
        ValidationError: _invalid,
        AuthenticationError: lambda request, e: problem_response(
            401, "not_signed_in", "Send a token of POST /api/v1/tokens in X-Session-Token."
        ),
        PermissionDenied: lambda request, e: problem_response(
            403, "forbidden", "This account may not do that."
        ),
        Http404: lambda request, e: problem_response(404, "not_found", "There is no such thing."),
        HttpError: lambda request, e: problem_response(e.status_code, "bad_request", str(e)),
    }
    for kind, answer in handlers.items():
        api.add_exception_handler(kind, answer)


def _refused(request: HttpRequest, error: ListingError) -> HttpResponse:
    default = HTTPStatus.UNPROCESSABLE_ENTITY if isinstance(error, PhotoError) else 409
    status = STATUS_OF_CODE.get(error.code, default)
    if isinstance(error, NotYoursError):
        # Somebody else's draft does not exist for a stranger.
        return problem_response(404, "not_found", "There is no such listing of yours.")
    fields = [
        FieldProblem(pointer=f"/{problem.field}", code=problem.code, detail=problem.message)
        for problem in error.problems
        if problem.field
    ]
    response = problem_response(status, error.code, error.message, fields)
    if isinstance(error, StaleEditError):
        response["ETag"] = f'"{error.current.version}"'
    return response


def _refused_by_assistant(request: HttpRequest, error: AssistantError) -> HttpResponse:
    """What names a field is wrong with the request; the rest is a conflict with the state."""
    if not error.field:
        return problem_response(HTTPStatus.CONFLICT, error.code, error.message)
    field = FieldProblem(pointer=f"/{error.field}", code=error.code, detail=error.message)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return problem_response(status, error.code, error.message, [field])


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [
        FieldProblem(
            pointer=_pointer(found["loc"]),
            code=str(found["type"]),
            detail=str(found["msg"]),
        )
        for found in error.errors
    ]
    named = ", ".join(field.pointer for field in fields)
    return problem_response(422, "invalid", f"The request does not fit: {named}", fields)


def _pointer(loc: Sequence[str | int]) -> str:
    """Of a body the place in what was sent: the name of the route's argument is our own affair."""
    parts = loc[2:] if loc[0] == "body" and len(loc) > 2 else loc[1:]
    return "/" + "/".join(map(str, parts))
