"""A proxy before the real API server that fails as told: it speaks plain HTTP to its clients and hands on all else."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

READ_SECONDS = 0.1
"""So long before a cut the client gets to read what went back."""
_HOP = frozenset({"transfer-encoding", "content-length", "content-encoding", "connection", "host"})


@dataclass
class Fault:
    """What happens to the next `times` requests whose method and path (with its query) hold these words.

    They get `status`; without one the connection is cut: before the request is handed on, with `is_late` after it, or
    once `most` bytes of the answer have gone back.
    """

    method: str
    part: str
    status: int | None = None
    times: int = 1
    is_late: bool = False
    most: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FaultProxy:
    """The running proxy: its address, what it shall do, and what was asked of it."""

    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    done: list[tuple[str, str, int]] = field(default_factory=list)
    """What was handed on, in the order of the server's answers, with their statuses."""
    streams: dict[asyncio.Task[Any], str] = field(default_factory=dict)
    hold: Callable[[str, str], asyncio.Event | None] = lambda _method, _path: None
    """Gives an event that a request, done at the server, waits for before its answer goes back."""
    keep: Callable[[str, str], asyncio.Event | None] = lambda _method, _path: None
    """Gives an event that a request waits for before it is handed on, also where whoever sent it is gone by then."""

    def cut(self, part: str) -> int:
        """Cut the streams whose path holds these words; gives how many there were."""
        found = [task for task, path in self.streams.items() if part in path]
        for task in found:
            task.cancel()
        return len(found)

    def _next(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == method and fault.part in path:
                fault.times -= 1
                return fault
        return None


def kubeconfig_for(proxy: FaultProxy, kubeconfig: Path, target: Path) -> Path:
    """The same account, at the proxy's address."""
    told = yaml.safe_load(kubeconfig.read_text("utf-8"))
    told["clusters"][0]["cluster"] = {"server": proxy.url}
    target.touch(0o600)
    target.write_text(yaml.safe_dump(told), "utf-8")
    return target


@contextlib.asynccontextmanager
async def fault_proxy(kubeconfig: Path) -> AsyncIterator[FaultProxy]:
    """A proxy before the server of a kubeconfig while the block runs."""
    cluster = _cluster_of(kubeconfig)
    trust = ssl.create_default_context(cafile=cluster["certificate-authority"])
    proxy = FaultProxy()
    async with aiohttp.ClientSession(auto_decompress=False, timeout=aiohttp.ClientTimeout(total=None)) as session:

        async def handle(request: web.Request) -> web.StreamResponse:
            method, path = request.method, request.path_qs
            proxy.asked.append((method, path))
            fault = proxy._next(method, path)
            most = fault.most if fault is not None else None
            if fault is not None and not fault.is_late and most is None:
                return _failed(request, fault)
            fields = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
            data = await request.read()
            if (kept := proxy.keep(method, path)) is not None:
                await kept.wait()
            async with session.request(
                method, cluster["server"] + path, headers=fields, data=data, ssl=trust
            ) as answer:
                proxy.done.append((method, path, answer.status))
                if fault is not None and most is None:
                    await answer.read()
                    return _failed(request, fault)
                held = proxy.hold(method, path)
                if held is not None:
                    await held.wait()
                return await _handed_on(proxy, request, answer, most)

        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield proxy
        finally:
            await runner.cleanup()


def _cluster_of(kubeconfig: Path) -> dict[str, str]:
    return dict(yaml.safe_load(kubeconfig.read_text("utf-8"))["clusters"][0]["cluster"])


def _failed(request: web.Request, fault: Fault) -> web.Response:
    if fault.status is None:
        assert request.transport is not None
        request.transport.close()
        return web.Response()
    told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": fault.status, "message": "told to fail"}
    return web.json_response(told, status=fault.status, headers=fault.headers)


async def _handed_on(
    proxy: FaultProxy, request: web.Request, answer: aiohttp.ClientResponse, most: int | None
) -> web.StreamResponse:
    fields = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
    response = web.StreamResponse(status=answer.status, headers=fields)
    await response.prepare(request)

    async def pass_on() -> None:
        left = most
        async for chunk in answer.content.iter_any():
            await response.write(chunk[:left])
            if left is not None:
                left -= len(chunk)
                if left <= 0:
                    await asyncio.sleep(READ_SECONDS)
                    raise asyncio.CancelledError

    task = asyncio.create_task(pass_on())
    proxy.streams[task] = request.path_qs
    try:
        await task
    except asyncio.CancelledError:  # cut: nothing of it ends in order
        if request.transport is not None:
            request.transport.close()
        return response
    finally:
        task.cancel()
        del proxy.streams[task]
    await response.write_eof()
    return response
