"""manage.py train_description: listings and published texts become weights that serve."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from listing_assistant.assistant.accepted_texts import accepted_texts
from listing_assistant.assistant.models import DraftOutcome
from listing_assistant.catalogue.models import Attribute
from listing_assistant.listings.models import Listing, State
from ml.description.generators.multimodal import MultimodalConfig, load_multimodal
from ml.description.request import DraftRequest
from ml.description.tuning.instructions import read_listings
from tests.ml.description.listings_file import write_listings
from tests.ml.description.tiny_vlm import make_tiny_vlm

Decision = DraftOutcome.Decision


@pytest.fixture
def published(photographed, vocabulary) -> Listing:
    """Alice's dress, whose draft she edited and published."""
    draft = photographed
    draft.title, draft.description = "Red dress", "A red dress. Worn once."
    draft.condition, draft.state = "like_new", State.LIVE
    draft.published_at = timezone.now()
    draft.save()
    draft.attribute_rows.create(attribute=Attribute.objects.get(name="Colour"), text="Red")
    DraftOutcome.objects.create(
        listing=draft,
        offered_at=timezone.now(),
        language="en",
        decision=Decision.EDITED,
        published_at=timezone.now(),
    )
    return draft


def exported(folder: Path, language: str = "en") -> list[dict]:
    return list(accepted_texts(language, folder))


def test_a_published_text_is_exported_with_its_facts_and_main_photo(published, tmp_path):
    (row,) = exported(tmp_path)
    assert row["id"] == str(published.public_id)
    assert row["attributes"] == {"Colour": "Red", "Condition": "like_new"}
    assert row["description"] == "A red dress. Worn once."
    assert [(tmp_path / name).is_file() for name in row["photos"]] == [True]
    assert "alice" not in json.dumps(row).lower()


def test_what_is_exported_is_read_as_listings(published, tmp_path):
    path = tmp_path / "listings.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in exported(tmp_path)))
    (item,) = read_listings(path)
    assert item.title == "Red dress" and item.photos[0].is_file()


@pytest.mark.parametrize(
    "change",
    [
        {"state": State.HELD},
        {"state": State.REMOVED},
        {"state": State.DRAFT},
        {"state_reason": "Not as described"},
        {"description": ""},
    ],
)
def test_what_buyers_may_not_see_is_not_learnt_from(published, tmp_path, change):
    Listing.objects.filter(pk=published.pk).update(**change)
    assert exported(tmp_path) == []


@pytest.mark.parametrize(
    "change",
    [{"decision": Decision.REJECTED}, {"decision": Decision.OPEN}, {"published_at": None},
     {"language": "de"}],
)  # fmt: skip
def test_a_text_without_a_draft_taken_over_is_not_learnt_from(published, tmp_path, change):
    DraftOutcome.objects.update(**change)
    assert exported(tmp_path) == []


def test_a_lost_photo_costs_only_itself(published, tmp_path, settings):
    for file in Path(settings.MEDIA_ROOT).rglob("*.webp"):
        file.unlink()
    (row,) = exported(tmp_path)
    assert row["photos"] == []


@pytest.mark.django_db
def test_nothing_to_learn_from_is_said_before_the_run(tmp_path):
    with pytest.raises(CommandError, match="--from-marketplace"):
        call_command("train_description", "--model", "any", "--out", str(tmp_path / "lora"))


def test_the_command_trains_on_files_and_on_the_marketplace(published, tmp_path):
    listings = write_listings(tmp_path / "listings", (0, 10))
    sample = DraftRequest(next(iter(_facts_of(listings))))
    model, out, said = (
        make_tiny_vlm(tmp_path / "vlm", sample, size=1200),
        tmp_path / "lora",
        StringIO(),
    )
    call_command(
        "train_description", "--model", str(model), "--data", str(listings), "--from-marketplace",
        "--out", str(out), "--epochs", "1", "--learning-rate", "0.03", "--samples", "1",
        "--most-valid", "1", "--targets", "q_proj", "v_proj", stdout=said,
    )  # fmt: skip
    assert f"DESCRIPTION_LORA={out}" in said.getvalue() and "valid_loss" in said.getvalue()
    assert "listings.jsonl, listings.jsonl" in (out / "card.md").read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"listings", "lora", "media", "vlm"}
    assert load_multimodal(MultimodalConfig(str(model), out)).release.count("+") == 1


def _facts_of(path: Path):
    from ml.description.tuning.instructions import facts_of

    return (facts_of(item) for item in read_listings(path))
