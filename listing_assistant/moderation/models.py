"""Cases for people to decide, their decisions, and the sellers' appeals."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from listing_assistant.assistant.models import Suggestion
from listing_assistant.catalogue.models import Attribute
from listing_assistant.listings.models import Listing, StoredImage


class Case(models.Model):
    class Kind(models.TextChoices):
        MISMATCH = "mismatch", "Photo and title disagree"
        REPORT = "report", "Reported by a buyer"
        APPEAL = "appeal", "Appeal"
        DUPLICATE = "duplicate", "Photo of another seller"
        CLAIM = "claim", "Details disagree"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DECIDED = "decided", "Decided"

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="cases")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    risk = models.FloatField(help_text="0..1; the queue shows the highest first")
    reason = models.CharField(max_length=500)
    suggestion = models.ForeignKey(
        Suggestion, null=True, blank=True, on_delete=models.SET_NULL, help_text="Holds the evidence"
    )
    opened_at = models.DateTimeField(auto_now_add=True)
    # A case is leased to the moderator who looks at it, so that two never decide the same one.
    leased_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-risk", "opened_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["listing", "kind"], condition=models.Q(state="open"), name="open_case_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-risk"], name="case_queue")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.listing}"


class Decision(models.Model):
    """Append-only: an undo is a decision too."""

    class Action(models.TextChoices):
        APPROVE = "approve", "Approved"
        RETURN = "return", "Returned to the seller"
        REMOVE = "remove", "Removed"
        UNDO = "undo", "Undone"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="decisions")
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    action = models.CharField(max_length=8, choices=Action.choices)
    reason = models.CharField(max_length=1000, blank=True, help_text="The seller reads this")
    state_before = models.CharField(max_length=10)
    state_after = models.CharField(max_length=10)
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.moderator}: {self.get_action_display()}"


class Appeal(models.Model):
    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="appeal")
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000)
    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="appeal")
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Appeal: {self.case.listing}"


class PhotoPrint(models.Model):
    """A perceptual hash of an image, or of a cut of it, in the four bands it is looked up by."""

    image = models.ForeignKey(StoredImage, on_delete=models.CASCADE, related_name="prints")
    view = models.PositiveSmallIntegerField(help_text="Which cut; 0 is the whole image")
    band_0 = models.CharField(max_length=4, db_index=True)
    band_1 = models.CharField(max_length=4, db_index=True)
    band_2 = models.CharField(max_length=4, db_index=True)
    band_3 = models.CharField(max_length=4, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["image", "view"], name="photo_print_once")
        ]

    def __str__(self) -> str:
        return f"{self.image} view {self.view}"


class PhotoMatch(models.Model):
    """Two images whose pixels are one photo's. Each match is kept in both directions."""

    image = models.ForeignKey(StoredImage, on_delete=models.CASCADE, related_name="matches")
    other = models.ForeignKey(StoredImage, on_delete=models.CASCADE, related_name="+")
    agreement = models.FloatField(help_text="0..1, the share of the picture that is the same")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["image", "other"], name="photo_match_once")
        ]

    def __str__(self) -> str:
        return f"{self.image} = {self.other}"


class DuplicatePair(models.Model):
    """The photo of a case's listing and where else it is: the listing that had it first."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="pairs")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+")
    image = models.ForeignKey(StoredImage, on_delete=models.CASCADE, related_name="+")
    other_image = models.ForeignKey(StoredImage, on_delete=models.CASCADE, related_name="+")
    agreement = models.FloatField()
    added_at = models.DateTimeField(help_text="When the photo came into the listing")
    other_added_at = models.DateTimeField(help_text="When it came into the other one")
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-agreement", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["listing", "other", "image", "other_image"], name="duplicate_pair_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.listing} has a photo of {self.other}"


class ClaimConflict(models.Model):
    """A detail that the seller states in one way and the assistant reads in another.

    Both are kept as they were: the listing may say something else by the time of the decision.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="conflicts")
    attribute = models.ForeignKey(Attribute, on_delete=models.CASCADE, related_name="+")
    suggestion = models.ForeignKey(
        Suggestion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    stated = models.CharField(max_length=500)
    inferred = models.CharField(max_length=500)
    confidence = models.FloatField()
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-confidence", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "attribute"], name="claim_conflict_once")
        ]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.stated} / {self.inferred}"


class KnownImage(models.Model):
    """A photo that many may use, such as a maker's own. Goes when its decision is undone."""

    image = models.OneToOneField(StoredImage, on_delete=models.CASCADE, related_name="known")
    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="known_images")

    def __str__(self) -> str:
        return str(self.image)


class PhotoReview(models.Model):
    """A published listing's photos have been compared; the sweep looks for those without."""

    listing = models.OneToOneField(Listing, on_delete=models.CASCADE, related_name="photo_review")
    reviewed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.listing)
