"""Liveness and readiness, for supervisors and load balancers."""

from __future__ import annotations

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Database and broker answer too: 200, or 503 with the name of what does not."""
    checks = {"database": _database_answers, "redis": _redis_answers}
    results = {name: _reason(check) for name, check in checks.items()}
    ready = not any(results.values())
    body = {"status": "ok" if ready else "unavailable"}
    body |= {name: reason or "ok" for name, reason in results.items()}
    return JsonResponse(body, status=200 if ready else 503)


def _reason(check: Callable[[], None]) -> str:
    try:
        check()
    except (DatabaseError, redis.RedisError) as error:
        return type(error).__name__
    return ""


def _database_answers() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _redis_answers() -> None:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2)
    try:
        client.ping()
    finally:
        client.close()
