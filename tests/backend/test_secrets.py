"""Secrets of assistants: set and deleted, never told, and in nothing that leaves the studio."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update
from tests.rights.material import archive
from tests.services.inprocess import Answer, Caller, InProcess, studio_in_process

from talkwright.database import assistant_secrets
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.tables import announcements, audit, deployments, models
from talkwright.identity.secrets import Keyring

pytestmark = pytest.mark.anyio

VALUE = "sk-canary-4411-of-the-quay"
CONFIG = """recipe: default.v1
language: en
assistant_id: keyed
pipeline:
- name: CompactLLMCommandGenerator
  llm: {model_group: main}
"""
ENDPOINTS = """model_groups:
- id: main
  models:
  - {provider: openai, model: small}
  - {provider: self-hosted, model: own, api_base: "https://${MODELS_HOST}/v1"}
"""


@pytest.fixture(scope="module")
async def asking(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InProcess]:
    async with studio_in_process(database_url, tmp_path_factory.mktemp("home")) as asking:
        yield asking


@pytest.fixture
async def admin(asking: InProcess) -> Caller:
    return await asking.person(["superuser"])


@pytest.fixture
async def path(asking: InProcess, admin: Caller) -> str:
    """The address of an assistant whose settings name two secrets."""
    made, name = str(uuid7()), f"keyed-{uuid7()}"
    project = archive(name, {"config.yml": CONFIG, "endpoints.yml": ENDPOINTS})
    answer = await asking.ask(admin, "POST", f"/api/assistants/import?id={made}&name={name}", content=project)
    assert answer.status == 201, answer.content
    return f"/api/assistants/{made}"


async def put(asking: InProcess, caller: Caller, path: str, name: str, value: Any = VALUE) -> Answer:
    return await asking.ask(caller, "PUT", f"{path}/secrets/{name}", body={"value": value})


async def listed(asking: InProcess, caller: Caller, path: str) -> dict[str, dict[str, Any]]:
    answer = await asking.ask(caller, "GET", f"{path}/secrets")
    assert answer.status == 200, answer.content
    assert VALUE not in answer.content.decode()
    return {one["name"]: one for one in answer.json()["items"]}


async def test_what_the_project_names_is_listed_until_it_is_set(asking: InProcess, admin: Caller, path: str) -> None:
    before = await listed(asking, admin, path)
    assert {name: (one["set"], one["named_in"]) for name, one in before.items()} == {
        "MODELS_HOST": (False, ["endpoints"]),
        "OPENAI_API_KEY": (False, ["endpoints"]),
    }
    answer = await put(asking, admin, path, "OPENAI_API_KEY")
    assert (answer.status, answer.json()) == (200, {"name": "OPENAI_API_KEY", "restarting": None})
    assert (await put(asking, admin, path, "UNNAMED")).status == 200
    after = await listed(asking, admin, path)
    assert {name: one["set"] for name, one in after.items()} == {
        "MODELS_HOST": False,
        "OPENAI_API_KEY": True,
        "UNNAMED": True,
    }
    assert after["OPENAI_API_KEY"]["by"]["id"] == str(admin.id)
    assert after["OPENAI_API_KEY"]["changed_at"]
    gone = await asking.ask(admin, "DELETE", f"{path}/secrets/UNNAMED")
    assert gone.status == 200
    assert "UNNAMED" not in await listed(asking, admin, path)
    assert (await asking.ask(admin, "DELETE", f"{path}/secrets/UNNAMED")).status == 404


async def test_nothing_that_the_studio_keeps_or_tells_holds_a_value(
    asking: InProcess, admin: Caller, path: str, tmp_path: Path
) -> None:
    assert (await put(asking, admin, path, "OPENAI_API_KEY")).status == 200
    told = [
        await put(asking, admin, path, "OPENAI_API_KEY", f"{VALUE}\n"),
        await put(asking, admin, path, "OPENAI_API_KEY", VALUE * 200),
        await put(asking, admin, path, "OPENAI_API_KEY", [VALUE]),
        await put(asking, admin, path, "TALKWRIGHT_KEY"),
        await asking.ask(admin, "PUT", f"{path}/secrets/OPENAI_API_KEY", body={"value": VALUE, "more": VALUE}),
    ]
    assert [answer.status for answer in told] == [422] * 5
    assert [VALUE in answer.content.decode() for answer in told] == [False] * 5
    exported = await asking.ask(admin, "GET", f"{path}/download?format=zip")
    assert exported.status == 200
    (tmp_path / "export.zip").write_bytes(exported.content)
    assert VALUE.encode() not in exported.content
    async with asking.studio.services.transaction() as session:
        tables = (await session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'studio'"))).scalars()
        for table in tables:
            rows = (await session.execute(text(f"SELECT t::text FROM studio.{table} t"))).scalars()
            assert not any(VALUE in row or VALUE.encode().hex() in row for row in rows), table


async def test_the_audit_says_who_did_it_and_pages_hear_that_something_changed(
    asking: InProcess, admin: Caller, path: str
) -> None:
    await put(asking, admin, path, "OPENAI_API_KEY")
    await asking.ask(admin, "DELETE", f"{path}/secrets/OPENAI_API_KEY")
    assistant = UUID(path.rpartition("/")[2])
    async with asking.studio.services.transaction() as session:
        lines = await session.execute(
            select(audit.c.action, audit.c.actor, audit.c.outcome, audit.c.details)
            .where(audit.c.assistant == assistant, audit.c.action.like("secrets.%"))
            .order_by(audit.c.id)
        )
        assert [tuple(line) for line in lines] == [
            ("secrets.set", admin.id, "done", "{}"),
            ("secrets.delete", admin.id, "done", "{}"),
        ]
        facts = await session.execute(
            select(announcements.c.payload).where(
                announcements.c.scope == str(assistant), announcements.c.kind == "secret"
            )
        )
        assert [json.loads(fact) for fact in facts.scalars()] == [{}, {}]


async def test_what_runs_starts_again_once_for_each_change(asking: InProcess, admin: Caller, path: str) -> None:
    assistant = UUID(path.rpartition("/")[2])
    training = {"id": str(uuid7()), "deploy": False}
    begun = (await asking.ask(admin, "POST", f"{path}/trainings", body=training)).json()
    version, model, running = UUID(begun["version"]["id"]), uuid7(), uuid7()
    async with asking.studio.services.transaction() as session:
        made = {"id": model, "model_id": str(model), "assistant": assistant, "version": version}
        rest = {"engine": "talkwright", "object": "models/x.tar.gz", "bytes": 1, "sha256": b"0" * 32}
        await session.execute(insert(models).values(made | rest))
        row = {"id": running, "assistant": assistant, "version": version, "model": model, "created_by": SYSTEM_USER}
        await session.execute(insert(deployments).values(**row, state="running", active=True))
    first = (await put(asking, admin, path, "OPENAI_API_KEY")).json()["restarting"]
    again = await asking.ask(admin, "GET", f"{path}/deployments/{first}")
    assert (again.json()["state"], again.json()["version"]["id"]) == ("queued", str(version))
    assert (await put(asking, admin, path, "OPENAI_API_KEY")).json()["restarting"] is None, "the value is the same"
    async with asking.studio.services.transaction() as session:
        ended = {"state": "stopped", "active": False}
        await session.execute(update(deployments).where(deployments.c.id == running).values(**ended))
    gone = await asking.ask(admin, "DELETE", f"{path}/secrets/OPENAI_API_KEY")
    assert gone.json()["restarting"] is None, "the one that waits starts with what is there then"


async def test_there_are_only_so_many(asking: InProcess, admin: Caller, path: str) -> None:
    for number in range(20):
        assert (await put(asking, admin, path, f"KEY_{number}")).status == 200
    refused = await put(asking, admin, path, "KEY_20")
    assert (refused.status, refused.json()["code"]) == (409, "too-many-secrets")
    assert (await put(asking, admin, path, "KEY_19", "another")).status == 200


async def test_what_no_key_opens_any_more_counts_as_not_set(asking: InProcess, admin: Caller, path: str) -> None:
    sealed = Keyring([b"k" * 32]).encrypt(VALUE.encode(), assistant_secrets.PURPOSE)
    async with asking.studio.services.transaction() as session:
        await assistant_secrets.set_secret(
            session, UUID(path.rpartition("/")[2]), "OPENAI_API_KEY", sealed, SYSTEM_USER
        )
    assert (await listed(asking, admin, path))["OPENAI_API_KEY"]["set"] is False


async def test_a_deleted_assistant_keeps_none(asking: InProcess, admin: Caller, path: str) -> None:
    await put(asking, admin, path, "OPENAI_API_KEY")
    assert (await asking.ask(admin, "DELETE", path)).status == 204
    async with asking.studio.services.transaction() as session:
        assert await assistant_secrets.sealed_secrets(session, UUID(path.rpartition("/")[2])) == {}
