"""The vocabulary of the marketplace: categories, their attributes, the values these may take."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from listing_assistant.catalogue import policy

SYNONYMS_HELP = "Other spellings that mean the same, in lower case"


class Taxonomy(models.Model):
    """One source of categories. Importing it again updates it in place and raises `version`."""

    name = models.SlugField(unique=True, help_text="starter, shopify, …")
    source_version = models.CharField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    checksum = models.CharField(max_length=64, help_text="SHA-256 of what was imported")
    is_offered = models.BooleanField(
        default=False, help_text="On: sellers choose from its categories"
    )
    inherits_attributes = models.BooleanField(
        default=True, help_text="On: a category has its ancestors' attributes as well as its own"
    )
    imported_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "taxonomies"

    def __str__(self) -> str:
        return f"{self.name} {self.source_version}"


PATH_SEPARATOR = " > "


class Category(models.Model):
    taxonomy = models.ForeignKey(Taxonomy, on_delete=models.CASCADE, related_name="categories")
    source_id = models.CharField(max_length=60, help_text="The category's id in its taxonomy")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140, unique=True)
    path = models.CharField(max_length=500, help_text="Fashion > Women > Dresses")
    depth = models.PositiveSmallIntegerField(default=0)
    is_leaf = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True, help_text="Off: gone from its taxonomy")
    synonyms = ArrayField(
        models.CharField(max_length=80), default=list, blank=True, help_text=SYNONYMS_HELP
    )
    position = models.PositiveIntegerField(default=0)
    target_precision = models.FloatField(
        null=True,
        blank=True,
        validators=[
            MinValueValidator(policy.LEAST_TARGET_PRECISION),
            MaxValueValidator(policy.MOST_TARGET_PRECISION),
        ],
        help_text="Share of suggested details that must be right, such as 0.9; below it the "
        "assistant stays silent. Empty: as its parent",
    )
    attributes: models.ManyToManyField[Attribute, CategoryAttribute] = models.ManyToManyField(
        "Attribute", through="CategoryAttribute", related_name="categories"
    )

    class Meta:
        verbose_name_plural = "categories"
        ordering: ClassVar = ["path"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["taxonomy", "source_id"], name="category_source_once"),
            models.CheckConstraint(
                name="target_precision_share",
                condition=models.Q(target_precision=None)
                | models.Q(target_precision__gt=0, target_precision__lt=1),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["path"]), models.Index(fields=["is_leaf"])]

    def __str__(self) -> str:
        return self.path

    @property
    def names(self) -> list[str]:
        """The names along its path, the root's first."""
        return self.path.split(PATH_SEPARATOR)


class AttributeKind(models.TextChoices):
    CHOICE = "choice", "One of a list"
    MULTI = "multi", "Several of a list"
    NUMBER = "number", "A number with a unit"
    TEXT = "text", "Free text"
    IDENTIFIER = "identifier", "An identifier: model or part number, GTIN, ISBN"


class Attribute(models.Model):
    """A property of a thing. `source_id` is unique in its taxonomy; names may repeat ("Type")."""

    taxonomy = models.ForeignKey(Taxonomy, on_delete=models.CASCADE, related_name="attributes")
    source_id = models.CharField(max_length=120)
    name = models.CharField(max_length=120)
    kind = models.CharField(
        max_length=12, choices=AttributeKind.choices, default=AttributeKind.CHOICE
    )
    unit = models.CharField(max_length=12, blank=True, help_text="Canonical unit of a number: cm")
    description = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["taxonomy", "source_id"], name="attribute_source_once")
        ]

    def __str__(self) -> str:
        return self.name


class CategoryAttribute(models.Model):
    category = models.ForeignKey(
        Category, on_delete=models.CASCADE, related_name="category_attributes"
    )
    attribute = models.ForeignKey(
        Attribute, on_delete=models.CASCADE, related_name="category_attributes"
    )
    is_required = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["category", "attribute"], name="attribute_once")
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.attribute}"


class AttributeValue(models.Model):
    attribute = models.ForeignKey(Attribute, on_delete=models.CASCADE, related_name="values")
    source_id = models.CharField(max_length=160)
    value = models.CharField(max_length=160)
    synonyms = ArrayField(
        # As long as a value: a merged one's name becomes a synonym.
        models.CharField(max_length=160),
        default=list,
        blank=True,
        help_text=SYNONYMS_HELP,
    )
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    added_by_staff = models.BooleanField(
        default=False, editable=False, help_text="In no source: imports leave it as it is"
    )
    # Whoever knows the old id finds the value that stands for it now.
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.RESTRICT,
        related_name="merged_from",
    )

    class Meta:
        ordering: ClassVar = ["position", "value"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["attribute", "source_id"], name="value_source_once")
        ]

    def __str__(self) -> str:
        return self.value


class CompatibilityPair(models.Model):
    """An item with `fits` suits an item whose `property` has the same value: case, phone."""

    fits = models.ForeignKey(
        Attribute, on_delete=models.CASCADE, related_name="+", help_text="Compatible Model"
    )
    property = models.ForeignKey(
        Attribute, on_delete=models.CASCADE, related_name="+", help_text="Model"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fits", "property"], name="compatibility_pair_once")
        ]

    def __str__(self) -> str:
        return f"{self.fits} ↔ {self.property}"


class Product(models.Model):
    """A thing of the real world that many listings may sell, such as one phone model."""

    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=160)
    name = models.CharField(max_length=300)
    brand = models.CharField(max_length=120, blank=True)
    gtin = models.CharField("GTIN", max_length=14, blank=True)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.SET_NULL)
    attributes = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "source_id"], name="product_source_once")
        ]
        indexes: ClassVar = [GinIndex(fields=["attributes"], name="product_attributes")]

    def __str__(self) -> str:
        return self.name
