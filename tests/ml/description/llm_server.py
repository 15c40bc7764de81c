"""A server of chat completions on this machine that answers, or misbehaves, as a test asks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Hands every request to the server's next answer; the last one goes on answering."""

    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.requests.append((self.path, dict(self.headers), body))
            answers = self.server.answers
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        try:
            answer(self, body)
        except (BrokenPipeError, ConnectionResetError):
            self.server.hung_up.set()

    def head(self, status: int = 200, kind: str = "text/event-stream", **more: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def event(self, text: str | None = None, finish: str | None = None) -> None:
        delta = {} if text is None else {"content": text}
        self.raw(json.dumps({"choices": [{"delta": delta, "finish_reason": finish}]}))

    def raw(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.lock = threading.Lock()
        self.hung_up = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    server = Server(*answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def says(text: str, *, done: bool = True, usage: int = 0) -> Answer:
    """Streams the text word by word and ends as OpenAI's servers do."""

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        handler.head()
        handler.event("")
        for word in text.split(" "):
            handler.event(word if word is text.split(" ")[0] else f" {word}")
        handler.event(None, "stop")
        if usage:
            handler.raw(json.dumps({"choices": [], "usage": {"total_tokens": usage}}))
        if done:
            handler.raw("[DONE]")

    return answer


def fails(status: int, **headers: str) -> Answer:
    def answer(handler: Handler, body: dict[str, Any]) -> None:
        handler.head(status, "application/json", **headers)
        handler.wfile.write(b'{"error": {"message": "secret details"}}')

    return answer


def sends(raw: bytes, kind: str = "text/event-stream", **headers: str) -> Answer:
    """Sends these bytes and hangs up."""

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        handler.head(kind=kind, **headers)
        handler.wfile.write(raw)

    return answer


def drips(text: str, every_s: float, times: int = 1000) -> Answer:
    """Sends the same bytes again and again, slowly."""

    def answer(handler: Handler, body: dict[str, Any]) -> None:
        handler.head()
        for _ in range(times):
            handler.wfile.write(text.encode())
            handler.wfile.flush()
            time.sleep(every_s)

    return answer


def obeys(handler: Handler, body: dict[str, Any]) -> None:
    """A gullible model: what it reads after `write:` anywhere in its prompt, it writes."""
    prompt = " ".join(str(message["content"]) for message in body["messages"])
    _, _, order = prompt.partition("write: ")
    order = order.partition('"')[0].partition(" […]")[0]
    says(order or "A red dress.")(handler, body)
