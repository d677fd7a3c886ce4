"""A server that speaks OpenAI's protocol under a test's control: recorded answers, faults, delays, slow streams.

It stands for the one thing that can't run here, a language model; the client that talks to it is the real one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

Answer = str | bytes | int | Mapping[str, Any] | Callable[[Mapping[str, Any]], Any]
"""A text that the model writes; bytes of a whole body; a status; a JSON body; or a function of the request."""


@dataclass
class ScriptedModel:
    """What the server does: answers in turn, the last one again and again, `delay` seconds before each."""

    answers: list[Answer] = field(default_factory=lambda: ["cancel flow"])
    delay: float = 0.0
    pause: float = 0.0  # seconds between the pieces of a stream
    headers: Mapping[str, str] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""
    closing: Event = field(default_factory=Event)

    @property
    def prompts(self) -> list[str]:
        """What was asked, the last message of each request."""
        return [
            request["body"]["messages"][-1]["content"] for request in self.requests if "messages" in request["body"]
        ]

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def language_model(*answers: Answer, **script: Any) -> Iterator[ScriptedModel]:
    """A model that gives these answers; its `address` is what `api_base` takes."""
    scripted = ScriptedModel(**({"answers": list(answers)} if answers else {}), **script)
    server = _Server(scripted)
    scripted.address = f"http://127.0.0.1:{server.server_port}/v1"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield scripted
    finally:
        scripted.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def embedding(text: str) -> list[float]:
    """A vector that is near another's where the texts share letters: enough to tell near from far."""
    counts = [float(text.lower().count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz"]
    length = sum(count * count for count in counts) ** 0.5 or 1.0
    return [count / length for count in counts]


class _Server(ThreadingHTTPServer):
    """The server with its script."""

    daemon_threads = True

    def __init__(self, scripted: ScriptedModel) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scripted = scripted


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.scripted.requests.append(
            {"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}, "body": body}
        )
        if self.server.scripted.closing.wait(self.server.scripted.delay):
            return
        with suppress(OSError):
            self._answer(body)

    def _answer(self, body: Mapping[str, Any]) -> None:
        if "input" in body:
            texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
            data = [{"object": "embedding", "index": i, "embedding": embedding(text)} for i, text in enumerate(texts)]
            self._send(200, json.dumps({"object": "list", "model": body["model"], "data": data}).encode())
            return
        answer = self.server.scripted.next_answer()
        if callable(answer):
            answer = answer(body)
        if isinstance(answer, int):
            self._send(answer, json.dumps({"error": {"message": f"scripted {answer}"}}).encode())
        elif isinstance(answer, bytes):
            self._send(200, answer)
        elif isinstance(answer, str) and body.get("stream"):
            self._stream(body, answer)
        else:
            self._send(200, json.dumps(completion(body, answer) if isinstance(answer, str) else answer).encode())

    def _send(self, status: int, content: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        for name, value in self.server.scripted.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, body: Mapping[str, Any], text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for piece in pieces(body, text):
            self.wfile.write(f"data: {piece}\n\n".encode())
            self.wfile.flush()
            if self.server.scripted.closing.wait(self.server.scripted.pause):
                break
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def completion(body: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The body of an answer."""
    return {
        "id": "answer",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


def pieces(body: Mapping[str, Any], text: str) -> Iterator[str]:
    """The events of a streamed answer, word by word."""
    shared = {"id": "answer", "object": "chat.completion.chunk", "created": int(time.time()), "model": body["model"]}
    words: Sequence[str] = text.split(" ")
    for index, word in enumerate(words):
        said = word if index == 0 else f" {word}"
        yield json.dumps(shared | {"choices": [{"index": 0, "delta": {"content": said}, "finish_reason": None}]})
    yield json.dumps(
        shared | {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}}
    )
    yield "[DONE]"
