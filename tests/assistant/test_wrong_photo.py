"""One photo of another thing among right ones is named to the seller, and framed."""

from __future__ import annotations

import io

import pytest

from listing_assistant.assistant import pipeline, services
from listing_assistant.assistant.models import Evidence, Suggestion
from listing_assistant.listings import services as listings
from tests.drawn import draw_shirt, draw_watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed(alice, vocabulary):
    """Two photos of a shirt, the second of the three is of a watch."""
    listing = listings.create_draft(seller=alice, title="Men Blue T-shirt")
    shirt = draw_shirt()
    for number, picture in enumerate([shirt, draw_watch(), shirt.rotate(8, fillcolor="white")]):
        file = io.BytesIO()
        picture.resize((448, 448)).save(file, "JPEG", quality=95)
        file.seek(0)
        listings.add_photo(listing=listing, user=alice, file=file, name=f"{number}.jpg")
    return listing


def test_the_photo_is_named_and_framed(mixed):
    analysis = services.start_analysis(listing=mixed)
    pipeline.run(analysis.pk)
    found = analysis.suggestions.get(kind=Suggestion.Kind.MISMATCH)
    watch = mixed.photos.get(position=1)
    assert found.value["outliers"] == [watch.pk]
    assert found.value["verdict"] == "unsure"
    assert found.label.startswith("Photo 2 seems to show another thing than the other photos.")
    framed = found.evidence.filter(kind=Evidence.Kind.PHOTO, left__isnull=False)
    assert [one.photo_id for one in framed] == [watch.pk]


def test_a_wrong_colour_blames_its_word_and_not_the_kind_of_thing(alice, vocabulary):
    listing = listings.create_draft(seller=alice, title="Acme Black T-shirt")
    file = io.BytesIO()
    draw_shirt().resize((448, 448)).save(file, "JPEG", quality=95)
    file.seek(0)
    listings.add_photo(listing=listing, user=alice, file=file, name="shirt.jpg")
    analysis = services.start_analysis(listing=listing)
    pipeline.run(analysis.pk)
    found = analysis.suggestions.get(kind=Suggestion.Kind.MISMATCH)
    assert found.value["verdict"] == "mismatch"
    assert found.value["counterfactual"]["words"] == ["Black"]
    words = found.evidence.filter(kind=Evidence.Kind.TEXT).values_list("text", flat=True)
    assert list(words) == ["Black"] and "“Black”" in found.label
