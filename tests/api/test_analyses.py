"""The assistant over the API. The pipeline itself is tested in tests/assistant; here findings are
written by hand, so that what the API makes of them has a known answer."""

from __future__ import annotations

import pytest

from listing_assistant.assistant.models import Analysis, Evidence, Suggestion
from listing_assistant.catalogue.models import Attribute
from listing_assistant.listings.models import Listing

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(phone) -> str:
    return f"/listings/{phone.post('/listings', {'title': 'Grey shoes'}).json()['id']}"


@pytest.fixture
def suggestion(phone, path, colour) -> Suggestion:
    listing = Listing.objects.get()
    phone.post(f"{path}/analyses")
    analysis = Analysis.objects.get(listing=listing)
    found = Suggestion.objects.create(
        analysis=analysis,
        kind="attribute",
        key=str(colour.pk),
        label="Colour: Grey",
        value={"attribute": colour.pk, "text": "Grey", "texts": ["Grey"]},
        confidence=0.97,
    )
    Evidence.objects.create(
        suggestion=found, kind="text", field="title", start=0, end=4, text="Grey", weight=1
    )
    return found


def test_starting_answers_at_once_with_where_to_look(phone, path):
    answer = phone.post(f"{path}/analyses")
    assert answer.status_code == 202
    body = answer.json()
    assert body["status"] == "queued"
    assert answer["Location"] == f"/api/v1/analyses/{body['id']}"
    assert answer["Retry-After"] == "1"
    assert phone.get(f"/analyses/{body['id']}").json()["steps"][0]["step"] == "encode"


def test_the_same_content_is_the_same_analysis(phone, path):
    first = phone.post(f"{path}/analyses").json()
    assert phone.post(f"{path}/analyses").json()["id"] == first["id"]


def test_an_empty_draft_has_nothing_to_analyse(phone):
    empty = phone.post("/listings", {}).json()["id"]
    answer = phone.post(f"/listings/{empty}/analyses")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_analyse")


def test_suggestions_come_with_their_evidence(phone, suggestion):
    body = phone.get(f"/analyses/{suggestion.analysis.public_id}").json()
    [found] = body["suggestions"]
    assert found["value"]["texts"] == ["Grey"]
    assert found["evidence"][0] | {"weight": None} == {
        "kind": "text", "field": "title", "start": 0, "end": 4, "text": "Grey",
        "photo": None, "region": None, "neighbour": None, "weight": None,
    }  # fmt: skip


def test_a_detail_says_how_it_is_known_and_what_came_second(phone, suggestion, colour):
    suggestion.about = {"stated": True, "source": "text", "runner_up": "Red"}
    suggestion.save()
    body = phone.get(f"/analyses/{suggestion.analysis.public_id}").json()
    [found] = body["suggestions"]
    assert found["detail"] == {
        "attribute": colour.pk,
        "stated": True,
        "source": "text",
        "runner_up": "Red",
        "confidence_in_words": "very likely",
    }
    assert (found["question"], body["next_question"]) == (None, None)


@pytest.fixture
def question(suggestion, height) -> Suggestion:
    """Asks for the height; another one, for the width, follows."""
    about = {"why": "not_in_title", "required": False, "filtered": 0.0}
    width = Attribute.objects.create(taxonomy=height.taxonomy, source_id="width", name="Width")
    asked = [(height, ["20 cm", "30 cm"]), (width, [])]
    first, _ = (
        Suggestion.objects.create(
            analysis=suggestion.analysis,
            kind="question",
            key=str(rank),
            rank=rank,
            label="The title does not say it.",
            value={"attribute": attribute.pk},
            confidence=0.2,
            about=about | {"name": attribute.name, "likely": likely},
        )
        for rank, (attribute, likely) in enumerate(asked)
    )
    return first


