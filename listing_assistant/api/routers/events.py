from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema, Status
from ninja.errors import AuthenticationError
from pydantic import AwareDatetime, Field, StringConstraints

from listing_assistant.accounts.models import User
from listing_assistant.api.auth import token_auth
from listing_assistant.api.problems import (
    REFUSALS,
    FieldProblem,
    Problem,
    ProblemError,
    problem_response,
)
from listing_assistant.listings.visits import COOKIE, visit_key
from recommender import policy
from recommender.events import ingest
from recommender.events.pacing import TooManyError
from recommender.events.reading import EventIn, Refusal, Sender, read_batch
from recommender.events.stream import StreamError, StreamFullError
from recommender.models import Source

router = Router()

RETRY_SECONDS = 5


def _event_schema() -> dict[str, Any]:
    """Of one event, in one piece: a schema inside another has no place for definitions."""
    schema = EventIn.model_json_schema()
    place = schema.pop("$defs")["PlaceIn"]
    schema["properties"]["items"]["anyOf"][0]["items"] = place
    return schema


class EventsIn(Schema):
    """Read event by event, so that one bad event does not cost the others."""

    session: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,40}$")] | None = Field(
        None, description="One visit of one app. Needed without a token; pages have a cookie"
    )
    sent_at: AwareDatetime | None = Field(
        None, description="What the sender's clock shows now: a wrong clock's times are put right"
    )
    events: list[Any] = Field(
        min_length=1,
        max_length=policy.EVENTS_A_BATCH,
        json_schema_extra={"items": _event_schema()},
    )


class RefusedEvent(FieldProblem):
    index: int = Field(description="Its place in `events`, from 0")

    @classmethod
    def of(cls, refusal: Refusal) -> RefusedEvent:
        pointer = f"/events/{refusal.index}/{refusal.field}".rstrip("/")
        return cls(index=refusal.index, pointer=pointer, code=refusal.code, detail=refusal.reason)


class Taken(Schema):
    """`taken` will be stored, whatever fails now; those stored before count no second time."""

    taken: int
    repeated: int = Field(description="Of the same id as an earlier one of this batch")
    refused: list[RefusedEvent] = Field(description="Do not send these again as they are")


@router.post(
    "",
    auth=None,
    response={202: Taken, **REFUSALS, 503: Problem},
    summary="Tell what people did and saw",
)
def take_events(request: HttpRequest, told: EventsIn) -> Status[Taken] | HttpResponse:
    """Up to 500 at once. After any answer but 202 the whole batch may be sent again as it is.

    Without a token give a `session`. Offers, bids, purchases and refunds are reported by the
    marketplace itself; those sent here are kept and not counted. Events of more than a week ago
    are refused.
    """
    try:
        sender = _sender(request, told)
        batch = read_batch(
            told.events, sender=sender, received_at=timezone.now(), sent_at=told.sent_at
        )
        taken = ingest.take(batch, sender=sender)
    except TooManyError as error:
        return _later(HTTPStatus.TOO_MANY_REQUESTS, "too_many", error.seconds)
    except (StreamError, StreamFullError, OperationalError):
        return _later(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", RETRY_SECONDS)
    refused = [RefusedEvent.of(refusal) for refusal in batch.refusals]
    return Status(202, Taken(taken=taken, repeated=batch.repeated, refused=refused))


def _sender(request: HttpRequest, told: EventsIn) -> Sender:
    agent = request.headers.get("User-Agent", "")
    if "X-Session-Token" in request.headers:
        user = token_auth(request)
        if user is None:
            raise AuthenticationError
        return Sender(Source.APP, user.pk, told.session or "", agent)
    if told.session:
        return Sender(Source.APP, None, told.session, agent)
    # Cookies of this site come from its own pages alone: they are SameSite=Lax.
    if not (request.session.session_key or COOKIE in request.COOKIES):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "no_session",
            "Nobody to tell it of: send a token, or `session`, 8 to 40 letters and digits.",
        )
    user = request.user if isinstance(request.user, User) else None
    return Sender(Source.PAGE, user.pk if user else None, visit_key(request), agent)


def _later(status: HTTPStatus, code: str, seconds: int) -> HttpResponse:
    response = problem_response(status, code, f"Send the same batch again in {seconds} seconds.")
    response["Retry-After"] = str(seconds)
    return response
