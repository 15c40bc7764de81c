from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from listing_assistant.accounts.models import User


class Phone:
    """A mobile app that is signed in: JSON in, JSON out, no cookies."""

    def __init__(self, token: str | None = None) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"X-Session-Token": token} if token else {}

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> HttpResponse:
        extra = {} if body is None else {"data": json.dumps(body)}
        return self.client.generic(
            method,
            f"/api/v1{path}",
            content_type="application/json",
            headers=self.headers | (headers or {}),
            **extra,
        )

    def get(self, path: str) -> HttpResponse:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> HttpResponse:
        return self.call("POST", path, body)

    def upload(self, path: str, content: bytes, name: str = "photo.png") -> HttpResponse:
        file = SimpleUploadedFile(name, content, "application/octet-stream")
        return self.client.post(f"/api/v1{path}", {"file": file}, headers=self.headers)


@pytest.fixture
def stranger() -> Phone:
    return Phone()


@pytest.fixture
def phone(alice: User) -> Phone:
    """Alice's."""
    return signed_in("alice@example.org", "pass-alice")


@pytest.fixture
def bobs_phone(bob: User) -> Phone:
    return signed_in("bob@example.org", "pass-bob")


def signed_in(email: str, password: str) -> Phone:
    answer = Phone().post("/tokens", {"email": email, "password": password})
    return Phone(answer.json()["token"])
