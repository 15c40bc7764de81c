from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


def test_a_token_identifies_its_owner(phone):
    assert phone.get("/tokens/current").json()["email"] == "alice@example.org"


def test_a_wrong_password_is_a_problem_and_no_token(stranger, alice):
    answer = stranger.post("/tokens", {"email": "alice@example.org", "password": "guess"})
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "wrong_password"


def test_guessing_passwords_is_slowed_down(stranger, charlie):
    # The limit is kept in Redis by address and account: both are this test's own.
    stranger.client.defaults["REMOTE_ADDR"] = "203.0.113.9"
    for _ in range(12):
        answer = stranger.post("/tokens", {"email": "charlie@example.org", "password": "guess"})
    assert answer.status_code == 429
    right = stranger.post("/tokens", {"email": "charlie@example.org", "password": "pass-charlie"})
    assert right.status_code == 429


def test_without_a_token_the_answer_says_where_to_get_one(stranger):
    answer = stranger.get("/listings")
    assert answer.status_code == 401
    assert "POST /api/v1/tokens" in answer.json()["detail"]


def test_signing_out_ends_the_token(phone):
    assert phone.call("DELETE", "/tokens/current").status_code == 204
    assert phone.get("/tokens/current").status_code == 401


def test_a_forged_token_is_refused(stranger):
    stranger.headers = {"X-Session-Token": "0" * 32}
    assert stranger.get("/tokens/current").status_code == 401


def test_two_devices_sign_out_separately(phone, alice, stranger):
    second = stranger.post("/tokens", {"email": "alice@example.org", "password": "pass-alice"})
    assert second.json()["token"] != phone.headers["X-Session-Token"]
    phone.call("DELETE", "/tokens/current")
    stranger.headers = {"X-Session-Token": second.json()["token"]}
    assert stranger.get("/tokens/current").status_code == 200
