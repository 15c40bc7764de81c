"""Real photos, real models: verdicts on true and swapped pairs, and what a broken model costs."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest

from benchmarks.verdicts import chosen, judge
from listing_assistant.assistant import details, pipeline, services
from listing_assistant.assistant.models import Analysis, Step, Suggestion
from listing_assistant.assistant.steps import Look
from ml.artefacts import WEIGHTS_DIR
from ml.records import read_catalogue
from ml.taclr.predict import Identified

pytestmark = pytest.mark.django_db

PAIRS = 20
MOST_ARE_DECIDED = 28  # of 40; the others are "not sure"
RIGHT_OF_DECIDED = 34 / 40


def test_true_and_swapped_pairs_are_told_apart(shared_data, vocabulary, alice):
    judged = list(judge(chosen(read_catalogue(shared_data), PAIRS), alice))
    outcomes = Counter(one.outcome for one in judged)
    decided = outcomes["right"] + outcomes["wrong"]
    assert decided >= MOST_ARE_DECIDED, outcomes
    assert outcomes["right"] >= RIGHT_OF_DECIDED * decided, outcomes


def test_every_step_answers_for_a_photo_and_a_title(photographed, vocabulary):
    analysis = services.start_analysis(listing=photographed)
    pipeline.run(analysis.pk)
    analysis.refresh_from_db()
    assert (analysis.status, analysis.notes) == (Analysis.Status.DONE, {})
    assert analysis.steps_done == list(Step)
    kinds = set(analysis.suggestions.values_list("kind", flat=True))
    # A title that is as good as it can be is left alone.
    assert kinds == set(Suggestion.Kind) - {Suggestion.Kind.TITLE}
    category = analysis.suggestions.filter(kind=Suggestion.Kind.CATEGORY).first()
    assert category.label == "Fashion > Women > Dresses"
    colour = analysis.suggestions.get(kind=Suggestion.Kind.ATTRIBUTE, label__startswith="Colour")
    assert colour.value["text"] == "Red"
    span = colour.evidence.get()
    assert photographed.title[span.start : span.end] == "Red"
    assert colour.about["stated"] is True
    brand = analysis.suggestions.get(kind=Suggestion.Kind.QUESTION)
    assert brand.label == "The title does not say the brand, and the photos do not show it clearly."
    assert brand.about["likely"] == ["Acme"]


def test_a_detail_that_photos_show_has_every_photo_as_evidence_and_a_region_in_some(
    photographed, analysis
):
    """An ellipse on plain ground: that it is there is what makes the vector."""
    seen = Identified("Pattern", "Plain", 0.8, stated=False, source="photo")
    clues = details.clues_of(Look(analysis), seen)
    assert [clue.photo_id for clue in clues] == [photo.pk for photo in photographed.photos.all()]
    regions = [clue.region for clue in clues if clue.region]
    assert regions
    assert all(0 <= r.left < r.right <= 1 and 0 <= r.top < r.bottom <= 1 for r in regions)


@pytest.mark.parametrize(
    ("artefact", "lost"),
    [
        ("description", {Step.DESCRIPTION}),
        ("taclr", {Step.ATTRIBUTES}),
        ("category", set()),  # frozen sentences, words and photos go on without it
        ("mismatch", {Step.ENCODE, Step.MISMATCH}),
    ],
)
def test_a_corrupt_model_costs_its_own_step_only(
    photographed, vocabulary, settings, tmp_path, artefact, lost
):
    settings.ARTEFACTS_DIR = tmp_path
    shutil.copytree(WEIGHTS_DIR / artefact, tmp_path / artefact)
    weights = tmp_path / artefact / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    analysis = services.start_analysis(listing=photographed)
    pipeline.run(analysis.pk)
    analysis.refresh_from_db()
    assert analysis.status == Analysis.Status.DONE
    assert set(analysis.notes) == lost
    assert all("checksum" in note for note in analysis.notes.values())
