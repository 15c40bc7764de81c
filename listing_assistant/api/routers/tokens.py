from __future__ import annotations

from http import HTTPStatus

from allauth.account.adapter import get_adapter
from allauth.headless import app_settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from listing_assistant.api.auth import caller
from listing_assistant.api.problems import REFUSALS, ProblemError

router = Router()


class Credentials(Schema):
    email: str = Field(max_length=254)
    password: str = Field(max_length=200)


class Person(Schema):
    email: str
    display_name: str
    roles: list[str]
    currency: str
    time_zone: str


class Token(Schema):
    token: str
    user: Person


@router.post("", auth=None, response={201: Token, **REFUSALS}, summary="Sign in")
def create_token(request: HttpRequest, credentials: Credentials) -> Status[Token]:
    """Failed attempts are limited by address and by account."""
    try:
        user = get_adapter(request).authenticate(
            request, email=credentials.email.lower(), password=credentials.password
        )
    except ValidationError as error:
        raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "too_many", error.messages[0]) from error
    if user is None:
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED, "wrong_password", "E-mail address or password is wrong."
        )
    # A session of its own: the caller's cookies, if any, stay what they were.
    request.session = SessionStore()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    token = app_settings.TOKEN_STRATEGY.create_session_token(request)
    request.session.save()
    request.session = SessionStore()
    return Status(201, Token(token=token, user=Person.from_orm(user)))


@router.delete("/current", response={204: None, **REFUSALS}, summary="Sign out")
def delete_token(request: HttpRequest) -> Status[None]:
    caller(request)
    session = app_settings.TOKEN_STRATEGY.lookup_session(request.headers["X-Session-Token"])
    if session is not None:
        session.flush()
    return Status(204, None)


@router.get("/current", response={200: Person, **REFUSALS}, summary="Who am I")
def read_person(request: HttpRequest) -> Person:
    return Person.from_orm(caller(request))
