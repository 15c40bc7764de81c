"""The engine that the settings ask for, its release, and its budget in the cache that all share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.core.cache import cache

if TYPE_CHECKING:
    from ml.description.generators.base import Generator

log = structlog.get_logger(__name__)


class CacheLedger:
    """Counts and claims of all processes together; what nobody gives back ends by itself."""

    def add(self, name: str, amount: int, seconds: int) -> int:
        key = self._key(name)
        cache.add(key, 0, seconds)
        try:
            return int(cache.incr(key, amount))
        except ValueError:  # it ended in between
            cache.add(key, 0, seconds)
            return int(cache.incr(key, amount))

    def claim(self, name: str, seconds: int) -> bool:
        return bool(cache.add(self._key(name), 1, seconds))

    def release(self, name: str) -> None:
        cache.delete(self._key(name))

    def _key(self, name: str) -> str:
        return f"description:{settings.DESCRIPTION_ENGINE}:{name}"


def load_engine(folder: Path) -> Generator | None:
    """None for the realiser, whose artefact is `folder`.

    One that cannot be loaded is logged, and says so with every draft that the realiser writes
    in its place.
    """
    if settings.DESCRIPTION_ENGINE == "realiser":
        return None
    from ml.description.generators import registry
    from ml.description.generators.base import GeneratorError

    options = registry.EngineOptions(
        settings.DESCRIPTION_ENGINE,
        folder,
        model=settings.DESCRIPTION_MODEL,
        lora=_lora(),
        device=settings.DESCRIPTION_DEVICE,
        dtype=settings.DESCRIPTION_DTYPE,
        url=settings.DESCRIPTION_URL,
        api_key=settings.DESCRIPTION_API_KEY,
        most_photos=settings.DESCRIPTION_PHOTOS,
        connect_s=settings.DESCRIPTION_CONNECT_SECONDS,
        stall_s=settings.DESCRIPTION_STALL_SECONDS,
        total_s=settings.DESCRIPTION_TOTAL_SECONDS,
        tokens_a_day=settings.DESCRIPTION_TOKENS_A_DAY,
        in_flight=settings.DESCRIPTION_IN_FLIGHT,
    )
    try:
        return registry.load_engine(options, CacheLedger())
    except GeneratorError as error:
        log.error("description_engine_not_used", engine=options.engine, reason=error.reason)
        return registry.Unavailable(options.engine, error.reason)


def engine_release() -> tuple[str, ...]:
    """What drafts depend on beside the realiser, known without loading anything."""
    if settings.DESCRIPTION_ENGINE == "realiser":
        return ()
    where = settings.DESCRIPTION_URL if settings.DESCRIPTION_ENGINE == "endpoint" else ""
    lora = _lora()
    made = [settings.DESCRIPTION_ENGINE, settings.DESCRIPTION_MODEL, where]
    return (" ".join(filter(None, [*made, _checksum(lora) if lora else ""])),)


def _lora() -> Path | None:
    return Path(settings.DESCRIPTION_LORA) if settings.DESCRIPTION_LORA else None


def _checksum(lora: Path) -> str:
    from ml.artefacts import ArtefactError, verify_checksums

    try:
        return verify_checksums(lora)
    except ArtefactError as error:  # peft's own folders have no checksums
        return f"{lora.name}: {error.reason}"
