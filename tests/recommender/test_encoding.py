"""Listings through real encoders: a small tower with random weights, the bundled text encoder."""

import io
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.files.storage import default_storage
from PIL import Image
from structlog.testing import capture_logs

from listing_assistant.listings import services as listings
from listing_assistant.listings.models import Listing, State
from ml.artefacts import save_artefact
from ml.encoders.image import TowerConfig, TowerPixels, build_tower, load_tower, save_tower
from ml.encoders.registry import load_text_encoder
from ml.mismatch import model as mismatch_model
from ml.mismatch.model import MismatchConfig, MismatchHeads
from ml.two_tower import model as two_tower_model
from ml.two_tower.model import ItemTower, TwoTowerConfig
from recommender import inference, refreshing, services
from recommender.inference import current_release, encode_listing, encode_listings, neighbours
from recommender.models import ItemEmbedding, PhotoEmbedding
from recommender.selectors import serving_release
from recommender.vectors import unpack
from tests.workers import own_database

from .conftest import eventually

pytestmark = pytest.mark.django_db
SHARED_DIM, IMAGE_DIM, ITEM_DIM = 16, 1024, 24


@pytest.fixture(scope="session")
def text_encoder():
    return load_text_encoder("bundled")


def save_models(folder: Path, text_encoder, *, seed: int) -> None:
    torch.manual_seed(seed)
    config = TowerConfig("mobilenetv3_small_050", embed_dim=IMAGE_DIM, image_size=32)
    kept = {"metrics": {}, "card": "random weights, made by a test"}
    save_tower(folder / "image_tower", TowerPixels(build_tower(config), config), extra={}, **kept)
    mismatch = MismatchConfig(
        image_dim=IMAGE_DIM,
        text_dim=text_encoder.dim,
        image_release=load_tower(folder / "image_tower").release,
        text_release=text_encoder.release,
        shared_dim=SHARED_DIM,
        hidden_dim=4,
    )
    tensors = {name: row.numpy() for name, row in MismatchHeads(mismatch).state_dict().items()}
    anchors = np.eye(SHARED_DIM, dtype=np.float32)
    tensors |= {"anchors.photo": anchors, "anchors.title": anchors}
    save_artefact(
        folder / "mismatch",
        kind=mismatch_model.KIND,
        format_version=mismatch_model.FORMAT_VERSION,
        config=asdict(mismatch),
        tensors=tensors,
        **kept,
    )


@pytest.fixture
def models(settings, tmp_path, text_encoder):
    """Puts models made from a seed in service."""
    settings.ARTEFACTS_DIR = tmp_path / "artefacts"

    def use(seed: int) -> str:
        save_models(settings.ARTEFACTS_DIR, text_encoder, seed=seed)
        return current_release()

    use(1)
    return use


@pytest.fixture
def draw(make_listing):
    """A draft with photos of one colour each."""

    def make(title: str, *colours: str, **fields) -> Listing:
        listing = make_listing(title, **({"state": State.DRAFT, "condition": "good"} | fields))
        for colour in colours:
            file = io.BytesIO()
            Image.new("RGB", (96, 80), colour).save(file, "PNG")
            file.seek(0)
            listings.add_photo(
                listing=listing, user=listing.seller, file=file, name=f"{colour}.png"
            )
        return listing

    return make


def test_every_vector_has_unit_length(models, draw):
    encoded = encode_listing(draw("Red and blue mugs", "red", "blue"))
    assert encoded.photo_vectors.shape == (2, SHARED_DIM)
    assert encoded.title_vector.shape == encoded.item_vector.shape == (SHARED_DIM,)
    rows = [*encoded.photo_vectors, encoded.title_vector, encoded.item_vector]
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-3)


def test_photos_come_in_the_sellers_order(models, draw):
    listing = draw("Mugs", "red", "blue")
    red, blue = encode_listing(listing).photo_vectors
    first, second = listing.photos.all()
    listings.reorder_photos(listing=listing, user=listing.seller, photo_ids=[second.pk, first.pk])
    turned = encode_listing(listing)
    assert turned.photo_ids == (second.pk, first.pk)
    assert np.array_equal(turned.photo_vectors, [blue, red])


def test_an_image_is_encoded_once_whoever_uses_it(models, draw, bob):
    first = encode_listing(draw("Mug", "red"))
    row = PhotoEmbedding.objects.get()
    second = encode_listing(draw("Another mug", "red", seller=bob))
    assert PhotoEmbedding.objects.get().pk == row.pk
    assert np.array_equal(first.photo_vectors, second.photo_vectors)


