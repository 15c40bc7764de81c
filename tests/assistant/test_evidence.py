"""The editor shows which part of which photo and which word disagree, and what would clear it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from PIL import Image, ImageDraw, ImageFont

from listing_assistant import checks
from listing_assistant.assistant import inference, pipeline, services, wording
from listing_assistant.assistant.findings import Clue, Finding, content_hash, input_hash
from listing_assistant.assistant.models import Analysis, Evidence, Region, Suggestion
from listing_assistant.catalogue.models import Attribute
from listing_assistant.listings import services as listings

pytestmark = pytest.mark.django_db

CLEARED = {"words": ("dress",), "spans": ((9, 14),), "title": "Red wool", "score": 0.1}


@pytest.fixture
def editor(client, alice, photographed):
    """The editor's page as it is now."""
    client.force_login(alice)
    return lambda: client.get(
        reverse("edit_listing", args=[photographed.public_id])
    ).content.decode()


@pytest.fixture
def analysis(photographed):
    content = content_hash(photographed)
    return Analysis.objects.create(
        listing=photographed,
        content_hash=content,
        input_hash=input_hash(content, ["test"]),
        status=Analysis.Status.DONE,
    )


@pytest.fixture
def mismatch(analysis, photographed):
    """The first photo, in its upper left, and "dress" disagree; without the word it would clear."""
    first, second = photographed.photos.all()
    region = Region(0.1, 0.05, 0.35, 0.3)
    clues = (
        Clue(Evidence.Kind.TEXT, text="dress", field="title", start=9, end=14, weight=0.4),
        Clue(
            Evidence.Kind.PHOTO,
            photo_id=first.pk,
            region=region,
            seen_image=first.image_id,
            weight=0.97,
        ),
        Clue(Evidence.Kind.PHOTO, photo_id=second.pk, seen_image=second.image_id, weight=0.1),
    )
    value = {
        "verdict": "mismatch",
        "score": 0.97,
        "photo_scores": {first.pk: 0.97, second.pk: 0.1},
        "counterfactual": CLEARED | {"verdict": "match"},
    }
    label = "Photo 1 does not seem to show “dress”: it looks more like Mugs."
    finding = Finding(Suggestion.Kind.MISMATCH, label, value, 0.97, clues=clues)
    pipeline.replace_suggestions(analysis, Suggestion.Kind.MISMATCH, [finding])
    return analysis.suggestions.get()


def test_the_word_is_underlined_below_the_titles_field(editor, mismatch):
    shown = editor()
    assert ">dress<span" in shown and "(not seen in the photos)" in shown
    assert "Red wool <mark" in shown
    assert "more like Mugs" in shown
    assert "It is right, keep it" in shown


def test_the_field_is_described_by_the_underlined_words(editor, mismatch):
    assert 'aria-describedby="state-title s-echo"' in editor()


def test_the_region_is_framed_on_the_photo_and_told_in_words(editor, mismatch):
    shown = editor()
    # Of 400 × 300 pixels; once among the photos and once beside what is said about them.
    assert shown.count('<rect class="frame__line" x="40" y="15" width="100" height="75"') == 2
    assert "the top left of the photo" in shown
    assert "Photo 1: probably not what the title says" in shown
    assert "1 other photo looks right." in shown


def test_what_would_clear_the_warning_is_said(editor, mismatch):
    assert "Without “dress” the warning clears." in editor()


def test_a_photo_that_was_turned_since_has_no_frame(mismatch, photographed, alice):
    first = photographed.photos.first()
    listings.rotate_photo(listing=photographed, user=alice, photo=first)
    assert all(row.region is None for row in mismatch.evidence.all())


def test_a_seller_who_says_that_it_is_right_sees_no_underline_and_no_frame_among_the_photos(
    editor, mismatch
):
    Suggestion.objects.update(state=Suggestion.State.REJECTED)
    shown = editor()
    assert "<mark" not in shown
    assert shown.count("frame__line") == 1


def test_one_odd_photo_among_right_ones_is_named_and_no_word_is_blamed(
    editor, mismatch, photographed
):
    first, second = photographed.photos.all()
    mismatch.value |= {"verdict": "unsure", "outliers": [second.pk]}
    mismatch.save()
    Evidence.objects.filter(photo=first).update(weight=0.2)
    shown = editor()
    assert "Photo 2: probably not what the title says" in shown
    assert "Photo 1: probably" not in shown
    assert "<mark" not in shown


def test_a_finding_of_an_earlier_release_is_shown_without_a_frame(editor, mismatch):
    mismatch.value.pop("counterfactual")
    mismatch.save()
    Evidence.objects.update(left=None, top=None, right=None, bottom=None, seen_image="")
    shown = editor()
    assert "Red wool <mark" in shown
    assert "frame__line" not in shown


