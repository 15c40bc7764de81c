"""A listing from draft to sale, its photos, and what buyers do with it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse

from listing_assistant.catalogue.models import Attribute, AttributeValue, Category, Product


class State(models.TextChoices):
    """draft → live → reserved → sold or ended; moderation may hold or remove."""

    DRAFT = "draft", "Draft"
    LIVE = "live", "Live"
    RESERVED = "reserved", "Reserved"
    HELD = "held", "Held for review"
    SOLD = "sold", "Sold"
    ENDED = "ended", "Ended"
    REMOVED = "removed", "Removed"


class Condition(models.TextChoices):
    NEW = "new", "New"
    LIKE_NEW = "like_new", "Like new"
    GOOD = "good", "Good"
    FAIR = "fair", "Fair"
    PARTS = "parts", "For parts or repair"


class Format(models.TextChoices):
    BUY_NOW = "buy_now", "Buy it now"
    AUCTION = "auction", "Auction"
    BEST_OFFER = "best_offer", "Best offer"


class Listing(models.Model):
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="listings"
    )
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.SET_NULL)
    category = models.ForeignKey(
        Category, null=True, blank=True, on_delete=models.PROTECT, related_name="listings"
    )
    title = models.CharField(max_length=120, blank=True)
    description = models.TextField(max_length=8000, blank=True)
    condition = models.CharField(max_length=10, choices=Condition.choices, blank=True)
    condition_note = models.CharField(
        max_length=500, blank=True, help_text="Wear and flaws in the seller's own words"
    )
    price = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    currency = models.CharField(max_length=3, default="USD")
    format = models.CharField(max_length=12, choices=Format.choices, default=Format.BUY_NOW)
    quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    ad_rate = models.DecimalField(
        max_digits=4,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(30))],
        help_text="Per cent of the price, paid on a sale that promotion brought",
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    state_reason = models.CharField(
        max_length=1000, blank=True, help_text="Why moderation held, returned or removed it"
    )
    version = models.PositiveIntegerField(
        default=1, help_text="Rises with every edit; autosave sends the version it edited"
    )
    import_key = models.CharField(
        max_length=200, null=True, blank=True, unique=True, help_text="Where an import took it from"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    published_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Filled by a database trigger from title, category path, attribute values and description.
    search = SearchVectorField(null=True, editable=False)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["state", "-published_at"], name="listing_fresh"),
            models.Index(fields=["category", "state", "-published_at"], name="listing_by_category"),
            models.Index(fields=["seller", "state", "-updated_at"], name="listing_by_seller"),
            GinIndex(fields=["search"], name="listing_search"),
        ]

    def __str__(self) -> str:
        return self.title or "Untitled draft"

    def get_absolute_url(self) -> str:
        return reverse("listing", args=[self.public_id])

    @property
    def is_buyable(self) -> bool:
        return self.state == State.LIVE


class ListingAttribute(models.Model):
    """One value of one attribute. `value` is the taxonomy's own, or null for free text."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="attribute_rows")
    attribute = models.ForeignKey(Attribute, on_delete=models.PROTECT, related_name="+")
    value = models.ForeignKey(
        AttributeValue, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    text = models.CharField(
        max_length=160, help_text="What is shown; the value's name if it has one"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["listing", "attribute", "text"], name="listing_attribute_once"
            )
        ]
        # With the listing, the newest that say something are read along it, however many do.
        indexes: ClassVar = [
            models.Index(fields=["attribute", "text", "listing"], name="listing_attribute_said")
        ]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.text}"


class VocabularyEdit(models.Model):
    """What staff did to the values of an attribute, and with it to listings. Kept when undone."""

    class Kind(models.TextChoices):
        MERGE = "merge", "Merged"
        VALUE = "value", "Added as a value"
        SYNONYM = "synonym", "Added as a synonym"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    attribute = models.ForeignKey(Attribute, on_delete=models.CASCADE, related_name="edits")
    text = models.CharField(max_length=160, help_text="The spelling that listings had")
    value = models.ForeignKey(
        AttributeValue,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="What they say instead",
    )
    merged = models.ForeignKey(
        AttributeValue, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    gained = ArrayField(
        models.CharField(max_length=160), default=list, help_text="Synonyms new to the value"
    )
    listing_count = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.attribute}: “{self.text}” → “{self.value}”"


class RewrittenAttribute(models.Model):
    """What a listing said before an edit of the vocabulary.

    `row` is gone where the seller has stated the attribute anew since; it never was there where
    the listing said the new value beside the old one (`was_dropped`).
    """

    edit = models.ForeignKey(VocabularyEdit, on_delete=models.CASCADE, related_name="rewritten")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    row = models.ForeignKey(
        ListingAttribute, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    was_dropped = models.BooleanField(default=False)
    text = models.CharField(max_length=160)
    value = models.ForeignKey(
        AttributeValue, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.listing_id}: {self.text}"


class StoredImage(models.Model):
    """The pixels of a photo, under the SHA-256 of the re-encoded original."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    byte_size = models.PositiveIntegerField()
    perceptual_hash = models.CharField(max_length=16, db_index=True, help_text="64-bit pHash")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256[:12]

    def file_name(self, variant: str) -> str:
        """`variant` is "full", "large" or "small" (policy.VARIANTS)."""
        return f"photos/{self.sha256[:2]}/{self.sha256}-{variant}.webp"


class Photo(models.Model):
    """A picture in a listing. The one at position 0 is the main photo."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="photos")
    image = models.ForeignKey(StoredImage, on_delete=models.PROTECT, related_name="photos")
    position = models.PositiveSmallIntegerField()
    file_name = models.CharField(max_length=200, help_text="As the seller's device called it")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["listing", "position"],
                name="photo_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["listing", "image"], name="photo_once"),
        ]

    def __str__(self) -> str:
        return f"{self.listing} photo {self.position + 1}"

    @property
    def is_main(self) -> bool:
        return self.position == 0


class Watch(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watches"
    )
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="watches")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "listing"], name="watch_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} watches {self.listing}"


class CartItem(models.Model):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cart_items"
    )
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="cart_items")
    quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "listing"], name="cart_item_once")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.listing}"


class Offer(models.Model):
    """A buyer's price for a best-offer listing, or a bid in an auction."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="offers")
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="offers"
    )
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["listing", "state"])]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} for {self.listing}"


class Order(models.Model):
    """A purchase in test mode: no payment is taken."""

    class State(models.TextChoices):
        PAID = "paid", "Paid (test mode)"
        REFUNDED = "refunded", "Refunded"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="orders")
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders"
    )
    quantity = models.PositiveIntegerField(default=1)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PAID)
    created_at = models.DateTimeField(auto_now_add=True)
    refunded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.listing}"
