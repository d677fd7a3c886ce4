"""The edge: foreign hosts, bodies that are too large or no JSON, forwarded headers, and answers without a trace.

ASVS 5.0: 4.1.1 (content types), 4.1.3 (headers of strangers do not count), 4.1.4 (methods), 16.5.1 (no traces).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx2
import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, Query, Request
from sqlalchemy import text
from starlette.types import Message
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from talkwright.backend import errors
from talkwright.backend.context import Services, Session
from talkwright.backend.edge import Edge
from talkwright.backend.security import public
from talkwright.backend.settings import BackendSettings
from talkwright.backend.static import WebClient
from talkwright.database.engine import Database

pytestmark = pytest.mark.anyio
SECRET = "canary-7f3a"


class Nobody:
    async def authenticate(self, _request: Any) -> None:
        return None


def application(database: Database, **settings: Any) -> FastAPI:
    """A small application behind the real edge and the real error handlers."""
    router = APIRouter(dependencies=[Depends(public)])

    @router.post("/api/import")
    @router.post("/api/echo")
    async def echo(value: Annotated[Any, Body()]) -> Any:
        return value

    @router.get("/api/fail")
    @router.post("/api/fail")
    async def fail() -> None:
        raise ValueError(SECRET)

    @router.get("/api/caller")
    async def caller(request: Request) -> dict[str, str]:
        return {"host": request.client.host if request.client else "", "scheme": request.url.scheme}

    @router.get("/api/store")
    async def store(session: Session, value: str) -> str:
        return str((await session.execute(text("SELECT :value"), {"value": value})).scalar_one())

    @router.get("/api/cups")
    async def cups(size: Literal["small", "large"], many: Annotated[int, Query(ge=1)]) -> None:
        """Take no others."""

    @router.get("/api/break")
    async def break_off(session: Session) -> None:
        await session.execute(text("SELECT 1/0"))

    @router.get("/api/cut")
    async def cut(session: Session) -> None:
        await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    app = FastAPI()
    backend = BackendSettings(port=80, **settings)
    app.state.services = Services(settings=backend, database=database, authenticator=Nobody(), instance="x")
    errors.install(app)
    app.include_router(router)
    app.add_middleware(Edge, settings=backend)
    return app


def client(app: FastAPI, base: str = "http://127.0.0.1", address: str = "10.0.0.9") -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=app, client=(address, 5000), raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url=base)


@pytest.fixture
async def http(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    async with client(application(database, request_limit=4096)) as opened:
        yield opened


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:80", "[::2]"])
async def test_a_foreign_host_is_refused(http: httpx2.AsyncClient, host: str) -> None:
    answer = await http.get("/api/caller", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "foreign-host")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8390", "[::1]:80", "LOCALHOST"])
async def test_the_machines_own_names_are_served(http: httpx2.AsyncClient, host: str) -> None:
    assert (await http.get("/api/caller", headers={"Host": host})).status_code == 200


async def test_the_public_name_and_further_names_are_served(database: Database) -> None:
    app = application(database, public_url="https://studio.example.com", allowed_hosts="inner.example, b.example")
    async with client(app) as http:
        for host in ("studio.example.com", "inner.example:8443", "b.example"):
            assert (await http.get("/api/caller", headers={"Host": host})).status_code == 200


async def test_forwarded_headers_of_strangers_do_not_count(database: Database) -> None:
    forwarded = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"}
    async with client(application(database, trusted_proxies="192.168.0.0/16")) as http:
        assert (await http.get("/api/caller", headers=forwarded)).json() == {"host": "10.0.0.9", "scheme": "http"}


async def test_behind_trusted_proxies_the_nearest_stranger_is_the_caller(database: Database) -> None:
    forwarded = {"X-Forwarded-For": "6.6.6.6, 1.2.3.4, 10.0.0.7", "X-Forwarded-Proto": "https"}
    async with client(application(database, trusted_proxies="10.0.0.0/24")) as http:
        assert (await http.get("/api/caller", headers=forwarded)).json() == {"host": "1.2.3.4", "scheme": "https"}


async def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so(http: httpx2.AsyncClient) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b'"' + b"x" * 1000

    for content in (b'"' + b"x" * 5000 + b'"', stream()):
        answer = await http.post("/api/echo", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


async def test_archives_have_a_limit_of_their_own(database: Database) -> None:
    app = application(database, request_limit=4096, archive_limit=8192)
    async with client(app) as http:
        for path, size, status in (("import", 6000, 200), ("import", 9000, 413), ("echo", 6000, 413)):
            headers = {"Content-Type": "application/zip"}
            answer = await http.post(f"/api/{path}", content=b"x" * size, headers=headers)
            assert answer.status_code == status


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid-json"),
        (b'{"a": NaN}', "invalid-json"),
        (b"[1e999]", "invalid-json"),
        (b'"\\ud800"', "invalid-json"),
        (b'"\xff"', "invalid-json"),
        (b'"a\\u0000b"', "unstorable-text"),
        (b'"a\\\\\\u0000b"', "unstorable-text"),
        (b"[" * 2000 + b"]" * 2000, "too-deep"),
    ],
)
async def test_what_the_database_could_not_keep_is_refused_at_the_door(
    http: httpx2.AsyncClient, body: bytes, code: str
) -> None:
    answer = await http.post("/api/echo", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_text_that_only_looks_like_a_nul_is_kept(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/api/echo", content=b'"\\\\u0000"', headers={"Content-Type": "application/json"})
    assert answer.json() == "\\u0000"


async def test_numbers_come_through_as_they_were_written(http: httpx2.AsyncClient) -> None:
    body = b"[12345678901234567890, 1.0, 0.1]"
    answer = await http.post("/api/echo", content=body, headers={"Content-Type": "application/json"})
    assert answer.json() == [12345678901234567890, 1.0, 0.1]


async def test_a_failure_of_ours_shows_nothing_of_itself(
    http: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await http.get("/api/fail")
    assert (answer.status_code, answer.json()["code"]) == (500, "server-error")
    assert answer.json()["detail"] == f"Try again. The log has it under {answer.headers['x-request-id']}."
    assert SECRET not in answer.text
    logged = capsys.readouterr()
    assert SECRET not in logged.out + logged.err
    assert answer.headers["x-request-id"] in logged.out


@pytest.mark.parametrize(("path", "level"), [("break", "warning"), ("cut", "info")])
async def test_each_request_that_the_database_failed_is_in_the_log_by_its_id(
    http: httpx2.AsyncClient, path: str, level: str
) -> None:
    with capture_logs([merge_contextvars]) as lines:
        answer = await http.get(f"/api/{path}")
    (line,) = [line for line in lines if line["event"] == "database_error"]
    assert (line["request_id"], line["log_level"]) == (answer.headers["x-request-id"], level)


async def test_only_who_wanted_to_save_hears_that_nothing_was_saved(http: httpx2.AsyncClient) -> None:
    read, written = [(await http.request(method, "/api/fail")).json()["detail"] for method in ("GET", "POST")]
    assert read.startswith("Try again. The log has it under ")
    assert written.startswith("Nothing was saved. Try again. The log has it under ")


async def test_values_that_do_not_fit_are_told_in_our_words(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/api/cups", params={"size": "gigantic", "many": 0})
    problem = answer.json()
    assert problem["detail"] == "“size” must be small or large. “many” must be 1 or more."
    assert problem["fields"][0] == {"path": ["query", "size"], "message": "must be small or large"}
    assert (await http.post("/api/echo")).json()["detail"] == "The body must be given."


async def test_the_database_refusing_a_text_is_the_callers_problem(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/api/store", params={"value": "a\x00b"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unstorable-text")


async def test_a_database_that_is_away_is_said_so(tmp_path: Path) -> None:
    away = Database.at("postgresql://nobody:x@127.0.0.1:1/nothing")
    async with client(application(away)) as http:
        answer = await http.get("/api/store", params={"value": "a"})
    assert (answer.status_code, answer.json()["code"]) == (503, "database-unavailable")
    assert answer.headers["retry-after"] == "3"
    assert answer.json()["detail"] == "Try again in a few seconds."
    await away.close()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/none", 404, "not-found"),
        ("PUT", "/api/fail", 405, "method-not-allowed"),
        ("POST", "/api/echo", 422, "invalid-request"),
    ],
)
async def test_every_refusal_is_a_problem_document(
    http: httpx2.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await http.request(method, path)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.fixture
def web(tmp_path: Path) -> Path:
    root = tmp_path / "dist"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text(
        '<head><meta name="csp-nonce" content="" /><link rel="stylesheet" href="/assets/index-AbCd1234.css">'
        '<script type="module" src="/assets/index-AbCd1234.js"></script></head>'
    )
    (root / "assets" / "index-AbCd1234.js").write_text("1")
    (root / "assets" / "inter-latin-wght-normal-AbCd1234.woff2").write_bytes(b"x")
    (root / "icon.svg").write_text("<svg/>")
    (root / "worker.js").write_text("2")
    (tmp_path / "secret.txt").write_text(SECRET)
    (root / "way-out.txt").symlink_to(tmp_path / "secret.txt")
    return root


async def test_the_clients_page_has_a_fresh_nonce_each_time(database: Database, web: Path) -> None:
    app = application(database)
    app.router.default = WebClient(web)
    async with client(app) as http:
        first, second = [await http.get("/assistants/1") for _ in range(2)]
    nonce = first.text.partition('name="csp-nonce" content="')[2].partition('"')[0]
    assert len(nonce) > 16
    assert nonce not in second.text
    assert first.text.count(f'nonce="{nonce}"') == 2
    policy = first.headers["content-security-policy"]
    assert f"script-src 'self' 'nonce-{nonce}'" in policy
    assert "unsafe" not in policy
    assert first.headers["cache-control"] == "no-store"


async def test_the_clients_files_are_served_and_nothing_beside_them(database: Database, web: Path) -> None:
    app = application(database)
    served = WebClient(web)
    app.router.default = served
    assert served.font_url == "/assets/inter-latin-wght-normal-AbCd1234.woff2"
    async with client(app) as http:
        script = await http.get("/assets/index-AbCd1234.js")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-type"].startswith("text/javascript")
        assert (await http.get("/icon.svg")).headers["cache-control"] == "public, max-age=300"
        worker = await http.get("/worker.js")
        assert worker.headers["cache-control"] == "no-cache"
        assert worker.headers["content-security-policy"].startswith("default-src 'none'; connect-src 'self';")
        for path in ("/assets/gone-AbCd1234.js", "/way-out.txt", "/../secret.txt", "/%2e%2e/secret.txt"):
            answer = await http.get(path)
            assert SECRET not in answer.text
        assert (await http.get("/assets/gone-AbCd1234.js")).status_code == 404
        assert (await http.get("/api/unknown")).json()["code"] == "not-found"
        assert (await http.post("/assistants")).status_code == 405


async def test_without_a_built_client_the_page_says_what_to_do(database: Database, tmp_path: Path) -> None:
    app = application(database)
    app.router.default = WebClient(tmp_path / "nowhere")
    async with client(app) as http:
        answer = await http.get("/")
    assert answer.status_code == 503
    assert "make web" in answer.text


async def test_who_is_cut_off_by_the_servers_end_is_answered_that_it_may_be_done() -> None:
    begun, sent = asyncio.Event(), list[Message]()

    async def for_ever(*_: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/echo",
        "headers": [(b"host", b"127.0.0.1")],
        "client": None,
    }
    serving = asyncio.create_task(Edge(for_ever, BackendSettings())(scope, receive, send))
    await begun.wait()
    serving.cancel()
    await asyncio.wait([serving])
    assert sent[0]["status"] == 503
    problem = json.loads(sent[1]["body"])
    assert (problem["code"], problem["detail"][:33]) == ("server-ending", "What was asked may have been done")