def test_the_next_question_is_answered_like_an_edit_and_the_following_one_named(
    phone, path, question, height
):
    address = f"/analyses/{question.analysis.public_id}"
    body = phone.get(address).json()
    assert body["next_question"] == question.pk
    found = next(one for one in body["suggestions"] if one["id"] == question.pk)
    assert found["question"] == {
        "attribute": height.pk,
        "name": "Height",
        "asked": "What is the height?",
        "why": "not_in_title",
        "required": False,
        "choices": ["20 cm", "30 cm"],
    }
    assert phone.post(f"/suggestions/{question.pk}/accept").status_code == 409
    assert phone.post(f"/suggestions/{question.pk}/edit", {"value": "0.3 m"}).status_code == 200
    assert phone.get(path).json()["attributes"] == {"Height": ["30 cm"]}
    following = phone.get(address).json()["next_question"]
    assert following not in (None, question.pk)
    phone.post(f"/suggestions/{following}/reject")
    assert phone.get(address).json()["next_question"] is None


def test_a_mismatch_says_where_in_which_photo_and_without_which_word_it_clears(
    phone, path, suggestion, photo_of
):
    phone.upload(f"{path}/photos", photo_of("red").read())
    photo = suggestion.analysis.listing.photos.get()
    cleared = {
        "words": ["Grey"],
        "spans": [[0, 4]],
        "title": "shoes",
        "score": 0.2,
        "verdict": "match",
    }
    mismatch = Suggestion.objects.create(
        analysis=suggestion.analysis,
        kind="mismatch",
        label="The photo does not seem to show “Grey”.",
        value={"verdict": "mismatch", "counterfactual": cleared},
        confidence=0.9,
    )
    edges = {"left": 0.25, "top": 0.0, "right": 1.0, "bottom": 0.5}
    Evidence.objects.create(
        suggestion=mismatch,
        kind="photo",
        photo=photo,
        seen_image=photo.image_id,
        weight=0.9,
        **edges,
    )
    body = phone.get(f"/analyses/{suggestion.analysis.public_id}").json()
    other, found = sorted(body["suggestions"], key=lambda one: one["kind"])
    assert found["counterfactual"] == cleared
    assert found["evidence"][0]["region"] == edges
    assert found["evidence"][0]["photo"] == photo.pk
    assert other["counterfactual"] is None


def test_nothing_changes_until_the_seller_accepts_and_undo_takes_it_back(phone, path, suggestion):
    assert phone.get(path).json()["attributes"] == {}
    accepted = phone.post(f"/suggestions/{suggestion.pk}/accept").json()
    assert accepted["state"] == "accepted"
    assert phone.get(path).json()["attributes"] == {"Colour": ["Grey"]}
    assert phone.post(f"/suggestions/{suggestion.pk}/undo").json()["state"] == "open"
    assert phone.get(path).json()["attributes"] == {}


def test_an_edited_suggestion_writes_the_sellers_value(phone, path, suggestion):
    phone.post(f"/suggestions/{suggestion.pk}/edit", {"value": "red"})
    assert phone.get(path).json()["attributes"] == {"Colour": ["Red"]}
    suggestion.refresh_from_db()
    assert [choice.action for choice in suggestion.choices.all()] == ["edit"]


def test_accept_all_takes_what_is_sure(phone, path, suggestion):
    phone.post(f"/analyses/{suggestion.analysis.public_id}/accept-all")
    assert phone.get(path).json()["attributes"] == {"Colour": ["Grey"]}


def test_accept_all_is_taken_back_once(phone, path, suggestion):
    address = f"/analyses/{suggestion.analysis.public_id}"
    phone.post(f"{address}/accept-all")
    assert phone.post(f"{address}/undo-all").status_code == 200
    assert phone.get(path).json()["attributes"] == {}
    again = phone.post(f"{address}/undo-all")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_undo")


def test_a_detail_stated_over_the_api_decides_what_was_suggested(phone, path, suggestion, colour):
    phone.call("PUT", f"{path}/attributes/{colour.pk}", {"text": ["red"]})
    suggestion.refresh_from_db()
    assert (suggestion.state, suggestion.choices.get().value) == ("edited", ["Red"])


def test_another_sellers_suggestions_do_not_exist(bobs_phone, suggestion):
    assert bobs_phone.post(f"/suggestions/{suggestion.pk}/accept").status_code == 404
    assert bobs_phone.get(f"/analyses/{suggestion.analysis.public_id}").status_code == 404
