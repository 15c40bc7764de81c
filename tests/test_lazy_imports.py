"""The web process serves without model libraries: they would cost it a gigabyte and seconds."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.urls import reverse

from listing_assistant.listings.models import Listing
from ml.artefacts import save_artefact
from recommender.inference import current_release
from recommender.models import ItemEmbedding
from recommender.vectors import pack

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "transformers", "open_clip", "timm", "lightgbm", "sklearn")

SERVE = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "listing_assistant.settings"
from listing_assistant.wsgi import application
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.ALLOWED_HOSTS = ["*"]
from django.test import Client
statuses = {path: Client().get(path).status_code for path in sys.argv[2:]}
print(json.dumps({"statuses": statuses, "modules": sorted(sys.modules)}))
"""


@pytest.fixture
def listing(transactional_db, settings, tmp_path, alice) -> Listing:
    """For sale, with a vector of the release in service, so that its strip asks the index."""
    settings.ARTEFACTS_DIR = tmp_path
    for kind in ("mismatch", "image_tower"):
        empty: dict[str, Any] = {"config": {}, "tensors": {}, "metrics": {}, "card": ""}
        save_artefact(tmp_path / kind, kind=kind, format_version=1, **empty)
    listing = Listing.objects.create(seller=alice, title="Mug", price=5, state="live")
    vector = pack(np.array([1, 0], dtype=np.float32))
    ItemEmbedding.objects.create(
        listing=listing, release=current_release(), vector=vector, is_live=True, revision=1
    )
    return listing


def test_pages_are_served_without_model_libraries(listing, settings):
    paths = [
        reverse("home"),
        reverse("search") + "?q=mug",
        listing.get_absolute_url(),
        reverse("similar_strip", args=[listing.public_id]),
        reverse("new_listing"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", SERVE, connection.settings_dict["NAME"], *paths],
        cwd=ROOT,
        env=os.environ | {"ARTEFACTS_DIR": str(settings.ARTEFACTS_DIR)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert all(status in (200, 302) for status in report["statuses"].values()), report["statuses"]
    assert "faiss" in report["modules"], "the strip did not ask the index"
    assert set(HEAVY) & set(report["modules"]) == set()
