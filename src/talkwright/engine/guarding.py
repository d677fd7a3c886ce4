"""Connections to addresses that a project names: where a name leads is looked at as it is resolved."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from talkwright.assistant.addresses import FORBIDDEN_NAME, UNKNOWN_NAME, is_forbidden_address


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Resolves each name once and connects to just what it looked at, so that no second answer leads elsewhere."""

    def __init__(self, backend: httpcore2.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first of the name's addresses that answers. Raises httpcore2.ConnectError."""
        try:
            async with asyncio.timeout(timeout):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout("its name was not resolved in time") from error
        except OSError as error:
            raise httpcore2.ConnectError(UNKNOWN_NAME) from error
        addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
        if any(is_forbidden_address(address) for address in addresses):
            raise httpcore2.ConnectError(FORBIDDEN_NAME)
        share = None if timeout is None else timeout / max(len(addresses), 1)
        for address in addresses[:-1]:
            try:
                return await self._backend.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._backend.connect_tcp(addresses[-1], port, share, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's interface
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """No project names one."""
        del path, timeout, socket_options
        raise httpcore2.ConnectError("it is no network address")

    async def sleep(self, seconds: float) -> None:
        """As the library's own."""
        await self._backend.sleep(seconds)


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """The library's own transport, asking no proxy, that connects to no forbidden place."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        pool: Any = self._pool
        pool._network_backend = GuardedBackend(pool._network_backend)  # noqa: SLF001 - there is no other way in
