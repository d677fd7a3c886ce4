"""Every write of the studio leaves a row in the audit, under the request's own id and without a name or text."""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select
from tests.services.modelservice import Service
from tests.services.studio import Browser, RunningStudio

from talkwright.backend.security import SAFE_METHODS
from talkwright.database.ids import uuid7
from talkwright.database.tables import audit

pytestmark = pytest.mark.anyio

WRITES_NOTHING = {("POST", "/api/assistants/{aid}/conditions"), ("POST", "/api/policy-reports")}
CANARY = "heron over the estuary"
ROLES = ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer")


@dataclass
class Clerk:
    """Makes requests and looks up what the audit says of each."""

    studio: RunningStudio
    browser: Browser
    written: set[tuple[str, str]] = field(default_factory=set)

    async def does(self, action: str, method: str, path: str, ids: dict[str, str] | None = None, **values: Any) -> Any:
        """A write that must succeed and leave a row with this action; `path` is the route's, filled with `ids`."""
        ids = ids or {}
        address = re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], path)
        answer = await self.browser.send(method, address, timeout=60, **values)
        assert answer.is_success, (path, answer.text)
        row = next(row for row in await self.rows(answer) if row.action == action)
        assert (row.outcome, row.via, row.address) == ("done", "browser", "127.0.0.1")
        assert row.actor == self.me
        assert row.sign_in is not None
        assert row.assistant == (UUID(ids["aid"]) if "aid" in ids else row.assistant)
        assert row.target
        self.written.add((method, path.partition("?")[0]))
        return answer.json() if answer.content else None

    async def rows(self, answer: httpx2.Response) -> list[Any]:
        """What the audit holds of one request."""
        query = select(audit).where(audit.c.request_id == answer.headers["X-Request-Id"])
        async with self.studio.studio.services.transaction() as session:
            return list((await session.execute(query)).all())

    @property
    def me(self) -> UUID:
        """Whose requests these are."""
        return self._me

    async def introduce(self) -> None:
        """Learn who is signed in."""
        self._me = UUID((await self.browser.http.get("/api/session")).json()["person"]["id"])


