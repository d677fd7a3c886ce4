"""A proxy before a real HTTP server that cuts uploads in their middle, or says that there is no room for them."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.services.forwarding import pass_on
from tests.services.modelservice import Service, project

from talkwright.storage.keys import manifest_key, models_prefix

_UPLOAD = re.compile(rb"PUT \S+\.tar\.gz[? ]")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
NO_ROOM = b"HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class FaultProxy:
    """Before the server at `behind`; so many of the next uploads of archives are cut (`cuts`) or refused (`full`)."""

    behind: str
    cuts: int = 0
    full: int = 0
    endpoint: str = ""

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            there = urlsplit(self.behind)
            back, forth = await asyncio.open_connection(there.hostname, there.port)
            forth.write(head)
            if _UPLOAD.match(head) and self.cuts:
                self.cuts -= 1
                length = _LENGTH.search(head)
                assert length is not None
                forth.write(await reader.readexactly(int(length[1]) // 2))
            elif _UPLOAD.match(head) and self.full:
                self.full -= 1
                writer.write(NO_ROOM)
                await writer.drain()
            else:
                await asyncio.gather(pass_on(reader, forth), pass_on(back, writer))
            forth.close()
        writer.close()


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
    """A training whose upload is cut and then finds no room: it is sent again, and published once."""
    proxy.cuts, proxy.full = 1, 1
    assistant = await service.assistant("cut")
    training = await service.train(assistant, project("cut"))
    row = await service.becomes("training", training, "succeeded", "failed", seconds=seconds)
    assert row.state == "succeeded", row.reason
    assert (proxy.cuts, proxy.full) == (0, 0)
    (attempt,) = await service.attempts("training", training)
    (model,) = await service.models_of(training)
    stored = {key for key in await service.store.keys() if key.startswith(models_prefix(assistant, training))}
    assert stored == {model.object, manifest_key(assistant, training)}
    assert (attempt.number, len(await service.store.get(model.object))) == (1, model.bytes)
