"""Drafts over the API: asked for, read while they are written, gone back through, accepted."""

from __future__ import annotations

import pytest

from listing_assistant.assistant.drafting import jobs
from listing_assistant.assistant.drafting.streaming import TextSoFar
from listing_assistant.assistant.models import Analysis, DraftJob, Suggestion

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(phone) -> str:
    body = {"title": "Grey wool shoes", "condition": "good"}
    return f"/listings/{phone.post('/listings', body).json()['id']}"


def ask(phone, path, **body):
    """A request that is written at once, as a worker would."""
    answer = phone.post(f"{path}/drafts", body)
    assert answer.status_code == 202, answer.content
    jobs.run(DraftJob.objects.get(public_id=answer.json()["id"]).pk)
    return phone.get(f"/drafts/{answer.json()['id']}").json()


def problem(answer):
    body = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, body["code"], [one["pointer"] for one in body["errors"]]


def test_a_draft_is_asked_for_and_read_when_it_is_done(phone, path):
    answer = phone.post(f"{path}/drafts", {})
    body = answer.json()
    assert (answer.status_code, body["status"], body["version"]) == (202, "queued", None)
    assert answer["Location"] == f"/api/v1/drafts/{body['id']}"
    jobs.run(DraftJob.objects.get().pk)
    done = phone.get(f"/drafts/{body['id']}").json()
    assert done["status"] == "done"
    assert "wool" in done["version"]["text"].lower()
    assert done["version"]["engine"] == "realiser"
    assert done["seconds"] >= 0


def test_the_text_so_far_can_be_read_while_it_is_written(phone, path):
    draft_id = phone.post(f"{path}/drafts", {}).json()["id"]
    TextSoFar(DraftJob.objects.get().public_id)("Grey wool")
    answer = phone.get(f"/drafts/{draft_id}")
    assert (answer.json()["text_so_far"], answer["Retry-After"]) == ("Grey wool", "1")


def test_a_repeated_request_is_the_same_job_and_another_one_waits(phone, path):
    first = phone.post(f"{path}/drafts", {}).json()
    assert phone.post(f"{path}/drafts", {}).json()["id"] == first["id"]
    other = phone.post(f"{path}/drafts", {"length": "long"})
    assert problem(other) == (409, "under_way", [])


def test_versions_are_listed_with_what_each_sentence_stands_on(phone, path):
    first = ask(phone, path)["version"]
    second = ask(phone, path, task="friendlier")["version"]
    body = phone.get(f"{path}/drafts").json()
    assert [one["id"] for one in body["versions"]] == [first["id"], second["id"]]
    assert body["shown"] == second["id"]
    sources = {claim["source"] for one in body["passages"] for claim in one["claims"]}
    assert sources <= {"title", "condition", "category"}
    assert phone.post(f"{path}/drafts/back").json()["shown"] == first["id"]
    assert problem(phone.post(f"{path}/drafts/back")) == (409, "nothing_to_undo", [])
    assert phone.post(f"{path}/drafts/forward").json()["shown"] == second["id"]


def test_one_sentence_is_written_anew_and_a_bad_place_is_named(phone, path):
    ask(phone, path)
    assert problem(phone.post(f"{path}/drafts", {"task": "sentence", "place": 99})) == (
        422, "bad_place", ["/place"],
    )  # fmt: skip
    assert ask(phone, path, task="sentence", place=0)["status"] == "done"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"task": "sing"}, "/task"),
        ({"length": "endless"}, "/length"),
        ({"language": "xx"}, "/language"),
        ({"task": "shorter"}, "/task"),
    ],
)
def test_a_bad_request_names_its_field(phone, path, body, pointer):
    status, _, pointers = problem(phone.post(f"{path}/drafts", body))
    assert (status, pointers) == (422, [pointer])
    assert not DraftJob.objects.exists()


def test_a_version_is_accepted_edited_and_undone_like_any_suggestion(phone, path):
    version = ask(phone, path)["version"]
    phone.post(f"/suggestions/{version['id']}/accept")
    assert phone.get(path).json()["description"] == version["text"]
    assert phone.get(f"{path}/drafts").json()["in_description"] is True
    phone.post(f"/suggestions/{version['id']}/undo")
    assert phone.get(path).json()["description"] == ""
    phone.post(f"/suggestions/{version['id']}/edit", {"value": "Mine, with 7 pockets."})
    [own] = phone.get(f"{path}/drafts").json()["passages"]
    assert own["own"] is True
    unbacked = [claim["text"] for claim in own["claims"] if claim["source"] is None]
    assert any("7" in text.split() for text in unbacked)


def test_wishes_are_read_and_changed_one_at_a_time(phone, path):
    before = phone.get(f"{path}/draft-wishes").json()
    assert (before["length"], before["tone"], before["language"]) == ("medium", "plain", "en")
    assert before["languages"]["en"] == "English"
    after = phone.call("PATCH", f"{path}/draft-wishes", {"tone": "friendly"}).json()
    assert (after["length"], after["tone"]) == ("medium", "friendly")
    bad = phone.call("PATCH", f"{path}/draft-wishes", {"language": "tlh"})
    assert problem(bad) == (422, "not_a_choice", ["/language"])


def test_wear_is_asked_about_and_answered_with_the_listing(phone, path):
    question = phone.get(f"{path}/condition-question").json()
    assert question["is_open"] is True
    assert "Scratches" in question["choices"]
    phone.call("PATCH", path, {"condition_note": "Scratches; a worn heel"})
    assert phone.get(path).json()["condition_note"] == "Scratches; a worn heel"
    assert phone.get(f"{path}/condition-question").json()["is_open"] is False
    phone.call("PATCH", path, {"condition": "new"})
    assert phone.get(f"{path}/condition-question").json()["asked"] is None


def test_a_suggested_title_comes_with_its_sources_and_is_accepted(phone, path):
    phone.post(f"{path}/analyses")
    analysis = Analysis.objects.get()
    value = {"text": "Acme grey wool shoes", "sources": ["Brand"], "changes": ["keywords"]}
    found = Suggestion.objects.create(
        analysis=analysis, kind="title", label="Title", value=value, confidence=0.9
    )
    [told] = phone.get(f"/analyses/{analysis.public_id}").json()["suggestions"]
    assert told["title"] == value
    phone.post(f"/suggestions/{found.pk}/accept")
    assert phone.get(path).json()["title"] == "Acme grey wool shoes"
    phone.post(f"/suggestions/{found.pk}/undo")
    assert phone.get(path).json()["title"] == "Grey wool shoes"


def test_another_sellers_drafts_do_not_exist(bobs_phone, phone, path):
    draft_id = phone.post(f"{path}/drafts", {}).json()["id"]
    assert bobs_phone.get(f"/drafts/{draft_id}").status_code == 404
    assert bobs_phone.post(f"{path}/drafts", {}).status_code == 404
    assert bobs_phone.get(f"{path}/drafts").status_code == 404
