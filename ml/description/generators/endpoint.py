"""A language model on another machine, asked over OpenAI's chat completions: vLLM and the like.

The other side is not trusted to be up, to be quick, to end, or to send what it should. Whatever it
does comes out as text or as a GeneratorError, within `total_s` and one silence of `stall_s`.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from ml.description.generators.answers import text_of
from ml.description.generators.base import GeneratorError
from ml.description.generators.budget import Breaker, Budget, Grant, LocalLedger
from ml.description.generators.event_stream import data_of_events
from ml.description.generators.pictures import data_url, pictures
from ml.description.prompt import messages, most_tokens
from ml.description.request import DraftRequest

MOST_BYTES = 1 << 20  # of one answer: a thousand tokens take a fifth of it
CHARACTERS_A_TOKEN = 4  # of English; what an answer is charged where the server does not count
MOST_CHARACTERS_A_TOKEN = 12  # a text with more was not held to the tokens that were asked for
PHOTO_TOKENS = 800  # what a photo of PHOTO_SIDE is charged until the server has counted
PHOTO_SIDE = 768


@dataclass(frozen=True)
class EndpointConfig:
    """`url` is the API's base, as in http://host:8000/v1; seconds are those of one request."""

    url: str
    model: str
    api_key: str = field(default="", repr=False)
    most_photos: int = 0
    connect_s: float = 5.0
    stall_s: float = 15.0  # between two pieces of text, and before the first
    total_s: float = 60.0  # with all retries
    attempts: int = 3
    backoff_s: float = 0.5  # doubled with each attempt, and shortened by chance
    temperature: float = 0.7


