"""What goes with a listing or with a cart, and who looks at it."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import conditional_page
from ninja import Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import Field

from listing_assistant.accounts.models import User
from listing_assistant.api.auth import caller, token_auth
from listing_assistant.api.problems import REFUSALS
from listing_assistant.api.schemas import Card
from listing_assistant.listings import selectors
from listing_assistant.listings.buyer_selectors import cart_items
from listing_assistant.listings.models import Listing
from recommender import policy
from recommender.events.counters import attention_to
from recommender.strips.bundles import Bundle, bundle_for
from recommender.strips.complementary import (
    Strip,
    StripItem,
    complementary_items,
    complementary_to_cart,
)

router = Router()


class ComplementsAsked(Schema):
    limit: int = Field(policy.STRIP_SIZE, ge=1, le=policy.KEPT_CANDIDATES)
    session: str = Field(
        "", max_length=40, description="Of the events sent: what it searched for counts"
    )


class SourceOut(Schema):
    recall_set: str
    reason: str
    support: int = Field(description="How many people or visits it rests on")


class WhyOut(Schema):
    """For staff alone."""

    step: str = Field(description="sets, or the step of the ladder: related, siblings, department")
    sources: list[SourceOut]

    @classmethod
    def of(cls, item: StripItem) -> WhyOut:
        return cls(step=item.step, sources=[SourceOut(**each._asdict()) for each in item.sources])


class ComplementOut(Card):
    """`goes_with` is the listing that it is shown for."""

    goes_with: UUID
    fits: bool = Field(description="Both say that the one is made for the other")
    why: WhyOut | None = Field(None, description="With a staff member's token alone")


class BundleOut(Schema):
    """The listing and what is bought with it; what is priced in another currency is not in
    `total`."""

    items: list[UUID]
    total: Decimal
    currency: str
    bought_together: bool = Field(description="Purchases say so, not likeness alone")

    @classmethod
    def of(cls, bundle: Bundle) -> BundleOut:
        return cls(
            items=[card.public_id for card in bundle.cards],
            total=bundle.total,
            currency=bundle.currency,
            bought_together=bundle.was_bought_together,
        )


class ComplementsOut(Schema):
    items: list[ComplementOut]
    bundle: BundleOut | None = None


@router.get(
    "/listings/{listing_id}/complementary",
    auth=None,
    response={200: ComplementsOut, **REFUSALS},
    summary="What goes with a listing",
)
@decorate_view(conditional_page)
def read_complements(
    request: HttpRequest, listing_id: UUID, asked: Query[ComplementsAsked]
) -> ComplementsOut:
    """Live listings that fit it, best first, and a bundle to offer as bought together.

    A token is not needed; with one, the caller's own listings are left out.
    """
    listing = visible_listing(listing_id)
    user = token_auth(request)
    strip = complementary_items(
        listing,
        session_key=asked.session,
        viewer_id=user.pk if user else None,
        limit=asked.limit,
    )
    return _answer(strip, {listing.pk: listing}, user, bundle_for(user, listing, strip))


class AttentionOut(Schema):
    viewers_last_hour: int = Field(description="People and visits, each counted once")
    watchers: int


@router.get(
    "/listings/{listing_id}/attention",
    auth=None,
    response={200: AttentionOut, **REFUSALS},
    summary="Who is looking",
)
def read_attention(request: HttpRequest, listing_id: UUID) -> AttentionOut:
    """How many looked at a listing in the last hour, and how many watch it, at this moment."""
    listing = visible_listing(listing_id)
    seen = attention_to([listing.pk])[listing.pk]
    return AttentionOut(viewers_last_hour=seen.viewers, watchers=seen.watchers)


@router.get(
    "/cart/complementary",
    response={200: ComplementsOut, **REFUSALS},
    summary="What goes with the cart",
)
def read_cart_complements(request: HttpRequest, asked: Query[ComplementsAsked]) -> ComplementsOut:
    """Live listings that go with the newest things in the caller's cart, and are not in it."""
    user = caller(request)
    listings = [item.listing for item in reversed(cart_items(user))]
    strip = complementary_to_cart(
        listings, session_key=asked.session, viewer_id=user.pk, limit=asked.limit
    )
    return _answer(strip, {listing.pk: listing for listing in listings}, user, None)


def visible_listing(listing_id: UUID) -> Listing:
    plain = Listing.objects.defer("search", "description")
    listing = get_object_or_404(plain, public_id=listing_id)
    if not selectors.may_view(None, listing):
        raise Http404
    return listing


def _answer(
    strip: Strip, seeds: dict[int, Listing], user: User | None, bundle: Bundle | None
) -> ComplementsOut:
    is_staff = user is not None and user.is_staff
    return ComplementsOut(
        items=[_complement(item, seeds[item.seed_id], is_staff) for item in strip.items],
        bundle=BundleOut.of(bundle) if bundle else None,
    )


def _complement(item: StripItem, seed: Listing, is_staff: bool) -> ComplementOut:
    card = item.card
    return ComplementOut(
        id=card.public_id,
        title=card.title,
        price=card.price,
        currency=card.currency,
        condition=card.condition,
        photo=card.photo or None,
        goes_with=seed.public_id,
        fits=item.fits,
        why=WhyOut.of(item) if is_staff else None,
    )
