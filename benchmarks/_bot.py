"""A running bot for benchmarks: the bicycle workshop of the tests, trained, started and talked to."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1] / "tests" / "engine" / "projects" / "workshop"
WEBHOOK = "/webhooks/rest/webhook"
BY_VALUE = (
    "/wants_voucher",
    "/SetSlots(gift_receiver=Bob)",
    "/SetSlots(gift_amount=50)",
    "/SetSlots(confirm_gift=true)",
    "/SetSlots(continue_conversation=false)",
    "/SetSlots(csat_score=satisfied)",
)
BY_TEXT = ("I'd like to buy a voucher", "for my mum", "fifty bucks", "yes please", "no thanks, that's all", "satisfied")


def train(folder: Path, project: Path = PROJECT) -> Path:
    """Train a project; gives the model's file."""
    model = folder / "model.tar.gz"
    command = [sys.executable, "-m", "talkwright.engine", "train", "--project", str(project), "--out", str(model)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return model


def request(sender: str, text: str) -> bytes:
    """A message as HTTP: by hand, because Python's own client takes longer than the bot."""
    body = json.dumps({"sender": sender, "message": text}).encode()
    head = (
        f"POST {WEBHOOK} HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def content_length(head: bytes) -> int:
    """The length that an answer's head names."""
    return next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))


class Bot:
    """A running bot and a connection to it; `process.pid` is what the kernel knows it by."""

    def __init__(
        self, model: Path, variables: Mapping[str, str] | None = None, command: Sequence[str] | None = None
    ) -> None:
        """`command` starts the bot in another way, on a free port too."""
        command = command or [sys.executable, "-m", "talkwright.engine", "run", "--model", str(model), "--port", "0"]
        environment = {**os.environ, **(variables or {})}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        ready = next(line for line in map(json.loads, self.process.stdout) if line.get("stage") == "ready")
        self.port: int = ready["port"]
        self._connection: socket.socket | None = None

    def say(self, sender: str, text: str) -> Any:
        """One turn; ends the benchmark where the bot doesn't answer, because the figure would mean nothing."""
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self.port))
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.sendall(request(sender, text))
        head, _, content = self._connection.recv(65_536).partition(b"\r\n\r\n")
        length = content_length(head)
        while len(content) < length:
            content += self._connection.recv(65_536)
        said = json.loads(content) if b" 200 " in head else None
        if not said:
            raise SystemExit(f"The bot said nothing to {text!r}; the figure would mean nothing.")
        return said

    def hang_up(self) -> None:
        """Part from the bot; the next message connects anew."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def play(self, name: str, texts: Sequence[str], conversations: int) -> None:
        """So many conversations, one after the other."""
        for number in range(conversations):
            for text in texts:
                self.say(f"{name}-{number}", text)

    def stop(self) -> None:
        """End the process."""
        self.hang_up()
        self.process.terminate()
        self.process.communicate()
