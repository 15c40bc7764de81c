from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


def test_from_draft_to_live_over_the_api(phone, stranger, shoes, colour, photo_of):
    draft = phone.post("/listings", {"title": "Running shoes"}).json()
    path = f"/listings/{draft['id']}"
    assert draft["state"] == "draft"
    assert phone.upload(f"{path}/photos", photo_of("red").read()).status_code == 201
    changes = {"category": shoes.pk, "condition": "good", "price": "25.00", "currency": "USD"}
    assert phone.call("PATCH", path, changes).status_code == 200
    stated = phone.call("PUT", f"{path}/attributes/{colour.pk}", {"text": ["gray"]}).json()
    assert stated["attributes"] == {"Colour": ["Grey"]}
    assert phone.get(f"{path}/readiness").json() == {"ready": True, "blocking": [], "warnings": []}
    live = phone.post(f"{path}/publish").json()
    assert (live["state"], live["price"], live["currency"]) == ("live", "25.00", "USD")
    seen = stranger.get(path).json()
    assert seen["title"] == "Running shoes"
    assert set(seen["photos"][0]["urls"]) == {"full", "large", "small"}


def test_a_draft_is_found_by_its_seller_only(phone, bobs_phone, stranger):
    path = f"/listings/{phone.post('/listings', {'title': 'Lamp'}).json()['id']}"
    assert phone.get(path).status_code == 200
    assert bobs_phone.get(path).status_code == 404
    assert stranger.get(path).status_code == 404
    assert bobs_phone.call("PATCH", path, {"title": "Mine"}).status_code == 404
    assert bobs_phone.post(f"{path}/publish").status_code == 404


def test_publishing_too_early_names_every_field_that_is_missing(phone):
    path = f"/listings/{phone.post('/listings', {}).json()['id']}"
    answer = phone.post(f"{path}/publish")
    assert answer.status_code == 422
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert {"/photos", "/title", "/category", "/condition", "/price"} <= pointers
    assert phone.get(path).json()["state"] == "draft"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"price": "-3"}, "/price"),
        ({"title": "x" * 200}, "/title"),
        ({"category": 999_999}, "/category"),
        ({"currency": "XXX"}, "/currency"),
        ({"condition": "mint"}, "/condition"),
        ({"quantity": 0}, "/quantity"),
    ],
)
def test_a_bad_value_is_named_and_nothing_is_saved(phone, changes, pointer):
    path = f"/listings/{phone.post('/listings', {'title': 'Lamp'}).json()['id']}"
    answer = phone.call("PATCH", path, {"description": "new"} | changes)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert phone.get(path).json()["description"] == ""


def test_an_edit_of_an_older_version_is_refused_and_says_the_newer_one(phone):
    draft = phone.post("/listings", {"title": "Lamp"}).json()
    path = f"/listings/{draft['id']}"
    phone.call("PATCH", path, {"title": "Red lamp"})
    stale = phone.call("PATCH", path, {"title": "Blue"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert stale["ETag"] == '"2"'
    fresh = phone.call("PATCH", path, {"title": "Blue"}, headers={"If-Match": '"2"'})
    assert fresh.json()["title"] == "Blue"


def test_my_listings_come_in_pages(phone, alice):
    from listing_assistant.listings import services

    for number in range(52):
        services.create_draft(seller=alice, title=f"Lamp {number}")
    first = phone.get("/listings").json()
    second = phone.get(f"/listings?after={first['next']}").json()
    titles = [item["title"] for item in first["items"] + second["items"]]
    assert titles == [f"Lamp {number}" for number in reversed(range(52))]
    assert second["next"] is None


def test_a_request_that_is_no_json_is_a_problem(phone):
    answer = phone.client.post(
        "/api/v1/listings", "{", content_type="application/json", headers=phone.headers
    )
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_similar_items_of_a_live_listing(
    stranger, live_listing, django_user_model, shoes, photo_of
):
    from listing_assistant.listings import services

    dora = django_user_model.objects.create_user("dora@example.org", "x", display_name="Dora")
    other = services.create_draft(
        seller=dora, title="Blue trainers", category=shoes, condition="new", price="30"
    )
    services.add_photo(listing=other, user=dora, file=photo_of("blue"), name="b.png")
    services.publish_listing(listing=other, user=dora)
    address = f"/listings/{live_listing.public_id}/similar"
    assert [item["title"] for item in stranger.get(address).json()["items"]] == ["Blue trainers"]
    services.mark_sold(listing=other)
    assert stranger.get(address).json()["items"] == []


def test_search_finds_live_listings(stranger, live_listing):
    found = stranger.get("/search?q=running").json()
    assert [item["id"] for item in found["items"]] == [str(live_listing.public_id)]
    assert stranger.get("/search?q=piano").json()["count"] == 0
    assert stranger.get("/search?q=a%00b").status_code == 200


def test_a_category_brings_its_attributes(stranger, shoes, colour):
    found = stranger.get("/categories?q=trainers").json()
    assert [category["path"] for category in found] == ["Fashion > Trainers"]
    detail = stranger.get(f"/categories/{shoes.pk}").json()
    assert detail["attributes"][0]["values"] == ["Grey", "Red"]
