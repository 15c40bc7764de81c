from __future__ import annotations

import pytest

from listing_assistant.catalogue.services import load_starter_taxonomy


@pytest.fixture
def starter(db):
    load_starter_taxonomy()