def archive(name: str) -> bytes:
    """A small project."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("config.yml", f"recipe: default.v1\nlanguage: en\nassistant_id: {name}\n")
    return data.getvalue()


async def until(browser: Browser, path: str, state: str) -> Any:
    """Wait for some work to come to a state."""
    async with asyncio.timeout(60):
        while True:
            found = (await browser.http.get(path)).json()
            if found["state"] == state:
                return found
            assert found["state"] != "failed", found
            await asyncio.sleep(0.05)


async def write_content(clerk: Clerk, ids: dict[str, str]) -> None:
    aid = {"aid": ids["aid"]}
    bot = "/api/assistants/{aid}"
    row = {"id": ids["aid"], "name": "ferry", "title": CANARY, "language": "en"}
    await clerk.does("assistants.create", "POST", "/api/assistants", json=row)
    await clerk.does("assistants.retitle", "PATCH", bot, aid, json={"title": f"{CANARY} again"})
    await clerk.does("assistants.engine", "PUT", f"{bot}/engine", aid, json={"engine": "talkwright"})
    body = [{"text": CANARY}]
    edit = {"op": "create", "item": str(uuid7()), "kind": "response", "name": "utter_heron", "body": body}
    change = {"id": str(uuid7()), "command": {"name": "create-response", "arguments": {}}, "edits": [edit]}
    number = (await clerk.does("content.change", "POST", f"{bot}/changes", aid, json=change))["change"]
    revert = {"id": str(uuid7())}
    path = f"{bot}/changes/{{number}}/revert"
    await clerk.does("content.change", "POST", path, {**aid, "number": str(number)}, json=revert)
    sent = {"content": archive("other"), "headers": {"Content-Type": "application/zip"}}
    await clerk.does("assistants.import", "POST", f"/api/assistants/import?id={uuid7()}", **sent)
    secret = {**aid, "name": "HERON_KEY"}
    path = f"{bot}/secrets/{{name}}"
    await clerk.does("secrets.set", "PUT", path, secret, json={"value": CANARY})
    await clerk.does("secrets.delete", "DELETE", path, secret)
    other = str(uuid7())
    path = "/api/assistants/examples/{example}"
    await clerk.does("assistants.import", "POST", path, {"example": "bank"}, json={"id": other})
    await clerk.does("assistants.import", "POST", f"{bot}/import", {"aid": other}, **sent)
    await clerk.does("assistants.delete", "DELETE", bot, {"aid": other})


async def do_work(clerk: Clerk, ids: dict[str, str]) -> None:
    aid, bot = {"aid": ids["aid"]}, "/api/assistants/{aid}"
    base = f"/api/assistants/{ids['aid']}"
    training = str(uuid7())
    await clerk.does("trainings.request", "POST", f"{bot}/trainings", aid, json={"id": training, "deploy": False})
    trained = await until(clerk.browser, f"{base}/trainings/{training}", "succeeded")
    stop = f"{bot}/trainings/{{training}}/stop"
    await clerk.does("trainings.stop", "POST", stop, {**aid, "training": training})
    version = trained["version"]["id"]
    words = {"description": CANARY}
    path = f"{bot}/versions/{{version}}"
    await clerk.does("versions.describe", "PATCH", path, {**aid, "version": version}, json=words)
    deployment = str(uuid7())
    wanted = {"id": deployment, "version": version}
    await clerk.does("deployments.request", "POST", f"{bot}/deployments", aid, json=wanted)
    await until(clerk.browser, f"{base}/deployments/{deployment}", "running")
    chat = {**aid, "chat": str(uuid7())}
    await clerk.does("chats.begin", "POST", f"{bot}/chats", aid, json={"id": chat["chat"]})
    message = {"id": str(uuid7()), "text": CANARY}
    await clerk.does("chats.message", "POST", f"{bot}/chats/{{chat}}/messages", chat, json=message)
    await clerk.does("chats.restart", "POST", f"{bot}/chats/{{chat}}/restart", chat)
    stop = f"{bot}/deployments/{{deployment}}/stop"
    await clerk.does("deployments.stop", "POST", stop, {**aid, "deployment": deployment})
    await until(clerk.browser, f"{base}/deployments/{deployment}", "stopped")
    path = f"{bot}/versions/{{version}}/model"
    await clerk.does("versions.delete-model", "DELETE", path, {**aid, "version": version})


async def manage_people(clerk: Clerk) -> None:
    wanted = {"username": "clara", "roles": ["annotator"]}
    uid = {"uid": (await clerk.does("invite", "POST", "/api/users", json=wanted))["id"], "role": "nlu-editor"}
    await clerk.does("password-link", "POST", "/api/users/{uid}/password-link", uid)
    await clerk.does("grant", "PUT", "/api/users/{uid}/grants/{role}", uid)
    await clerk.does("revoke", "DELETE", "/api/users/{uid}/grants/{role}", uid)
    await clerk.does("disable", "POST", "/api/users/{uid}/disable", uid)
    await clerk.does("enable", "POST", "/api/users/{uid}/enable", uid)


@pytest.mark.slow
async def test_every_write_leaves_a_row_without_a_name_or_text(service: Service, studio: RunningStudio) -> None:
    for role in ROLES:
        service.start(role)
    clerk = Clerk(studio, await studio.administrator())
    await clerk.introduce()
    ids = {"aid": str(uuid7())}
    await write_content(clerk, ids)
    await do_work(clerk, ids)
    await manage_people(clerk)
    left = await clerk.browser.send("POST", "/api/sign-out")
    (row,) = await clerk.rows(left)
    assert (row.action, row.outcome, row.actor) == ("sign-out", "done", clerk.me)
    assert row.sign_in is not None
    unsafe = {each for each in operations(studio) if each[0] not in SAFE_METHODS}
    assert unsafe == clerk.written | WRITES_NOTHING | {("POST", "/api/sign-out")}
    async with studio.studio.services.transaction() as session:
        everything = str((await session.execute(select(audit))).all())
    assert not [word for word in (CANARY, "ferry", "clara", "utter_heron") if word in everything]


def operations(studio: RunningStudio) -> set[tuple[str, str]]:
    """All methods and paths of the API."""
    paths = studio.studio.app.openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


async def test_a_sign_in_that_is_broken_off_at_the_provider_leaves_a_row(studio: RunningStudio) -> None:
    browser = studio.browser()
    begun = await browser.http.get("/api/sign-in")
    answer = {"error": "access_denied", "state": httpx2.URL(begun.headers["Location"]).params["state"]}
    refused = await browser.http.get("/api/sign-in/callback", params=answer)
    assert refused.status_code == 403
    (row,) = await Clerk(studio, browser).rows(refused)
    assert (row.action, row.outcome, row.actor) == ("sign-in", "refused", None)
    again = await browser.http.get("/api/sign-in/callback", params=answer)
    assert await Clerk(studio, browser).rows(again) == []  # a stranger can't fill the audit with answers of his own
