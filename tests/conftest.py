"""What every test may use: real servers under var/test, people who mean something, real data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["tests.fixtures.market", "tests.fixtures.fitting", "tests.fixtures.streams"]
ROOT = Path(__file__).parent.parent
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright runs an event loop in the test thread


def pytest_configure(config: pytest.Config) -> None:
    """The controller of a parallel run starts the servers; its workers find them running."""
    from django.conf import settings

    # Parallel runs, workers and commands that a test starts find the servers of this process.
    os.environ["VAR_DIR"] = os.environ["TEST_VAR_DIR"] = str(settings.VAR_DIR)
    if settings.EMBEDDED_SERVERS and not hasattr(config, "workerinput"):
        config.stash[OWNED] = settings.EMBEDDED_SERVERS.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    from listing_assistant.embedded import stop

    stop(config.stash.get(OWNED, []))


OWNED = pytest.StashKey[list]()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the data beside the checkout (../shared/data) is not here")
    return folder


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path: Path) -> Iterator[None]:
    """Photos of a test go where they cannot meet another test's."""
    settings.MEDIA_ROOT = tmp_path / "media"
    yield


@pytest.fixture(autouse=True)
def own_items(settings, tmp_path: Path) -> None:
    """A table that one test builds is not what another's strips are ranked by."""
    settings.ITEMS_DIR = tmp_path / "items"


@pytest.fixture(autouse=True)
def quick_passwords(settings) -> None:
    """A good password hash is slow by design; hundreds of tests make several people each."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(django_user_model):
    """Sells."""
    return django_user_model.objects.create_user(
        "alice@example.org", "pass-alice", display_name="Alice"
    )


@pytest.fixture
def bob(django_user_model):
    """Buys, and sells things of his own."""
    return django_user_model.objects.create_user("bob@example.org", "pass-bob", display_name="Bob")


@pytest.fixture
def mona(django_user_model):
    """Moderates."""
    return django_user_model.objects.create_user(
        "mona@example.org", "pass-mona", display_name="Mona", roles=["moderator"]
    )


@pytest.fixture
def charlie(django_user_model):
    """A stranger to all of them."""
    return django_user_model.objects.create_user(
        "charlie@example.org", "pass-charlie", display_name="Charlie"
    )
