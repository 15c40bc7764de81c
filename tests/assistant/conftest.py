"""A seller's drafts with real photos drawn here, and a small vocabulary."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from listing_assistant.assistant.findings import content_hash, input_hash
from listing_assistant.assistant.models import Analysis
from listing_assistant.catalogue.models import Attribute, Category, Taxonomy
from listing_assistant.listings import services as listings


def jpeg(seed: int = 0) -> io.BytesIO:
    """A drawn picture; another seed gives another one."""
    image = Image.new("RGB", (400, 300), (250, 240 - seed, 230))
    draw = ImageDraw.Draw(image)
    draw.ellipse((60 + 9 * seed, 40, 320, 260 - 7 * seed), fill=(180, 30 + 20 * seed % 200, 40))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    file.seek(0)
    return file


@pytest.fixture
def draft(alice):
    return listings.create_draft(seller=alice, title="Red wool dress")


@pytest.fixture
def photographed(alice, draft):
    for seed in range(2):
        listings.add_photo(listing=draft, user=alice, file=jpeg(seed), name=f"photo-{seed}.jpg")
    return draft


@pytest.fixture
def vocabulary(db):
    """Dresses have a colour and a size, printers ink; made by hand, for the starter takes long."""
    taxonomy = Taxonomy.objects.create(
        name="starter", source_version="1", checksum="0", is_offered=True
    )
    colour = make_attribute(taxonomy, "Colour", ["Red", "Blue", "Burgundy", "Pink"])
    brand = make_attribute(taxonomy, "Brand", ["Acme"])
    ink = make_attribute(taxonomy, "Ink", ["Black", "Cyan"])
    make_category(taxonomy, "Fashion > Women > Dresses", [brand, colour])
    make_category(taxonomy, "Electronics > Printers", [brand, ink])


def make_attribute(taxonomy, name, values):
    attribute = Attribute.objects.create(taxonomy=taxonomy, source_id=name, name=name)
    for position, value in enumerate(values):
        attribute.values.create(source_id=value, value=value, position=position)
    return attribute


def make_category(taxonomy, path, attributes):
    name = path.split(" > ")[-1]
    category = Category.objects.create(
        taxonomy=taxonomy, source_id=path, name=name, slug=name.lower(), path=path, synonyms=[]
    )
    for position, attribute in enumerate(attributes):
        category.category_attributes.create(attribute=attribute, position=position)


@pytest.fixture
def analysis(draft):
    content = content_hash(draft)
    return Analysis.objects.create(
        listing=draft, content_hash=content, input_hash=input_hash(content, ["test"])
    )
