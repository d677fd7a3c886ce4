"""People at a studio inside of the cluster: the test is what stands before the backend, as an Ingress would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from uuid import UUID

import httpx2
from tests.modelservice.kubernetes.inside import Inside
from tests.modelservice.kubernetes.manifests import kind_of
from tests.modelservice.kubernetes.podded import unnoticed
from tests.services.asking import until_answered
from tests.services.modelservice import texts
from tests.services.studio import PASSWORD, PLAIN, Browser
from tests.services.visiting import Visit, asked

ADDRESS = kind_of("settings.yaml", "ConfigMap")[0]["data"]["TALKWRIGHT_PUBLIC_URL"]
KNOWN_SECONDS = 1.0


class Way(httpx2.AsyncBaseTransport):
    """Takes TLS off, which nobody speaks here, and hands one request after the other to another pod of the backend.

    What it knows of them is up to `KNOWN_SECONDS` old: controllers hear of what ends after that has begun to end.
    """

    def __init__(self, pods: Inside) -> None:
        self._pods = pods
        self._places: list[tuple[str, int]] = []
        self._known_at = -KNOWN_SECONDS
        self._count = 0
        self.last = ""
        """The address of the pod that got the last request."""
        self._inner = httpx2.AsyncHTTPTransport(verify=PLAIN, limits=httpx2.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host, port = await self._next()
        self.last = host
        url = request.url.copy_with(scheme="http", host=host, port=port)
        handed = httpx2.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return await self._inner.handle_async_request(handed)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _next(self) -> tuple[str, int]:
        if (now := monotonic()) - self._known_at >= KNOWN_SECONDS:
            self._places, self._known_at = await places_of(self._pods, "backend"), now
        if not self._places:
            raise httpx2.ConnectError("no pod of the backend takes requests")
        self._count += 1
        return self._places[self._count % len(self._places)]


async def places_of(pods: Inside, service: str) -> list[tuple[str, int]]:
    """Where the pods of a Service take its requests, as the cluster tells whoever leads them there."""
    told = await pods.says("get", "endpointslices", "-l", f"kubernetes.io/service-name={service}", "-o", "json")
    return [
        (address, slice_["ports"][0]["port"])
        for slice_ in json.loads(told)["items"]
        for endpoint in slice_["endpoints"]
        if endpoint["conditions"]["ready"]
        for address in endpoint["addresses"]
    ]


@dataclass
class Visitor(Browser):
    """A browser, and the way that its requests go."""

    way: Way = field(kw_only=True)


@asynccontextmanager
async def browsing(pods: Inside) -> AsyncIterator[Visitor]:
    """A browser at the studio's public address."""
    way = Way(pods)
    async with httpx2.AsyncClient(base_url=ADDRESS, transport=way, timeout=60) as http:
        yield Visitor(http, way=way)


@asynccontextmanager
async def first_person(pods: Inside, name: str) -> AsyncIterator[Visitor]:
    """Whom an operator lets in by the command for it, who then sets a password and signs in."""
    link = (await pods.tool("users", "add", name, "--role", "superuser")).strip()
    async with browsing(pods) as once:
        await once.follow(await once.http.post(link, data={"username": name, "password": PASSWORD, "again": PASSWORD}))
    async with browsing(pods) as browser:
        await browser.sign_in(name)
        yield browser


async def ask(person: Browser, assistant: UUID, words: str) -> list[str]:
    """What an assistant answers in a new chat."""
    visit = Visit(person, assistant)
    return texts(await visit.say(await visit.begin(), words))


async def read_on(person: Browser, over: asyncio.Event) -> int:
    """Read one page after the other until the end; gives how many there were."""
    read = 0
    while not over.is_set():
        async with unnoticed():
            await until_answered(partial(asked, person, "GET", "/api/session"))
        read += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await over.wait()
    return read
