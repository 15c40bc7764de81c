"""Strips that the ranker orders: beside a listing, and those of the caller's own."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpRequest
from django.views.decorators.cache import never_cache
from ninja import Query, Router, Schema, Status
from ninja.decorators import decorate_view
from pydantic import Field

from listing_assistant.accounts.models import User
from listing_assistant.api.auth import caller, token_auth
from listing_assistant.api.problems import REFUSALS
from listing_assistant.api.routers.recommendations import visible_listing
from listing_assistant.api.schemas import Card
from listing_assistant.listings import selectors
from recommender import policy
from recommender.similar import personal
from recommender.similar.context import APP, Asker
from recommender.similar.explaining import Explanation, SlotExplanation
from recommender.similar.hidden import hidden_listings, hide_item, show_item_again
from recommender.similar.strip import SIMILAR, SimilarSlot, SimilarStrip, similar_strip

router = Router()
MOST = 50


class RankedAsked(Schema):
    limit: int = Field(policy.STRIP_SIZE, ge=1, le=MOST)
    session: str = Field(
        "", max_length=40, description="Of the events sent: what it opened last counts"
    )


class FeatureOut(Schema):
    """`contribution` is what the feature adds to the score (SHAP), where a ranker was asked."""

    name: str
    words: str
    value: float | None
    contribution: float | None


class MoveOut(Schema):
    """`before` and `after` are places from 1; `cost` is a share of the strip's relevance."""

    rule: str
    before: int
    after: int
    cost: float


class SaidOut(Schema):
    recall_set: str
    score: float
    support: int = Field(description="How many people or visits it rests on")
    reason: str


class WhyRankedOut(Schema):
    """For staff alone."""

    score: float
    rank: int = Field(description="The place by the score alone")
    propensity: float = Field(description="With which this place shows this item")
    sets: list[SaidOut]
    features: list[FeatureOut]
    moves: list[MoveOut]

    @classmethod
    def of(cls, told: SlotExplanation) -> WhyRankedOut:
        return cls(
            score=told.score,
            rank=told.rank,
            propensity=told.propensity,
            sets=[SaidOut(**vars(each)) for each in told.sets],
            features=[
                FeatureOut(**{name: getattr(each, name) for name in FeatureOut.model_fields})
                for each in told.features
            ],
            moves=[MoveOut(**vars(each)) for each in told.moves],
        )


class RunOut(Schema):
    recall_set: str
    outcome: str
    items: int
    milliseconds: float


class WhyStripOut(Schema):
    """For staff alone. `fallback` says why it was ranked by likeness: missing, corrupt, slow,
    failed, or asked for by an experiment; `costs` are shares of the strip's relevance by rule."""

    ranker: str
    fallback: str
    candidates: int
    runs: list[RunOut]
    stages: dict[str, float] = Field(description="Milliseconds")
    costs: dict[str, float]
    arms: dict[str, str] = Field(description="Of experiments, by their keys")

    @classmethod
    def of(cls, told: Explanation) -> WhyStripOut:
        return cls(
            ranker=told.ranker,
            fallback=told.fallback,
            candidates=told.candidates,
            runs=[
                RunOut(
                    recall_set=run.name,
                    outcome=run.outcome,
                    items=run.count,
                    milliseconds=run.milliseconds,
                )
                for run in told.runs
            ],
            stages={str(name): took for name, took in told.stages.items()},
            costs=dict(told.costs),
            arms=dict(told.arms),
        )


class RankedOut(Card):
    """An item of a strip, from place 1. `reason` may be empty."""

    position: int
    reason: str = Field(description="Why it is shown, in a few words for buyers")
    sponsored: bool = Field(description="The seller pays for it: say so beside it")
    recall_set: str = Field(description="To be sent back with the impression")
    why: WhyRankedOut | None = Field(None, description="With a staff member's token alone")


class RankedStripOut(Schema):
    """Once it was seen, send an impression to `POST /events` with `impression` as its id, `strip`,
    and `served` as it is."""

    strip: str
    impression: UUID
    served: str
    items: list[RankedOut]
    why: WhyStripOut | None = Field(None, description="With a staff member's token alone")

    @classmethod
    def told(cls, name: str, strip: SimilarStrip) -> dict[str, Any]:
        """The fields that all strips have."""
        how = strip.explanation
        return {
            "strip": name,
            "impression": uuid4(),
            "served": strip.served,
            "items": [
                _item(slot, how.slots[slot.listing_id] if how else None) for slot in strip.slots
            ],
            "why": WhyStripOut.of(how) if how else None,
        }


