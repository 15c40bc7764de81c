"""`manage.py check --deploy --database default`: what a deployment has wrong, by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import redis
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection


@register(deploy=True)
def media_is_writable(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.MEDIA_BUCKET:
        return []
    settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
    if os.access(settings.MEDIA_ROOT, os.W_OK):
        return []
    return [Error(f"{settings.MEDIA_ROOT} is not writable", hint="Set MEDIA_ROOT", id="site.E001")]


@register(Tags.database)
def redis_answers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2).ping()
    except redis.RedisError as error:
        return [Error(f"Redis does not answer: {error}", hint="Set REDIS_URL", id="site.E002")]
    return []


@register(Tags.database)
def pgvector_is_available(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    if settings.VECTOR_INDEX != "pgvector":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')")
        if cursor.fetchone()[0]:
            return []
    hint = "Install pgvector 0.8 or newer on its server, or set VECTOR_INDEX=faiss"
    return [Error("VECTOR_INDEX=pgvector, but the database lacks it", hint=hint, id="site.E005")]


@register(deploy=True)
def artefacts_are_readable(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A broken model degrades one suggestion, so this is a warning."""
    from ml.artefacts import WEIGHTS_DIR, ArtefactError, verify_checksums

    warnings: list[CheckMessage] = []
    for folder in sorted(path for path in WEIGHTS_DIR.iterdir() if path.is_dir()):
        try:
            verify_checksums(folder)
        except ArtefactError as error:
            warnings.append(Warning(str(error), hint="Restore the folder", id="site.W003"))
    return warnings


@register()
def reader_is_installed(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    if settings.OCR == "off" or find_spec("rapidocr"):
        return []
    hint = "pip install 'listing-assistant[ocr]', or set OCR=off"
    return [Error(f"OCR={settings.OCR}, but rapidocr is not installed", hint=hint, id="site.E004")]


@register()
def lora_is_there(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Drafts would go on without it, and without the model: a warning."""
    folder = settings.DESCRIPTION_LORA
    if not folder or (Path(folder) / "adapter_config.json").is_file():
        return []
    hint = "Name a folder that manage.py train_description wrote, on every machine with workers"
    said = f"DESCRIPTION_LORA={folder} holds no adapter_config.json"
    return [Warning(said, hint=hint, id="site.W006")]
