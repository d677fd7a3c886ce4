"""Deleting a version's model: refused while it is in use, it frees its place, and what became of the version stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update
from tests.services.studio import Browser, RunningStudio, run_studio

from talkwright.database.deployments import deploy_trained, model_of_version
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.models import delete_models, hold_models, use_of_models
from talkwright.database.tables import announcements, deployments, models, trainings

pytestmark = pytest.mark.anyio


@dataclass
class Desk:
    """An assistant with one version, whose training made a model."""

    studio: RunningStudio
    admin: Browser
    id: str
    version: str
    training: str

    @property
    def path(self) -> str:
        return f"/api/assistants/{self.id}"

    @property
    def database(self) -> Database:
        return self.studio.studio.services.database

    async def delete(self) -> Any:
        """Ask for the end of the model."""
        return await self.admin.send("DELETE", f"{self.path}/versions/{self.version}/model")

    async def shown(self) -> Any:
        """The version as the list shows it."""
        return (await self.admin.http.get(f"{self.path}/versions")).json()["items"][0]

    async def deploy(self) -> Any:
        """Ask for the version to run."""
        body = {"id": str(uuid7()), "version": self.version}
        return await self.admin.send("POST", f"{self.path}/deployments", json=body)

    async def becomes(self, deployment: str, **values: Any) -> None:
        """What orchestrators and consumers make of a deployment."""
        async with self.database.transaction() as session:
            changed = update(deployments).where(deployments.c.id == UUID(deployment)).values(**values)
            await session.execute(changed)


@pytest.fixture
async def desk(fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setenv("TALKWRIGHT_QUOTA_MODELS", "1")
    async with run_studio(fresh_database_url, tmp_path) as studio:
        admin, made, training = await studio.administrator(), str(uuid7()), str(uuid7())
        row = {"id": made, "name": "tea", "title": "Tea", "language": "en"}
        await admin.send("POST", "/api/assistants", json=row)
        begun = await admin.send("POST", f"/api/assistants/{made}/trainings", json={"id": training})
        desk = Desk(studio, admin, made, begun.json()["version"]["id"], training)
        async with desk.database.transaction() as session:
            ended = {"state": "succeeded", "ended_at": text("clock_timestamp()")}
            await session.execute(update(trainings).values(**ended))
            await enter(session, desk, "tea-model")
        yield desk


async def enter(session: Any, desk: Desk, name: str) -> UUID:
    """A model of the version, as a training enters it."""
    model = uuid7()
    whose = {"assistant": UUID(desk.id), "version": UUID(desk.version), "training": UUID(desk.training)}
    what = {"model_id": name, "engine": "talkwright", "object": name, "bytes": 7, "sha256": b""}
    await session.execute(insert(models).values(id=model, **whose, **what))
    return model


async def test_who_ends_a_sleep_stands_in_its_history_even_after_another_version_ran(desk: Desk) -> None:
    run = (await desk.deploy()).json()["id"]
    now = text("clock_timestamp()")
    await desk.becomes(run, state="stopped", slept_at=now, ended_at=now, reason="The next message wakes it.")
    before = (await desk.admin.http.get(f"{desk.path}/deployments/{run}/states")).json()["items"]
    assert [change["why"] for change in before] == ["It was asked for."]
    for _ in range(2):
        await desk.admin.send("POST", f"{desk.path}/deployments/{run}/stop")
    for values in ({}, {"slept_at": None}):  # so it is once the talk went to another one
        if values:
            await desk.becomes(run, **values)
        newest, *older = (await desk.admin.http.get(f"{desk.path}/deployments/{run}/states")).json()["items"]
        assert (newest["who"], newest["why"]) == ("admin", "It was stopped while it slept.")
        assert newest["target"] == "stopped"
        assert newest["number"] > older[0]["number"]
        assert older == before
        shown = (await desk.admin.http.get(f"{desk.path}/deployments/{run}")).json()
        assert shown["reason"] == newest["why"]


async def test_a_message_is_said_to_wake_only_who_sleeps_still(desk: Desk) -> None:
    run, why = (await desk.deploy()).json()["id"], "Nobody talked to the assistant for a while."
    reasons = []
    for slept in (text("clock_timestamp()"), None):  # None once the talk went to another one
        await desk.becomes(run, state="stopped", slept_at=slept, ended_at=text("clock_timestamp()"), reason=why)
        told = (await desk.admin.http.get(f"{desk.path}/deployments/{run}")).json()
        reasons.append((told["asleep"], told["reason"]))
    assert reasons == [(True, "Nobody talked to it for a while; the next message wakes it."), (False, why)]


async def test_a_model_is_deleted_once_nothing_needs_it_and_makes_room_for_the_next(desk: Desk) -> None:
    refused = await desk.admin.send("POST", f"{desk.path}/trainings", json={"id": str(uuid7())})
    assert refused.json()["quota"] == {"name": "models", "used": 1, "limit": 1}
    assert "Delete models that nobody needs" in refused.json()["detail"]
    run = (await desk.deploy()).json()["id"]
    for values, words in (
        ({"state": "queued"}, "tea-1 is about to run."),
        ({"state": "running", "active": True}, "tea-1 runs."),
        ({"state": "stopping", "active": False}, "tea-1 is still stopping. Try again in a moment."),
        ({"state": "stopped", "slept_at": text("now()")}, "tea-1 sleeps, and may run again."),
    ):
        await desk.becomes(run, **values)
        answer = await desk.delete()
        assert (answer.status_code, answer.json()["code"]) == (409, "model-in-use")
        assert words in answer.json()["detail"]
    assert "Stop it or let another version run" in answer.json()["detail"]
    assert (await desk.shown())["model"]["bytes"] == 7
    await desk.admin.send("POST", f"{desk.path}/deployments/{run}/stop")  # who sleeps is not woken any more

    assert (await desk.delete()).status_code == 204
    version = await desk.shown()
    assert (version["model"], version["model_deleted"]["by"]["name"]) == (None, "admin")
    assert version["training"]["state"] == "succeeded", "what became of it stays"
    (kept,) = (await desk.admin.http.get(f"{desk.path}/deployments?version={desk.version}")).json()["items"]
    assert (kept["id"], kept["engine"]) == (run, "talkwright")
    assert (await desk.admin.http.get(f"{desk.path}/deployments/{run}/states")).json()["items"]
    assert (await desk.admin.http.get(f"{desk.path}/versions/{desk.version}/project")).status_code == 200
    for gone in (await desk.delete(), await desk.admin.http.get(f"{desk.path}/versions/{desk.version}/model")):
        assert gone.status_code == 404
    assert (await desk.deploy()).json()["code"] == "no-model"
    assert (await desk.admin.send("POST", f"{desk.path}/trainings", json={"id": str(uuid7())})).status_code == 201
    async with desk.database.transaction() as session:
        told = (await session.execute(select(announcements).where(announcements.c.kind == "version"))).all()
        await enter(session, desk, "another model")
    assert [row.scope for row in told] == [desk.id]
    version = await desk.shown()
    assert (version["model"]["bytes"], version["model_deleted"]) == (7, None), "the next training makes one again"


async def test_of_other_versions_only_their_own_runs_are_listed(desk: Desk) -> None:
    await desk.deploy()
    assert (await desk.admin.http.get(f"{desk.path}/deployments?version={uuid7()}")).json()["items"] == []


async def test_nobody_starts_a_model_that_is_just_being_deleted(desk: Desk) -> None:
    assistant, version = UUID(desk.id), UUID(desk.version)
    async with desk.database.transaction() as session:
        held = await hold_models(session, version)
        by_hand = asyncio.create_task(desk.deploy())
        by_training = asyncio.create_task(run_of_training(desk, held[0]))
        done, _ = await asyncio.wait({by_hand, by_training}, timeout=0.5)
        assert not done, "both wait for what becomes of the model"
        await delete_models(session, held, assistant=assistant, version=version, by=SYSTEM_USER)
    assert (await by_hand).json()["code"] == "no-model"
    assert not await by_training


async def test_a_model_that_is_just_being_started_is_not_deleted(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        model = await model_of_version(session, UUID(desk.version))
        assert model is not None
        assert await deploy_trained(session, uuid7(), training=UUID(desk.training), model=model["id"])
        deleting = asyncio.create_task(desk.delete())
        done, _ = await asyncio.wait({deleting}, timeout=0.5)
        assert not done
    assert (await deleting).json()["code"] == "model-in-use"
    async with desk.database.transaction() as session:
        assert await use_of_models(session, [model["id"]]) == "queued"


async def run_of_training(desk: Desk, model: UUID) -> bool:
    """Have a training's model run, as the orchestrator does."""
    async with desk.database.transaction() as session:
        return await deploy_trained(session, uuid7(), training=UUID(desk.training), model=model)
