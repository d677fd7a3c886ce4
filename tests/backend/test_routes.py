"""Every route declares its permission, whoever wrote it; tests/rights asks who may call it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from prometheus_client import REGISTRY
from sqlalchemy import insert
from tests.services.studio import RunningStudio, run_studio

from talkwright.backend.security import declared_permissions
from talkwright.database.migrate import SYSTEM_USER
from talkwright.database.tables import assistants
from talkwright.identity.roles import PERMISSIONS
from talkwright.operations.metrics import exposition

pytestmark = pytest.mark.anyio
ASSISTANT = UUID("00000000-0000-7000-8000-00000000a551")


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    permissions: tuple[str, ...]

    @property
    def address(self) -> str:
        path = self.path.replace("{aid}", str(ASSISTANT))
        return re.sub(r"\{[^}]*\}", "00000000-0000-7000-8000-000000000000", path)


def operations(app: FastAPI) -> Iterator[Operation]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            for method in sorted(context.methods or ()):
                permissions = tuple(declared_permissions(context.dependant))
                yield Operation(method, str(context.path), permissions)


@pytest.fixture(scope="module")
async def studio(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningStudio]:
    home: Path = tmp_path_factory.mktemp("home")
    async with run_studio(database_url, home) as running:
        await running.administrator()
        async with running.studio.services.transaction() as session:
            await session.execute(
                insert(assistants).values(
                    id=ASSISTANT, name="theirs", title="Theirs", language="en", created_by=SYSTEM_USER
                )
            )
        yield running


async def test_every_route_declares_exactly_one_permission(studio: RunningStudio) -> None:
    found = list(operations(studio.studio.app))
    assert len(found) > 10
    wrong = [each for each in found if len(each.permissions) != 1]
    assert not wrong
    known = PERMISSIONS | {"public", "signed-in"}
    assert not [each for each in found if each.permissions[0] not in known]


async def test_the_public_routes_are_these_and_no_others(studio: RunningStudio) -> None:
    public = {(each.method, each.path) for each in operations(studio.studio.app) if each.permissions == ("public",)}
    assert public == {
        ("GET", "/api/docs"),
        ("GET", "/api/instance"),
        ("GET", "/api/sign-in"),
        ("GET", "/api/sign-in/callback"),
        ("POST", "/api/policy-reports"),
        ("POST", "/api/sign-out"),
    }


async def test_unsafe_requests_of_browsers_need_the_pages_token(studio: RunningStudio) -> None:
    administrator = await studio.administrator()
    for token in ("", "wrong"):
        administrator.csrf, kept = token, administrator.csrf
        for each in operations(studio.studio.app):
            if each.method != "GET" and each.permissions != ("public",):
                answer = await administrator.send(each.method, each.address)
                assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), each
        administrator.csrf = kept


async def test_requests_are_counted_by_route_and_never_by_assistant(studio: RunningStudio) -> None:
    administrator = await studio.administrator()
    labels = {"method": "GET", "route": "/api/assistants/{aid}", "status": "200"}
    before = REGISTRY.get_sample_value("talkwright_http_requests_total", labels) or 0
    assert (await administrator.http.get(f"/api/assistants/{ASSISTANT}")).status_code == 200
    assert REGISTRY.get_sample_value("talkwright_http_requests_total", labels) == before + 1
    await administrator.http.get("/some/page")
    assert REGISTRY.get_sample_value("talkwright_http_requests_total", {**labels, "route": "other"})
    body, _ = exposition()
    assert str(ASSISTANT) not in body.decode()


async def test_the_documentation_page_names_every_operation_and_loads_nothing(studio: RunningStudio) -> None:
    page = await studio.browser().http.get("/api/docs")
    document = (await studio.browser().http.get("/api/openapi.json")).json()
    assert "unsafe" not in page.headers["content-security-policy"]
    assert all(path in page.text for path in document["paths"])
    assert set(re.findall(r'(?:src|href)="([^"]+)"', page.text)) == {"/api/openapi.json"}
