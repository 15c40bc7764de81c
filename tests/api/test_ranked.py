"""Similar items and the caller's own strips, as an app asks for them."""

from __future__ import annotations

import uuid

import pytest

from listing_assistant.listings.models import Listing, Order, State, Watch
from recommender.similar.served import read_served

from .conftest import signed_in


@pytest.fixture
def things(sell, django_user_model) -> list[Listing]:
    """Each of another seller, in one category, so that all of them fill a strip; the third is
    promoted."""

    def seller(number: int):
        return django_user_model.objects.create_user(f"seller{number}@example.org", "x")

    return [
        sell(f"Thing {n}", price=20 + n, ad_rate=6 if n == 3 else 0, seller=seller(n))
        for n in range(1, 7)
    ]


def ids(items: list[dict]) -> set[str]:
    return {item["id"] for item in items}


def test_similar_items_say_place_reason_and_sponsor(stranger, things):
    answer = stranger.get(f"/listings/{things[0].public_id}/similar").json()
    assert ids(answer["items"]) == {str(each.public_id) for each in things[1:]}
    assert [item["position"] for item in answer["items"]] == [1, 2, 3, 4, 5]
    sponsored = [item for item in answer["items"] if item["sponsored"]]
    assert ids(sponsored) == {str(things[2].public_id)}
    assert {item["reason"] for item in answer["items"]} == {"Just listed"}
    assert (answer["strip"], answer["why"]) == ("similar", None)


def test_a_strip_brings_what_its_impression_is_sent_with(stranger, things):
    answer = stranger.get(f"/listings/{things[0].public_id}/similar").json()
    told = read_served(answer["served"])
    assert told["device"] == "app"
    assert len(told["propensities"]) == len(answer["items"])
    event = {
        "id": answer["impression"],
        "kind": "impression",
        "strip": answer["strip"],
        "seed": str(things[0].public_id),
        "served": answer["served"],
        "items": [
            {name: item[name] for name in ("position", "recall_set")} | {"listing": item["id"]}
            for item in answer["items"]
        ],
    }
    sent = stranger.post("/events", {"session": "visit-of-an-app", "events": [event]})
    assert (sent.status_code, sent.json()["taken"]) == (202, 1)


def test_staff_are_told_how_it_came_about(things, django_user_model):
    django_user_model.objects.create_user("staff@example.org", "pass-staff", is_staff=True)
    staff = signed_in("staff@example.org", "pass-staff")
    answer = staff.get(f"/listings/{things[0].public_id}/similar").json()
    why = answer["why"]
    assert {run["recall_set"] for run in why["runs"]} > {"joint", "fresh", "promoted"}
    assert set(why["costs"]) == {"ad_rate", "seller_cap", "diversity", "exploration"}
    own = answer["items"][0]["why"]
    assert own["sets"]
    assert {"joint_similarity", "price_ratio"} <= {each["name"] for each in own["features"]}


def test_personal_strips_need_a_token(stranger, things):
    for path in ("/me/picked", "/me/because", "/me/hidden"):
        assert stranger.get(path).status_code == 401


def test_because_names_the_thing_that_was_watched(bobs_phone, bob, things):
    assert bobs_phone.get("/me/because").json() == []
    Watch.objects.create(user=bob, listing=things[0])
    (strip,) = bobs_phone.get("/me/because?limit=2").json()
    assert (strip["seed"], strip["watched"]) == (str(things[0].public_id), True)
    assert ids(strip["items"]) < {str(each.public_id) for each in things[1:]}


def test_what_is_hidden_comes_no_more_until_it_is_shown_again(bobs_phone, bob, things):
    Watch.objects.create(user=bob, listing=things[0])
    address = "/me/because?limit=1"
    (strip,) = bobs_phone.get(address).json()
    best = strip["items"][0]["id"]
    for _ in "12":
        assert bobs_phone.post(f"/me/hidden/{best}").status_code == 204
    assert ids(bobs_phone.get("/me/hidden").json()) == {best}
    (strip,) = bobs_phone.get(address).json()
    assert best not in ids(strip["items"])
    for _ in "12":
        assert bobs_phone.call("DELETE", f"/me/hidden/{best}").status_code == 204
    assert bobs_phone.get("/me/hidden").json() == []


def test_what_was_bought_is_not_picked_again(bobs_phone, bob, things):
    Watch.objects.create(user=bob, listing=things[0])
    (strip,) = bobs_phone.get("/me/because?limit=1").json()
    bought = Listing.objects.get(public_id=strip["items"][0]["id"])
    Order.objects.create(listing=bought, buyer=bob, amount=bought.price, currency="USD")
    assert bought.state == State.LIVE  # there are more of it
    (strip,) = bobs_phone.get("/me/because?limit=1").json()
    assert str(bought.public_id) not in ids(strip["items"])


def test_nothing_is_picked_where_nobody_did_anything(bobs_phone, things):
    answer = bobs_phone.get("/me/picked").json()
    assert (answer["items"], answer["basis"]) == ([], "everybody")


def test_an_unknown_or_unseen_listing_cannot_be_hidden(bobs_phone, draft):
    for public_id in (uuid.uuid4(), draft.public_id):
        answer = bobs_phone.post(f"/me/hidden/{public_id}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/me/picked", "/me/because"])
def test_a_bad_limit_is_a_problem_that_names_it(bobs_phone, path):
    answer = bobs_phone.get(f"{path}?limit=0")
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"].endswith("/limit")