class _TryAgainError(GeneratorError):
    """This attempt failed in a way that another may not; `wait_s` is what the server asked for."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Endpoint:
    """Writes through an OpenAI-compatible server. May be used by several threads."""

    name = "endpoint"

    def __init__(
        self, config: EndpointConfig, budget: Budget | None = None, breaker: Breaker | None = None
    ) -> None:
        self._config = config
        seconds = int(config.total_s + config.stall_s)
        self._budget = budget or Budget(LocalLedger(), tokens_a_day=0, in_flight=0, seconds=seconds)
        self._breaker = breaker or Breaker(limit=5, rest_s=30.0)
        self._address = config.url.rstrip("/").removesuffix("/chat/completions")
        self._client = httpx2.Client(headers=_headers(config.api_key), follow_redirects=False)

    @property
    def release(self) -> str:
        return f"{self._config.model} at {httpx2.URL(self._address).host}"

    def write(self, request: DraftRequest) -> Iterator[str]:
        """Pieces as the server sends them."""
        self._breaker.check()
        deadline = time.monotonic() + self._config.total_s
        body = self._body(request)
        with self._budget.grant(_estimate(body) + most_tokens(request)) as grant, self._judged():
            grant.tokens = 0
            yield from text_of(request, self._pieces(body, deadline, grant))

    @contextmanager
    def _judged(self) -> Iterator[None]:
        """Tells the breaker how it went. Who stops reading early has judged nothing."""
        try:
            yield
        except GeneratorError:
            self._breaker.failed()
            raise
        self._breaker.succeeded()

    def _body(self, request: DraftRequest) -> dict[str, Any]:
        system, user = messages(request)
        photos = pictures(request.photos, most=self._config.most_photos, side=PHOTO_SIDE)
        content: str | list[dict[str, Any]] = user.text
        if photos:
            content = [
                *({"type": "image_url", "image_url": {"url": data_url(p)}} for p in photos),
                {"type": "text", "text": user.text},
            ]
        return {
            "model": self._config.model,
            "messages": [
                {"role": system.role, "content": system.text},
                {"role": user.role, "content": content},
            ],
            "max_tokens": most_tokens(request),
            "temperature": self._config.temperature,
            "seed": request.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    def _pieces(self, body: dict[str, Any], deadline: float, grant: Grant) -> Iterator[str]:
        """Attempts until one speaks: what was said cannot be taken back, so then there is none."""
        for attempt in range(1, self._config.attempts + 1):
            has_spoken = False
            try:
                for piece in self._attempt(body, deadline, grant):
                    has_spoken = True
                    yield piece
                return
            except _TryAgainError as error:
                wait = self._wait(attempt, error.wait_s)
                if (
                    has_spoken
                    or attempt == self._config.attempts
                    or time.monotonic() + wait >= deadline
                ):
                    raise GeneratorError(error.reason) from error
            time.sleep(wait)

    def _wait(self, attempt: int, asked_s: float) -> float:
        # Jitter keeps many workers from coming back at the same instant.
        doubled: float = self._config.backoff_s * 2 ** (attempt - 1)
        return asked_s + random.uniform(0.5, 1.0) * doubled

    def _attempt(self, body: dict[str, Any], deadline: float, grant: Grant) -> Iterator[str]:
        """One request. Raises GeneratorError, as _TryAgainError where another may do better."""
        config = self._config
        left = max(deadline - time.monotonic(), 0.1)
        limits = httpx2.Timeout(min(config.stall_s, left), connect=min(config.connect_s, left))
        answer = _Answer(body, config.stall_s, deadline)
        try:
            with self._client.stream(
                "POST", f"{self._address}/chat/completions", json=body, timeout=limits
            ) as response:
                _check_status(response)
                yield from answer.read(response)
        except httpx2.TimeoutException as error:
            if not answer.is_finished:
                kind = isinstance(error, httpx2.ConnectTimeout | httpx2.PoolTimeout)
                raise (_TryAgainError if kind else GeneratorError)(
                    "the language model does not answer in time"
                ) from error
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            if not answer.is_finished:
                raise _TryAgainError("the language model cannot be reached") from error
        finally:
            grant.tokens += answer.cost


class _Answer:
    """One answer as it is read."""

    def __init__(self, body: dict[str, Any], stall_s: float, deadline: float) -> None:
        self.is_finished = False
        self._is_accepted = False
        self._asked = _estimate(body)
        self._stall_s = stall_s
        self._deadline = deadline
        self._most_characters = body["max_tokens"] * MOST_CHARACTERS_A_TOKEN
        self._characters = 0
        self._counted = 0  # tokens by the server's count, the prompt's too
        self._last_piece = time.monotonic()

    def read(self, response: httpx2.Response) -> Iterator[str]:
        """The pieces of text. A server may end by [DONE], by a reason to finish, or by both."""
        self._is_accepted = True
        for data in data_of_events(self._chunks(response)):
            if data.strip() == "[DONE]":
                self.is_finished = True
                return
            was_finished = self.is_finished
            text = self._event(data)  # also after the last piece: the count of tokens follows it
            if text and not was_finished:
                self._characters += len(text)
                if self._characters > self._most_characters:
                    raise GeneratorError("the language model's text was too long")
                yield text
                self._last_piece = time.monotonic()
        if not self.is_finished:
            raise _TryAgainError("the language model broke off")

    @property
    def cost(self) -> int:
        """Tokens of prompt and answer: as the server counted, else by length; 0 if it refused."""
        estimated = self._asked + self._characters // CHARACTERS_A_TOKEN
        return self._counted or (estimated if self._is_accepted else 0)

    def _chunks(self, response: httpx2.Response) -> Iterator[str]:
        response.encoding = "utf-8"  # an event stream's only one, whatever the header says
        size = 0
        for chunk in response.iter_text():
            now = time.monotonic()
            # A server that sends comments keeps the line open and says nothing.
            if not self.is_finished and now > min(self._deadline, self._last_piece + self._stall_s):
                raise GeneratorError("the language model does not answer in time")
            size += len(chunk)
            if size > MOST_BYTES:
                raise GeneratorError("the language model's text was too long")
            if "\ufffd" in chunk:
                raise GeneratorError("the language model sent something that is not text")
            yield chunk

    def _event(self, data: str) -> str:
        """The text that an event adds. Raises GeneratorError where it is none of a completion."""
        try:
            event = json.loads(data)
            if event.get("error"):
                raise GeneratorError("the language model reported an error")
            usage = event.get("usage") or {}
            self._counted = int(usage.get("total_tokens") or self._counted)
            text = ""
            for choice in event["choices"][:1]:
                text = choice["delta"].get("content") or ""
                _check_reason(choice.get("finish_reason"))
                self.is_finished = self.is_finished or bool(choice.get("finish_reason"))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise GeneratorError("the language model sent something that is no answer") from error
        if not isinstance(text, str):
            raise GeneratorError("the language model sent something that is no answer")
        return text


def _headers(api_key: str) -> dict[str, str]:
    # Identity: a compressed answer could be a thousand times as long as what arrives.
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
    return headers | ({"Authorization": f"Bearer {api_key}"} if api_key else {})


def _estimate(body: dict[str, Any]) -> int:
    """Tokens of a prompt, a photo by a flat rate."""
    tokens = 0
    for message in body["messages"]:
        parts = message["content"]
        for part in [{"text": parts}] if isinstance(parts, str) else parts:
            text = part.get("text")
            tokens += PHOTO_TOKENS if text is None else len(text) // CHARACTERS_A_TOKEN + 1
    return tokens


def _check_status(response: httpx2.Response) -> None:
    status = response.status_code
    if status == 429:
        raise _TryAgainError("the language model is busy", _retry_after(response))
    if status >= 500:
        raise _TryAgainError(f"the language model failed ({status})", _retry_after(response))
    if status != 200:
        raise GeneratorError(f"the language model refused the request ({status})")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/event-stream":
        raise GeneratorError("the language model sent something that is no answer")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise GeneratorError("the language model sent a compressed answer, which is not read")


def _check_reason(reason: str | None) -> None:
    if reason == "length":
        raise GeneratorError("the language model's text was too long")
    if reason == "content_filter":
        raise GeneratorError("the language model refused to write this")


def _retry_after(response: httpx2.Response) -> float:
    """Seconds that the server asks to wait, by number or by date; 0 where it does not say."""
    asked = response.headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        return 0.0
    return max((until - datetime.now(UTC)).total_seconds(), 0.0)
