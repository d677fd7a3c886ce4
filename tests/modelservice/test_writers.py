"""Each column of trainings, deployments and attempts is written by one role alone, whatever happens to the others."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Awaitable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest
from sqlalchemy.engine import make_url
from tests.services.modelservice import Service, service_at
from tests.services.postgres import OWNER, TestServer
from tests.services.studio import Browser, run_studio

from talkwright.database.ids import uuid7

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(300)]

WRITERS = """
CREATE SCHEMA writers;
CREATE TABLE writers.written (what text, name text, who text);
CREATE FUNCTION writers.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  what text := concat_ws(' of a ', TG_TABLE_NAME, to_jsonb(NEW)->>'work_kind');
  lost text := CASE WHEN to_jsonb(NEW)->>'outcome' = 'lost_consumer' THEN 'lost ' ELSE '' END;
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO writers.written VALUES (what, 'row', current_setting('application_name'));
  ELSE
    INSERT INTO writers.written SELECT what, lost || n.key, current_setting('application_name')
    FROM jsonb_each(to_jsonb(NEW)) n JOIN jsonb_each(to_jsonb(OLD)) o USING (key) WHERE n.value <> o.value;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON studio.trainings FOR EACH ROW EXECUTE FUNCTION writers.note();
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON studio.deployments FOR EACH ROW EXECUTE FUNCTION writers.note();
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON studio.attempts FOR EACH ROW EXECUTE FUNCTION writers.note();
"""
BACKEND = "backend"


def writers_of_attempts(role: str) -> dict[str, set[str]]:
    """Who writes which column of a kind of attempts; the orchestrator also the end of one whose consumer is lost."""
    given, ended = ("row", "worker", "epoch", "stop_requested_at"), ("outcome", "state", "address", "ended_at")
    theirs = [*given, *(f"lost {name}" for name in ended)]
    return {**{name: {f"{role}-orchestrator"} for name in theirs}, "*": {f"{role}-consumer"}}


ALLOWED = {
    "trainings": {
        "row": {BACKEND},
        "cancel_requested_at": {BACKEND},
        "deploy": {BACKEND},
        "*": {"training-orchestrator"},
    },
    "deployments": {
        "row": {BACKEND, "training-orchestrator"},
        "cancel_requested_at": {BACKEND},
        "wake_requested_at": {BACKEND},
        "*": {"running-orchestrator"},
    },
    "attempts of a training": writers_of_attempts("training"),
    "attempts of a deployment": writers_of_attempts("running"),
}
SEEN = {
    "trainings": {"row", "state", "cancel_requested_at", "deploy"},
    "deployments": {"row", "state", "active", "cancel_requested_at", "slept_at", "wake_requested_at"},
    "attempts of a training": {"row", "outcome", "stop_requested_at", "lost outcome"},
    "attempts of a deployment": {"row", "outcome", "stop_requested_at", "worker", "address"},
}
"""What must have been written at least, so that nothing is proved of what never happened."""


async def asked(sending: Awaitable[httpx2.Response]) -> Any:
    """What the studio answers to a request that it takes."""
    answer = await sending
    assert answer.status_code < 300, answer.text
    return answer.json()


async def everything_happens(service: Service, admin: Browser) -> None:
    """Train, run, sleep, wake and stop by the studio's own routes, while consumers get lost and hand over."""
    roles = {"running-consumer": {}, "training-consumer": {"TALKWRIGHT_ADOPT_SECONDS": "0"}}
    service.start("training-orchestrator")
    service.start("running-orchestrator", TALKWRIGHT_IDLE_STOP_SECONDS="4")
    runner, trainer = [service.start(role, **settings) for role, settings in roles.items()]
    made = uuid7()
    path, row = f"/api/assistants/{made}", {"id": str(made), "name": "t", "title": "T", "language": "en"}
    await asked(admin.send("POST", "/api/assistants", json=row))

    async def train(**wish: bool) -> UUID:
        body = {"id": str(uuid7()), **wish}
        return UUID((await asked(admin.send("POST", f"{path}/trainings", json=body)))["id"])

    training = await train()
    await service.stage("training", training)
    assert trainer.pid is not None
    os.kill(trainer.pid, signal.SIGKILL)  # its job ends with it
    deployment = await service.active(made, training=training)
    assert [one.outcome for one in await service.attempts("training", training)] == ["lost_consumer", "succeeded"]

    assert runner.pid is not None
    os.kill(runner.pid, signal.SIGKILL)  # its job goes on, and sleeps in other hands
    await service.becomes("deployment", deployment.id, "stopped")
    (attempt,) = await service.attempts("deployment", deployment.id)
    assert attempt.epoch == 2
    chat = str(uuid7())
    await asked(admin.send("POST", f"{path}/chats", json={"id": chat}))
    said = {"id": str(uuid7()), "text": "/session_start"}
    await asked(admin.send("POST", f"{path}/chats/{chat}/messages", json=said))
    await asked(admin.send("POST", f"{path}/deployments/{deployment.id}/stop"))
    await service.becomes("deployment", deployment.id, "stopped")

    again = {"id": str(uuid7()), "version": str(deployment.version)}
    await asked(admin.send("POST", f"{path}/deployments", json=again))
    called_off = await train(deploy=False)
    assert await train(deploy=True) == called_off
    await service.stage("training", called_off)
    await asked(admin.send("POST", f"{path}/trainings/{called_off}/stop"))
    await service.becomes("training", called_off, "cancelled", "succeeded")
    await asked(admin.send("POST", f"{path}/deployments/{again['id']}/stop"))
    await service.becomes("deployment", UUID(again["id"]), "stopped")


async def test_each_column_has_one_writer(fresh_database_url: str, postgres: TestServer, tmp_path: Path) -> None:
    url = make_url(fresh_database_url)
    owner = postgres.url(OWNER, str(url.database))
    with psycopg.connect(owner) as link:
        link.execute(WRITERS)
    named = url.update_query_dict({"application_name": BACKEND}).render_as_string(hide_password=False)
    async with service_at(fresh_database_url, tmp_path) as service, run_studio(named, service.home) as studio:
        await everything_happens(service, await studio.administrator())
    written: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    with psycopg.connect(owner) as link:
        for what, column, who in link.execute("SELECT DISTINCT what, name, who FROM writers.written"):
            written[what][column].add(who)
    for what, columns in written.items():
        for column, who in columns.items():
            allowed = ALLOWED[what].get(column, ALLOWED[what]["*"])
            assert who <= allowed, f"{column} of {what} was written by {who}"
    for what, columns in SEEN.items():
        assert columns <= written[what].keys(), what
