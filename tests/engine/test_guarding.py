"""No name leads a bot to a link-local or metadata address, whatever it resolves to, and however often it changes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from talkwright.engine.guarding import GuardedTransport

pytestmark = pytest.mark.anyio


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server of this machine that answers each request with 204."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield int(server.sockets[0].getsockname()[1])
    server.close()


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Have names lead to these addresses, one answer after another; gives the names that were asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if not str(host).endswith(".test"):
            return real(host, port, *rest, **more)
        asked.append(str(host))
        found = answers[min(len(asked), len(answers)) - 1]
        kinds = [(socket.AF_INET6, (one, port, 0, 0)) if ":" in one else (socket.AF_INET, (one, port)) for one in found]
        return [(family, socket.SOCK_STREAM, 6, "", place) for family, place in kinds]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


async def asking(port: int) -> int:
    async with httpx2.AsyncClient(transport=GuardedTransport(), timeout=10) as client:
        return (await client.get(f"http://models.test:{port}/")).status_code


async def test_a_name_is_resolved_once_and_its_own_address_connected_to(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolving(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
    assert await asking(port) == 204
    assert asked == ["models.test"]


@pytest.mark.parametrize(
    "found",
    [
        ["169.254.169.254"],
        ["fe80::1"],
        ["fe80::1%eth0"],
        ["::ffff:169.254.169.254"],
        ["100.100.100.200"],
        ["127.0.0.1", "169.254.169.254"],
    ],
)
async def test_a_name_that_leads_to_a_forbidden_address_is_not_connected_to(
    port: int, monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    resolving(monkeypatch, found)
    with pytest.raises(httpx2.ConnectError, match="link-local or metadata"):
        await asking(port)


async def test_the_next_address_is_tried_where_one_does_not_answer(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["::1", "127.0.0.1"])
    assert await asking(port) == 204


async def test_a_name_that_is_unknown_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(httpx2.ConnectError, match="can't be resolved"):
        await asking(1)