def test_many_at_once_equal_one_by_one(models, draw):
    drafts = [draw("Red mug", "red"), draw("No photo"), draw("Two", "green", "blue")]
    together = encode_listings(drafts)
    PhotoEmbedding.objects.all().delete()
    for listing, encoded in zip(drafts, together, strict=True):
        alone = encode_listing(listing)
        assert alone.photo_ids == encoded.photo_ids
        assert np.allclose(alone.item_vector, encoded.item_vector, atol=2e-3)


def test_a_listing_without_photos_is_known_by_its_title(models, draw):
    encoded = encode_listing(draw("Blue mug"))
    assert encoded.photo_vectors.shape == (0, SHARED_DIM)
    assert np.allclose(encoded.item_vector, encoded.title_vector, atol=1e-6)


def test_an_unreadable_photo_is_named_and_left_out(models, draw):
    listing = draw("Mugs", "red", "blue")
    lost, kept = listing.photos.all()
    default_storage.delete(lost.image.file_name("small"))
    with capture_logs() as logs:
        assert encode_listing(listing).photo_ids == (kept.pk,)
    assert [line["file"] for line in logs if line["event"] == "photo_unreadable"] == [
        lost.image.file_name("small")
    ]


def test_a_corrupt_cached_vector_is_made_again(models, draw):
    listing = draw("Mug", "red")
    before = encode_listing(listing)
    PhotoEmbedding.objects.update(vector=b"\x00\x01")
    assert np.array_equal(encode_listing(listing).photo_vectors, before.photo_vectors)
    assert len(PhotoEmbedding.objects.get().vector) == 2 * IMAGE_DIM


def test_a_new_release_encodes_anew_beside_the_old(models, draw):
    listing = draw("Mug", "red")
    old = encode_listing(listing)
    release = models(2)
    new = encode_listing(listing)
    assert new.release == release != old.release
    assert not np.allclose(new.photo_vectors, old.photo_vectors, atol=1e-2)
    assert PhotoEmbedding.objects.count() == 2


def test_a_published_listing_is_embedded_and_found(models, draw):
    listing = draw("Blue mug", "blue", state=State.LIVE)
    vector = encode_listing(listing).item_vector
    assert services.embed_item(listing_id=listing.pk)
    assert eventually(lambda: [pk for pk, _ in neighbours(vector, k=1)] == [listing.pk])
    stored = ItemEmbedding.objects.get()
    assert np.allclose(unpack(stored.vector), vector, atol=1e-3)


def test_the_same_content_is_not_embedded_twice(models, draw):
    listing = draw("Blue mug", "blue", state=State.LIVE)
    assert services.embed_item(listing_id=listing.pk)
    revision = ItemEmbedding.objects.get().revision
    assert not services.embed_item(listing_id=listing.pk)
    assert ItemEmbedding.objects.get().revision == revision


def test_the_sweep_embeds_what_is_live_and_missing(models, draw):
    live = [draw(f"Mug {n}", "red", state=State.LIVE) for n in range(3)]
    draw("A draft", "blue")
    assert services.embed_missing(limit=2) == 2
    assert services.embed_missing(limit=2) == 1
    assert services.embed_missing(limit=2) == 0
    found = ItemEmbedding.objects.filter(is_live=True).values_list("listing_id", flat=True)
    assert set(found) == {listing.pk for listing in live}


def test_the_sweep_brings_everything_to_a_new_release(models, draw):
    listing = draw("Mug", "red", state=State.LIVE)
    services.embed_missing(limit=5)
    release = models(2)
    assert services.embed_missing(limit=5) == 1
    assert services.embed_missing(limit=5) == 0
    assert ItemEmbedding.objects.filter(listing=listing, release=release, is_live=True).exists()
    assert serving_release() == release


def test_a_paused_refresh_embeds_only_what_is_new(models, draw):
    draw("Old mug", state=State.LIVE)
    services.embed_missing(limit=5)
    release = models(2)
    refreshing.follow(release)
    refreshing.pause(release=release)
    published = draw("New mug", state=State.LIVE)
    assert services.embed_missing(limit=5) == 1
    assert ItemEmbedding.objects.get(release=release).listing == published
    assert services.embed_missing(limit=5) == 0
    assert serving_release() != release
    refreshing.resume(release=release)
    assert services.embed_missing(limit=5) == 1
    assert services.embed_missing(limit=5) == 0
    assert serving_release() == release