class PickedOut(RankedStripOut):
    basis: str = Field(
        description="done: by what the caller did; departments, everybody: popular there, or at all"
    )


class BecauseOut(RankedStripOut):
    """The strip beside one listing that the caller watched or looked at."""

    seed: UUID
    title: str
    watched: bool


@router.get(
    "/listings/{listing_id}/similar",
    auth=None,
    response={200: RankedStripOut, **REFUSALS},
    summary="Similar items",
)
@decorate_view(never_cache)
def read_similar(
    request: HttpRequest, listing_id: UUID, asked: Query[RankedAsked]
) -> RankedStripOut:
    """Live listings like this one, the most wanted first.

    A token is not needed; with one, the caller's tastes count and their own listings are left out.
    """
    user = token_auth(request)
    asker = _asker(user, asked.session)
    strip = similar_strip(
        visible_listing(listing_id),
        viewer_id=asker.viewer_id,
        session_key=asker.session_key,
        country=asker.country,
        device=asker.device,
        limit=asked.limit,
        explain=_is_staff(user),
    )
    return RankedStripOut(**RankedStripOut.told(SIMILAR, strip))


@router.get("/me/picked", response={200: PickedOut, **REFUSALS}, summary="Picked for the caller")
@decorate_view(never_cache)
def read_picked(request: HttpRequest, asked: Query[RankedAsked]) -> PickedOut:
    """Live listings by what the caller opened, watched and put in the cart; what is popular where
    that says nothing yet. Nothing that they bought, sell or hid."""
    user = caller(request)
    found = personal.picked_strip(
        _asker(user, asked.session), limit=asked.limit, explain=_is_staff(user)
    )
    return PickedOut(**PickedOut.told(personal.PICKED, found.strip), basis=found.basis)


@router.get(
    "/me/because",
    response={200: list[BecauseOut], **REFUSALS},
    summary="Because the caller watched …",
)
@decorate_view(never_cache)
def read_because(request: HttpRequest, asked: Query[RankedAsked]) -> list[BecauseOut]:
    """A strip beside each of the things watched or opened last; none for who did neither."""
    user = caller(request)
    found = personal.because_strips(
        _asker(user, asked.session), limit=asked.limit, explain=_is_staff(user)
    )
    return [
        BecauseOut(
            **BecauseOut.told(personal.BECAUSE, each.strip),
            seed=each.listing.public_id,
            title=each.listing.title,
            watched=each.was_watched,
        )
        for each in found
    ]


@router.get("/me/hidden", response={200: list[Card], **REFUSALS}, summary="Hidden items")
@decorate_view(never_cache)
def read_hidden(request: HttpRequest) -> list[Card]:
    """What the caller is not interested in, hidden last first."""
    listings = hidden_listings(user_id=caller(request).pk, session_key="")
    return [Card.of(each, selectors.main_photo_of(each)) for each in listings]


@router.post("/me/hidden/{listing_id}", response={204: None, **REFUSALS}, summary="Hide an item")
def hide(request: HttpRequest, listing_id: UUID) -> Status[None]:
    """Not interested: it is left out of what is picked from now on. No click, and no opinion of
    the seller. Hiding it twice changes nothing."""
    hide_item(visible_listing(listing_id), user_id=caller(request).pk, session_key="")
    return Status(204, None)


@router.delete(
    "/me/hidden/{listing_id}", response={204: None, **REFUSALS}, summary="Show an item again"
)
def show_again(request: HttpRequest, listing_id: UUID) -> Status[None]:
    """Also where it was not hidden."""
    show_item_again(visible_listing(listing_id), user_id=caller(request).pk, session_key="")
    return Status(204, None)


def _asker(user: User | None, session: str) -> Asker:
    return Asker(
        viewer_id=user.pk if user else None,
        session_key=session,
        country=user.country if user else "",
        device=APP,
    )


def _is_staff(user: User | None) -> bool:
    return user is not None and user.is_staff


def _item(slot: SimilarSlot, told: SlotExplanation | None) -> RankedOut:
    card = slot.card
    return RankedOut(
        id=card.public_id,
        title=card.title,
        price=card.price,
        currency=card.currency,
        condition=card.condition,
        photo=card.photo or None,
        score=slot.score,
        position=slot.position,
        reason=slot.reason,
        sponsored=slot.is_sponsored,
        recall_set=slot.recall_set,
        why=WhyRankedOut.of(told) if told else None,
    )
