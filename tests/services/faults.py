"""A proxy before a real HTTP server that lets chosen requests come to grief: cut, unanswered, or without room."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.services.forwarding import pass_on
from tests.services.modelservice import Service, project

from talkwright.storage.keys import manifest_key, models_prefix

UPLOAD = r"PUT \S+/models/\S+\.tar\.gz\b"
DOWNLOAD = r"GET \S+/models/\S+\.tar\.gz\b"
MANIFEST = r"PUT \S+/published\.json\b"
LOG = r"PUT \S+/logs/\S+\.jsonl\b"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"
_NO_ROOM = b"HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(slots=True)
class Passage:
    """One request on its way through the proxy, of which only the head has come yet."""

    head: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    back: asyncio.StreamReader
    forth: asyncio.StreamWriter
    unheard: list[int]
    """The statuses of all that nobody learnt, at the proxy."""

    async def go_on(self) -> None:
        """Hand on the request and its answer."""
        self.forth.write(self.head)
        await asyncio.gather(pass_on(self.reader, self.forth), pass_on(self.back, self.writer))

    async def send(self, share: float = 1.0) -> None:
        """Hand on the request and so much of its body."""
        self.forth.write(self.head + await self.reader.readexactly(int(_length(self.head) * share)))
        await self.forth.drain()


Fault = Callable[[Passage], Awaitable[None]]
"""What becomes of a request; its connections are closed afterwards."""


async def cut(request: Passage) -> None:
    """The connection breaks when half of the body has gone."""
    await request.send(0.5)


async def cut_answer(request: Passage) -> None:
    """The connection breaks when half of the answer has come."""
    await request.send()
    head = await request.back.readuntil(_END)
    request.writer.write(head + await request.back.readexactly(_length(head) // 2))
    await request.writer.drain()


async def unanswered(request: Passage) -> None:
    """The server does what it is asked, and nobody learns it."""
    await request.send()
    request.unheard.append(int((await request.back.readuntil(_END)).split()[1]))


async def no_room(request: Passage) -> None:
    """There is no room for it."""
    request.writer.write(_NO_ROOM)
    await request.writer.drain()


def _length(head: bytes) -> int:
    found = _LENGTH.search(head)
    return int(found[1]) if found is not None else 0


@dataclass(slots=True)
class FaultProxy:
    """Before the server at `behind`; each of the `faults` befalls the next request whose first words are those."""

    behind: str
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    unheard: list[int] = field(default_factory=list)
    """The statuses of the answers that nobody learnt."""
    endpoint: str = ""

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(_END)
            there = urlsplit(self.behind)
            back, forth = await asyncio.open_connection(there.hostname, there.port)
            # A connection carries one request, so that each of them is seen.
            one = head.removesuffix(b"\r\n") + b"Connection: close" + _END
            await self._fault(head.decode("latin-1"))(Passage(one, reader, writer, back, forth, self.unheard))
            forth.close()
        writer.close()

    def _fault(self, head: str) -> Fault:
        for place, (words, fault) in enumerate(self.faults):
            if re.match(words, head):
                del self.faults[place]
                return fault
        return Passage.go_on


@asynccontextmanager
async def faults_before(endpoint: str, host: str = "127.0.0.1") -> AsyncIterator[FaultProxy]:
    """A proxy before the server at an address, at `endpoint`; `host` is an address of this machine."""
    proxy = FaultProxy(endpoint)
    server = await asyncio.start_server(proxy._answer, host, 0)
    proxy.endpoint = f"http://{host}:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()


async def trains_once(service: Service, proxy: FaultProxy, seconds: float) -> None:
    """A training of which everything that is stored or read comes to grief: it is tried again, and published once."""
    proxy.faults = [(words, fault) for words in (UPLOAD, MANIFEST) for fault in (cut, no_room, unanswered)]
    proxy.faults += [(LOG, cut), (DOWNLOAD, cut_answer)]
    assistant = await service.assistant("cut")
    training = await service.train(assistant, project("cut"))
    row = await service.becomes("training", training, "succeeded", "failed", seconds=seconds)
    assert row.state == "succeeded", row.reason
    assert proxy.faults == []
    assert proxy.unheard == [200, 200]  # the server had done both
    (attempt,) = await service.attempts("training", training)
    (model,) = await service.models_of(training)
    stored = {key for key in await service.store.keys() if key.startswith(models_prefix(assistant, training))}
    assert stored == {model.object, manifest_key(assistant, training)}
    assert (attempt.number, len(await service.store.get(model.object))) == (1, model.bytes)
    lines = (await service.store.get(f"logs/{attempt.id}.jsonl")).splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(1, len(lines) + 1))
