"""What goes with a listing and a cart, as an app asks for it."""

import pytest

from listing_assistant.catalogue.models import Category
from listing_assistant.listings.models import CartItem, Listing, State
from recommender.aggregates import replace_rows
from recommender.models import AggregateKind

from .conftest import signed_in


@pytest.fixture
def belts(taxonomy, fashion) -> Category:
    return Category.objects.create(
        taxonomy=taxonomy, source_id="f-b", parent=fashion, name="Belts", slug="belts",
        path="Fashion > Belts", depth=1,
    )  # fmt: skip


@pytest.fixture
def scene(sell, shoes, belts, bob) -> tuple[Listing, Listing, Listing]:
    """Bob's trainers, and two belts of Alice's that people bought with trainers."""
    trainers = sell("Trainers", seller=bob, price=80)
    cheap, dear = sell("Plain belt", category=belts, price=20), sell("Belt", category=belts)
    replace_rows(
        kind=AggregateKind.RELATED_CATEGORY, rows=[(str(shoes.pk), [(str(belts.pk), 0.4, 12)])]
    )
    replace_rows(
        kind=AggregateKind.POPULAR,
        rows=[(str(belts.pk), [(str(cheap.pk), 9.0, 9), (str(dear.pk), 3.0, 3)])],
    )
    return trainers, cheap, dear


def test_what_goes_with_a_listing_comes_with_a_bundle(stranger, scene):
    trainers, cheap, dear = scene
    answer = stranger.get(f"/listings/{trainers.public_id}/complementary").json()
    assert {item["id"] for item in answer["items"]} == {str(cheap.public_id), str(dear.public_id)}
    assert {item["goes_with"] for item in answer["items"]} == {str(trainers.public_id)}
    first = answer["items"][0]
    total = f"{80 + float(first['price']):.2f}"
    assert answer["bundle"] == {
        "items": [str(trainers.public_id), first["id"]],
        "total": total,
        "currency": "USD",
        "bought_together": False,
    }


def test_only_staff_are_told_why(stranger, bobs_phone, scene, django_user_model):
    trainers, *_ = scene
    address = f"/listings/{trainers.public_id}/complementary"
    for app in (stranger, bobs_phone):
        assert {item["why"] for item in app.get(address).json()["items"]} == {None}
    django_user_model.objects.create_user("staff@example.org", "pass-staff", is_staff=True)
    staff = signed_in("staff@example.org", "pass-staff")
    why = staff.get(address).json()["items"][0]["why"]
    assert why["step"] == "sets"
    assert "popular" in {source["recall_set"] for source in why["sources"]}


def test_a_sellers_own_things_are_not_offered_to_them(phone, scene):
    trainers, *_ = scene
    answer = phone.get(f"/listings/{trainers.public_id}/complementary").json()
    assert answer == {"items": [], "bundle": None}


def test_a_sold_thing_is_gone_at_once(stranger, scene):
    trainers, cheap, dear = scene
    Listing.objects.filter(pk=cheap.pk).update(state=State.SOLD)
    answer = stranger.get(f"/listings/{trainers.public_id}/complementary").json()
    assert [item["id"] for item in answer["items"]] == [str(dear.public_id)]


def test_an_unchanged_answer_is_not_sent_again(stranger, scene):
    trainers, cheap, _ = scene
    address = f"/listings/{trainers.public_id}/complementary"
    tag = stranger.get(address)["ETag"]
    again = stranger.call("GET", address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    Listing.objects.filter(pk=cheap.pk).update(price=21)
    assert stranger.call("GET", address, headers={"If-None-Match": tag}).status_code == 200


def test_the_cart_is_the_callers_and_needs_a_token(stranger, bobs_phone, scene, bob):
    trainers, cheap, dear = scene
    assert stranger.get("/cart/complementary").status_code == 401
    assert bobs_phone.get("/cart/complementary").json()["items"] == []
    CartItem.objects.create(user=bob, listing=cheap)
    CartItem.objects.create(user=bob, listing=trainers)
    items = bobs_phone.get("/cart/complementary").json()["items"]
    assert [item["id"] for item in items] == [str(dear.public_id)]


@pytest.mark.parametrize("limit", ["0", "25", "many"])
def test_a_bad_limit_is_a_problem_that_names_it(stranger, scene, limit):
    trainers, *_ = scene
    answer = stranger.get(f"/listings/{trainers.public_id}/complementary?limit={limit}")
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"].endswith("/limit")


@pytest.mark.parametrize("what", ["similar", "complementary"])
def test_a_draft_has_no_strips(stranger, draft, what):
    answer = stranger.get(f"/listings/{draft.public_id}/{what}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