def test_what_the_seller_made_of_a_finding_is_kept_when_the_same_is_found_again(
    mismatch, analysis, photographed
):
    Suggestion.objects.update(state=Suggestion.State.REJECTED)
    again = Analysis.objects.create(
        listing=photographed, content_hash=analysis.content_hash, input_hash="again"
    )
    first, second = photographed.photos.all()
    value = dict(mismatch.value)
    value["photo_scores"] = {first.pk: 0.97, second.pk: 0.1}  # keys as the pipeline has them
    finding = Finding(Suggestion.Kind.MISMATCH, mismatch.label, value, 0.97)
    pipeline.replace_suggestions(again, Suggestion.Kind.MISMATCH, [finding])
    assert again.suggestions.get().state == Suggestion.State.REJECTED


@pytest.mark.parametrize(
    "edges",
    [
        {"left": 0.1},
        {"left": 0.1, "top": 0.1, "right": 0.1, "bottom": 0.5},
        {"left": 0.1, "top": 0.1, "right": 1.2, "bottom": 0.5},
    ],
)
def test_the_database_refuses_a_region_that_is_none(mismatch, edges):
    with pytest.raises(IntegrityError, match="evidence_region_whole"), transaction.atomic():
        Evidence.objects.create(suggestion=mismatch, kind="photo", **edges)


@pytest.mark.parametrize(
    ("region", "words"),
    [
        ((0.0, 0.0, 0.2, 0.2), "the top left of the photo"),
        ((0.4, 0.7, 0.6, 1.0), "the bottom of the photo"),
        ((0.7, 0.4, 0.9, 0.6), "the right of the photo"),
        ((0.3, 0.3, 0.7, 0.7), "the middle of the photo"),
        ((0.05, 0.02, 0.98, 0.95), "almost the whole photo"),
    ],
)
def test_a_place_is_said_in_words(region, words):
    assert wording.place_in_words(*region) == words


def test_a_counterfactual_is_said_with_all_its_words():
    said = wording.counterfactual_sentence(["red", "mug"], "match")
    assert said == "Without “red” and “mug” the warning clears."
    assert "no longer a clear contradiction" in wording.counterfactual_sentence(["red"], "unsure")


def test_what_is_read_in_a_photo_is_shown_and_framed(editor, mismatch, photographed):
    first, second = photographed.photos.all()
    edges = {"left": 0.25, "top": 0.5, "right": 0.75, "bottom": 0.6}
    for photo, text, weight in ((first, "ACME", 0.9), (second, "WOOL", -0.8)):
        Evidence.objects.create(
            suggestion=mismatch,
            kind=Evidence.Kind.READ,
            field="title",
            start=4,
            end=8,
            text=text,
            photo=photo,
            seen_image=photo.image_id,
            weight=weight,
            **edges,
        )
    shown = editor()
    assert "Photo 1 reads “ACME”, the title says otherwise." in shown
    assert "Photo 2 reads “WOOL”, as the title says." in shown
    assert shown.count('<rect class="frame__line" x="100" y="150" width="200" height="30"') == 2
    # The frame among the photos stays that of what was compared.
    assert shown.count('<rect class="frame__line" x="40" y="15"') == 2


@pytest.mark.skipif(
    find_spec("rapidocr") is None,
    reason="rapidocr is not here: pip install 'listing-assistant[ocr]'",
)
def test_another_brand_on_the_thing_makes_the_assistant_unsure(
    alice, vocabulary, settings, tmp_path
):
    settings.OCR = "rapidocr"
    inference._reader.cache_clear()
    photo = Image.new("RGB", (900, 600), (245, 243, 240))
    pen = ImageDraw.Draw(photo)
    pen.rectangle((200, 100, 800, 500), fill=(180, 30, 40))
    pen.text((300, 260), "VOLTERA", font=ImageFont.load_default(72), fill="white")
    photo.save(tmp_path / "photo.png")
    draft = listings.create_draft(seller=alice, title="Red Acme dress")
    with (tmp_path / "photo.png").open("rb") as file:
        listings.add_photo(listing=draft, user=alice, file=file, name="photo.png")
    Attribute.objects.get(name="Brand").values.create(source_id="Voltera", value="Voltera")
    inference._brands.cache_clear()
    found = services.start_analysis(listing=draft)
    pipeline.run(found.pk)
    told = found.suggestions.get(kind=Suggestion.Kind.MISMATCH)
    assert "Photo 1 reads “VOLTERA”, but the title says “Acme”." in told.label
    assert told.value["verdict"] in ("unsure", "mismatch")
    read = told.evidence.get(kind=Evidence.Kind.READ)
    assert (read.start, read.end, read.weight > 0) == (4, 8, True)
    assert 0.25 < read.region.left < read.region.right < 0.85
    inference._reader.cache_clear()


def test_reading_without_its_library_is_named_before_anything_starts(settings):
    assert checks.reader_is_installed(None) == []
    settings.OCR = "rapidocr"
    problems = [problem.msg for problem in checks.reader_is_installed(None)]
    missing = ["OCR=rapidocr, but rapidocr is not installed"]
    assert problems == ([] if find_spec("rapidocr") else missing)


def test_nothing_is_read_where_reading_is_off(photographed):
    assert inference.read_photos(photographed.photos.all(), "Acme dress") == {}
