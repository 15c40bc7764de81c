"""The engine on another machine: whatever the server does, text or a GeneratorError comes out."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import PIL.Image
import pytest

from ml.artefacts import bundled
from ml.description.facts import Fact, Facts
from ml.description.generators.base import GeneratorError
from ml.description.generators.budget import Breaker, Budget, LocalLedger
from ml.description.generators.endpoint import Endpoint, EndpointConfig
from ml.description.generators.realiser import load_realiser
from ml.description.predict import Drafter
from ml.description.request import DraftRequest, Revision
from tests.ml.description.llm_server import Answer, Handler, drips, fails, says, sends, serving

REQUEST = DraftRequest(Facts("Red dress", attributes=(Fact("Colour", "Red"),)))
TEXT = "This is a red dress. The colour is red."


def config(url: str, **more: object) -> EndpointConfig:
    quick: dict[str, object] = {"backoff_s": 0.01, "stall_s": 5.0, "total_s": 10.0}
    return EndpointConfig(url=url, model="tiny", **(quick | more))  # type: ignore[arg-type]


def written(*answers: Answer, request: DraftRequest = REQUEST, **more: object) -> str:
    with serving(*answers) as server:
        return "".join(Endpoint(config(server.url, **more)).write(request))


def test_text_is_streamed_piece_by_piece():
    go_on = threading.Event()

    def halting(handler: Handler, body: dict) -> None:
        handler.head()
        handler.event("This is")
        go_on.wait(5)
        handler.event(" a dress.", "stop")

    with serving(halting) as server:
        pieces = Endpoint(config(server.url, stall_s=5)).write(REQUEST)
        assert next(pieces) == "This is"  # before the server has written the rest
        go_on.set()
        assert "".join(pieces) == " a dress."


def test_the_request_is_a_chat_completion_with_its_key_in_the_header():
    with serving(says(TEXT)) as server:
        endpoint = Endpoint(config(server.url, api_key="sk-private"))
        list(endpoint.write(DraftRequest(REQUEST.facts, seed=7)))
    ((path, headers, body),) = server.requests
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer sk-private"
    assert body["model"] == "tiny" and body["stream"] is True and body["seed"] == 7
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "sk-private" not in repr(endpoint._config) + endpoint.release


def test_photos_go_along_as_data_only_where_the_model_takes_them(tmp_path: Path):
    photo = tmp_path / "a.jpg"
    PIL.Image.new("RGB", (2000, 1000)).save(photo)
    request = DraftRequest(REQUEST.facts, photos=(photo, tmp_path / "gone.jpg", photo))
    with serving(says(TEXT)) as server:
        list(Endpoint(config(server.url, most_photos=2)).write(request))
        list(Endpoint(config(server.url)).write(request))
    with_photos, without = [body["messages"][1]["content"] for _, _, body in server.requests]
    assert [part["type"] for part in with_photos] == ["image_url", "text"]
    assert with_photos[0]["image_url"]["url"].startswith("data:image/jpeg;base64,")
    assert isinstance(without, str)


@pytest.mark.parametrize("done", [True, False])
def test_an_answer_ends_with_its_reason_with_or_without_done(done: bool):
    assert written(says(TEXT, done=done)) == TEXT


def test_done_alone_ends_an_answer_too():
    event = json.dumps({"choices": [{"delta": {"content": "A dress."}}]})
    assert written(sends(f"data: {event}\n\ndata: [DONE]\n\n".encode())) == "A dress."


def test_the_model_s_thoughts_are_not_the_text():
    assert written(says("<think> The user wants a dress. </think> A red dress.")) == "A red dress."


@pytest.mark.parametrize("failure", [fails(500), fails(429), fails(503, Retry_After="0")])
def test_a_failing_server_is_asked_again(failure: Answer):
    with serving(failure, failure, says(TEXT)) as server:
        assert "".join(Endpoint(config(server.url)).write(REQUEST)) == TEXT
    assert len(server.requests) == 3


def test_after_all_attempts_the_reason_is_named_without_the_server_s_words():
    with serving(fails(500)) as server, pytest.raises(GeneratorError) as raised:
        list(Endpoint(config(server.url)).write(REQUEST))
    assert raised.value.reason == "the language model failed (500)"
    assert len(server.requests) == 3


def test_the_wait_that_a_busy_server_asks_for_is_kept():
    with serving(fails(429, Retry_After="1"), says(TEXT)) as server:
        before = time.monotonic()
        assert "".join(Endpoint(config(server.url)).write(REQUEST)) == TEXT
    assert time.monotonic() - before >= 1


@pytest.mark.parametrize("as_date", [False, True])
def test_a_wait_beyond_the_time_limit_is_not_begun(as_date: bool):
    then = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    until = then if as_date else "600"
    busy = fails(429, Retry_After=until)
    with serving(busy) as server, pytest.raises(GeneratorError, match="is busy"):
        list(Endpoint(config(server.url)).write(REQUEST))
    assert len(server.requests) == 1


def test_a_refused_request_is_not_repeated():
    with serving(fails(401)) as server, pytest.raises(GeneratorError, match=r"refused .* \(401\)"):
        list(Endpoint(config(server.url)).write(REQUEST))
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_named_so():
    with serving(says(TEXT)) as server:
        gone = server.url
    with pytest.raises(GeneratorError, match="cannot be reached"):
        list(Endpoint(config(gone)).write(REQUEST))


def stalls(handler: Handler, body: dict) -> None:
    handler.head()
    handler.event("This is")
    time.sleep(0.6)


GOOD = json.dumps({"choices": [{"delta": {"content": "A dress. "}, "finish_reason": None}]})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (drips(f"data: {GOOD}\n\n", 0), "too long"),
        (drips("x" * 10_000, 0), "too long"),
        (sends(f"data: {GOOD}\n\n".encode()), "broke off"),
        (sends(b"<html>Bad gateway</html>", "text/html"), "no answer"),
        (sends(b'{"choices": []}', "application/json"), "no answer"),
        (sends(b"data: {not json}\n\n"), "no answer"),
        (sends(b"data: [1, 2]\n\n"), "no answer"),
        (sends(b'data: {"choices": 3}\n\n'), "no answer"),
        (sends(b'data: {"choices": [{"delta": {"content": ["x"]}}]}\n\n'), "no answer"),
        (sends(b"data: " + b"[" * 100_000 + b"\n\n"), "no answer"),
        (sends(b'data: {"error": {"message": "out of memory"}}\n\n'), "reported an error"),
        (sends("data: größe\n\n".encode("latin-1")), "not text"),
        (sends(b"\x1f\x8b\x08", Content_Encoding="gzip"), "compressed"),
        (sends(b"data: [DONE]\n\n"), "answered nothing"),
        (sends(GOOD.replace("null", '"length"').join(("data: ", "\n\n")).encode()), "too long"),
        (sends(GOOD.replace("null", '"content_filter"').join(("data: ", "\n\n")).encode()),
         "refused to write"),
    ],
)  # fmt: skip
def test_a_bad_answer_is_an_error_with_its_reason(answer: Answer, reason: str):
    with pytest.raises(GeneratorError, match=reason):
        written(answer, attempts=1)


@pytest.mark.parametrize(
    "answer",
    [
        stalls,
        drips(": still here\n\n", 0.05),
        drips("data: ", 0.05),
        drips(f"data: {GOOD}\n\n", 0.15),  # never silent for long, and never at its end
    ],
)
def test_a_server_without_an_end_is_left_in_time(answer: Answer):
    with pytest.raises(GeneratorError, match="in time"):
        written(answer, attempts=1, stall_s=0.25, total_s=0.6)


def test_what_was_said_is_never_said_twice():
    """An answer that breaks off is not asked for again."""
    cut = sends(f"data: {GOOD}\n\n".encode())
    with serving(cut, says(TEXT)) as server:
        pieces = Endpoint(config(server.url)).write(REQUEST)
        assert next(pieces) == "A dress. "
        with pytest.raises(GeneratorError, match="broke off"):
            next(pieces)
    assert len(server.requests) == 1


def test_who_stops_reading_hangs_up():
    with serving(drips(f"data: {GOOD}\n\n", 0.01)) as server:
        pieces = Endpoint(config(server.url)).write(REQUEST)
        next(pieces)
        pieces.close()
        assert server.hung_up.wait(5)


def test_one_sentence_comes_back_in_its_place():
    revision = Revision("sentence", ("One.", "Two.", "Three."), place=1)
    text = written(says("Deux."), request=DraftRequest(REQUEST.facts, revision=revision))
    assert text == "One. Deux. Three."


def test_a_sentence_of_the_seller_s_that_the_model_leaves_out_is_not_lost():
    revision = Revision("shorter", ("A dress.", "My aunt's.", "Red."), own=frozenset({1, 2}))
    text = written(says("Red. A dress."), request=DraftRequest(REQUEST.facts, revision=revision))
    assert text == "Red. A dress. My aunt's."


def test_a_refused_request_costs_no_tokens():
    budget = Budget(LocalLedger(), tokens_a_day=3000, in_flight=0, seconds=5)
    with serving(fails(500), fails(500), fails(400)) as server:
        endpoint = Endpoint(config(server.url, attempts=2), budget)
        for _ in range(2):
            with pytest.raises(GeneratorError):
                list(endpoint.write(REQUEST))
        with budget.grant(3000):
            pass


def test_the_day_s_tokens_are_spent_by_the_server_s_count():
    budget = Budget(LocalLedger(), tokens_a_day=5000, in_flight=0, seconds=5)
    with serving(says(TEXT, usage=3000)) as server:
        endpoint = Endpoint(config(server.url), budget)
        assert "".join(endpoint.write(REQUEST)) == TEXT
        with budget.grant(2000):
            pass
        with pytest.raises(GeneratorError, match="budget spent"):
            list(endpoint.write(DraftRequest(REQUEST.facts)))
    assert len(server.requests) == 1


def test_requests_at_once_are_limited_and_a_place_is_given_back():
    budget = Budget(LocalLedger(), tokens_a_day=0, in_flight=1, seconds=5)
    with serving(says(TEXT)) as server:
        endpoint = Endpoint(config(server.url), budget)
        first = endpoint.write(REQUEST)
        next(first)
        with pytest.raises(GeneratorError, match="too many requests at once"):
            list(endpoint.write(REQUEST))
        first.close()
        assert "".join(endpoint.write(REQUEST)) == TEXT


def test_a_server_that_keeps_failing_is_left_alone_for_a_while():
    with serving(fails(400), fails(400), says(TEXT)) as server:
        endpoint = Endpoint(config(server.url), breaker=Breaker(limit=2, rest_s=0.3))
        for _ in range(2):
            with pytest.raises(GeneratorError, match="400"):
                list(endpoint.write(REQUEST))
        with pytest.raises(GeneratorError, match="resting"):
            list(endpoint.write(REQUEST))
        assert len(server.requests) == 2
        time.sleep(0.35)
        assert "".join(endpoint.write(REQUEST)) == TEXT


@pytest.mark.parametrize("answer", [fails(500), stalls, sends(b"<html>", "text/html")])
def test_the_realiser_writes_where_the_server_cannot(answer: Answer):
    with serving(answer) as server:
        engine = Endpoint(config(server.url, attempts=1, stall_s=0.3))
        draft = Drafter(load_realiser(bundled("description")), engine).draft(REQUEST)
    assert draft.engine == "realiser" and draft.fallback.startswith("the language model")
    assert "red" in draft.text.lower()
