"""One trace from the click to the answer: real roles, a real collector, and the lines of the job."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.services.collector import Collector, collector
from tests.services.modelservice import service_at
from tests.services.studio import run_studio

from talkwright.database.ids import uuid7
from talkwright.operations import tracing
from talkwright.operations.collecting import Collector as Sender
from talkwright.storage.keys import log_key

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

ROLES = ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer")


@pytest.fixture
def collected() -> Iterator[Collector]:
    """A collector to which this process, which serves the studio, sends too."""
    with collector() as collected:
        sender = Sender(collected.endpoint, "backend")
        tracing.send_to(sender.take)
        yield collected
        tracing.send_to(None)
        sender.close()


async def arrived(collected: Collector, trace: str, wanted: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Wait until spans of these services and names are there, or time is up."""
    found: set[tuple[str, str]] = set()
    try:
        async with asyncio.timeout(60):
            while not wanted <= found:
                await asyncio.sleep(0.1)
                found = {(span.service, span.name) for span in collected.of(trace)}
    except TimeoutError:
        pass
    return found


async def test_a_click_is_one_trace_up_to_the_answer(
    collected: Collector, fresh_database_url: str, tmp_path: Path
) -> None:
    trace, click = secrets.token_hex(16), secrets.token_hex(8)
    headers = {"traceparent": f"00-{trace}-{click}-01"}
    settings = {"TALKWRIGHT_OTLP_ENDPOINT": collected.endpoint}
    async with service_at(fresh_database_url, tmp_path, **settings) as service:
        for role in ROLES:
            service.start(role)
        async with run_studio(fresh_database_url, service.home) as studio:
            admin = await studio.administrator()
            made, training = uuid7(), uuid7()
            path = f"/api/assistants/{made}"
            await admin.send(
                "POST", "/api/assistants", json={"id": str(made), "name": "t", "title": "T", "language": "en"}
            )
            asked = await admin.send("POST", f"{path}/trainings", headers=headers, json={"id": str(training)})
            assert asked.status_code == 201
            assert (await service.row("training", training)).traceparent.startswith(f"00-{trace}-")
            await service.active(made, training=training)
            chat = str(uuid7())
            await admin.send("POST", f"{path}/chats", json={"id": chat})
            said = {"id": str(uuid7()), "text": "/session_start"}
            answer = await admin.send("POST", f"{path}/chats/{chat}/messages", headers=headers, json=said)
            assert answer.status_code == 200, answer.text
        wanted = {
            ("talkwright-backend", "POST /api/assistants/{aid}/trainings"),
            ("talkwright-training-orchestrator", "training queued"),
            ("talkwright-training-consumer", "training attempt"),
            ("talkwright-training-consumer", "stage learning"),
            ("talkwright-training-consumer", "stage publishing"),
            ("talkwright-running-orchestrator", "deployment queued"),
            ("talkwright-running-consumer", "deployment attempt"),
            ("talkwright-backend", "POST /api/assistants/{aid}/chats/{chat}/messages"),
            ("talkwright-backend", "engine turn"),
        }
        assert wanted - await arrived(collected, trace, wanted) == set()
        (attempt,) = await service.attempts("training", training)
        stored = (await service.store.get(log_key(attempt.id))).decode().splitlines()
        assert stored
        assert {json.loads(line)["trace"] for line in stored} == {trace}
        said_by_roles = [json.loads(line) for line in service.journal.path.read_text().splitlines()]
    traced = {line["role"] for line in said_by_roles if line.get("trace") == trace}
    assert set(ROLES) <= traced
    spans = collected.of(trace)
    known = {span.span for span in spans} | {click}
    assert {span.parent for span in spans} <= known
    assert all(span.seconds >= 0 for span in spans)
    (tried,) = (span for span in spans if span.name == "training attempt")
    assert tried.attributes["outcome"] == "succeeded"
    assert tried.attributes["work"] == str(training)


async def test_no_work_waits_for_a_collector_that_is_away() -> None:
    before = set(threading.enumerate())
    sender = Sender("http://127.0.0.1:9", "backend")
    tracing.send_to(sender.take)
    with tracing.span("one"):
        pass
    tracing.send_to(None)
    began = asyncio.get_running_loop().time()
    sender.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(0.5)
    assert set(threading.enumerate()) <= before  # nothing of it goes on trying
    assert asyncio.get_running_loop().time() - began < 10