@pytest.mark.worker
@pytest.mark.django_db(transaction=True)
def test_a_refresh_that_was_killed_goes_on_where_it_was(models, draw):
    for number in range(100):
        draw(f"Mug {number}", state=State.LIVE)
    while services.embed_missing(limit=50):
        pass
    old, new = serving_release(), models(2)
    made = ItemEmbedding.objects.filter(release=new)
    command = [sys.executable, "manage.py", "refresh_embeddings"]
    process = subprocess.Popen(command, env=own_database(), stderr=subprocess.DEVNULL)
    assert eventually(made.exists, seconds=60)
    process.kill()
    process.wait()
    before = dict(made.values_list("listing_id", "revision"))
    assert 0 < len(before) < 100 and serving_release() == old
    while services.embed_missing(limit=50):
        pass
    assert serving_release() == new and made.count() == 100
    assert before.items() <= dict(made.values_list("listing_id", "revision")).items()


@pytest.fixture
def two_tower(models, settings, text_encoder):
    """Puts a tower made from a seed in service, for the encoders of `models` or for others."""

    def use(seed: int, **changed: object) -> Path:
        torch.manual_seed(seed)
        config = TwoTowerConfig(
            image_dim=IMAGE_DIM,
            text_dim=text_encoder.dim,
            image_release=load_tower(settings.ARTEFACTS_DIR / "image_tower").release,
            text_release=text_encoder.release,
            dim=ITEM_DIM,
            hidden_dim=8,
        )
        tensors = {name: row.numpy() for name, row in ItemTower(config).state_dict().items()}
        artefact = save_artefact(
            settings.ARTEFACTS_DIR / "two_tower",
            kind=two_tower_model.KIND,
            format_version=two_tower_model.FORMAT_VERSION,
            config=asdict(config) | changed,
            tensors=tensors,
            metrics={},
            card="random weights, made by a test",
        )
        return artefact.folder

    return use


def test_a_fitting_tower_makes_the_item_s_vector_and_leaves_the_others(two_tower, draw):
    listing = draw("Red mug", "red", "blue")
    before = encode_listing(listing)
    two_tower(1)
    after = encode_listing(listing)
    assert before.item_vector.shape == (SHARED_DIM,) and after.item_vector.shape == (ITEM_DIM,)
    assert np.linalg.norm(after.item_vector) == pytest.approx(1, abs=1e-4)
    assert np.allclose(after.photo_vectors, before.photo_vectors, atol=1e-5)
    assert np.allclose(after.title_vector, before.title_vector, atol=1e-5)
    assert after.release != before.release


def test_one_encoding_of_a_photo_serves_both_models(two_tower, draw):
    two_tower(1)
    listing = draw("Red mug", "red")
    first = encode_listing(listing)
    assert len(PhotoEmbedding.objects.get().vector) == 2 * IMAGE_DIM
    again = encode_listing(listing)
    assert np.array_equal(again.item_vector, first.item_vector)
    assert np.array_equal(again.photo_vectors, first.photo_vectors)


def test_a_listing_without_photos_has_an_item_vector_too(two_tower, draw):
    two_tower(1)
    bare, blank = encode_listing(draw("Red mug")), encode_listing(draw("Red mug", "red"))
    assert np.linalg.norm(bare.item_vector) == pytest.approx(1, abs=1e-4)
    assert not np.allclose(bare.item_vector, blank.item_vector, atol=1e-3)


def test_another_tower_is_another_release(two_tower):
    two_tower(1)
    first = current_release()
    two_tower(2)
    second = current_release()
    two_tower(1)
    assert current_release() == first != second


def test_a_tower_for_other_encoders_is_named_in_the_log_and_not_used(two_tower, draw):
    two_tower(1, image_release="of-another")
    with capture_logs() as logs:
        encoded = encode_listing(draw("Red mug", "red"))
    assert encoded.item_vector.shape == (SHARED_DIM,)
    (reason,) = [line["reason"] for line in logs if line["event"] == "two_tower_unused"]
    assert "was trained on image encoder of-another" in reason


def test_a_damaged_tower_costs_no_more_than_itself(two_tower, draw):
    folder = two_tower(1)
    whole = current_release()
    (folder / "config.json").write_text("{}")
    assert inference.release_in_service() not in (None, whole)
    with capture_logs() as logs:
        assert encode_listing(draw("Red mug", "red")).item_vector.shape == (SHARED_DIM,)
    (reason,) = [line["reason"] for line in logs if line["event"] == "two_tower_unused"]
    assert "config.json does not match its checksum" in reason
