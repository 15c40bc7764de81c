"""A scratch site for benchmarks: own servers, schema and vocabulary in a temporary folder."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from listing_assistant.accounts.models import User

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def scratch_site() -> Iterator[Path]:
    """The folder of a site that is gone afterwards; Django is ready inside the block."""
    with tempfile.TemporaryDirectory(prefix="listing-assistant-benchmark-") as folder:
        # Settings read the environment when they are imported, so Django comes after this.
        for name in ("DATABASE_URL", "REDIS_URL", "MEDIA_ROOT"):
            os.environ.pop(name, None)
        os.environ |= {
            "VAR_DIR": folder,
            "OMP_NUM_THREADS": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "DJANGO_SETTINGS_MODULE": "listing_assistant.settings",
            "LOG_LEVEL": "WARNING",
        }
        sys.path.insert(0, str(ROOT))
        import django
        from django.conf import settings

        from listing_assistant import embedded

        assert settings.EMBEDDED_SERVERS, "a scratch site has its own servers"
        with embedded.running(settings.EMBEDDED_SERVERS):
            django.setup()
            _fill()
            yield Path(folder)


def _fill() -> None:
    from django.core.management import call_command

    from listing_assistant.catalogue.services import load_starter_taxonomy

    call_command("migrate", interactive=False, verbosity=0)
    load_starter_taxonomy()


def new_seller() -> User:
    from listing_assistant.accounts.models import User

    return User.objects.create_user("seller@example.org", "unused", display_name="Seller")
