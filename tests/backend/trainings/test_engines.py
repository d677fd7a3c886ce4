"""Which engine an assistant has: chosen where a consumer offers it, kept by what was trained."""

import os
import socket
from typing import Any

import pytest
from tests.services.modelservice import Service
from tests.services.studio import Browser, RunningStudio

from talkwright.database import workers
from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio


@pytest.fixture
async def admin(studio: RunningStudio) -> Browser:
    return await studio.administrator()


@pytest.fixture
async def path(admin: Browser) -> str:
    """The address of a new assistant from the starter."""
    made = str(uuid7())
    row = {"id": made, "name": f"bot-{made}", "title": "Bot", "language": "en"}
    assert (await admin.send("POST", "/api/assistants", json=row)).status_code == 201
    return f"/api/assistants/{made}"


async def ask(browser: Browser, method: str, path: str, status: int = 200, **values: Any) -> Any:
    answer = await browser.send(method, path, timeout=60, **values)
    assert answer.status_code == status, answer.text
    return answer.json()


async def offer(service: Service, *engines: str) -> Any:
    """A training consumer that says that it can run these."""
    worker = uuid7()
    async with service.database.transaction() as session:
        await workers.register_worker(
            session,
            worker,
            "training-consumer",
            host=socket.gethostname(),
            process=os.getpid(),
            lease_seconds=300,
            engines=engines,
        )
    return worker


async def test_an_engine_that_nobody_offers_is_refused_in_words_and_one_that_is_offered_is_kept(
    service: Service, admin: Browser, path: str
) -> None:
    assert (await ask(admin, "GET", "/api/engines"))["items"] == ["talkwright"]
    assert (await ask(admin, "GET", path))["engine"] == "talkwright"
    refused = await ask(admin, "PUT", f"{path}/engine", 409, json={"engine": "rasa"})
    assert refused["code"] == "engine-not-set-up"
    assert "The operator has set up talkwright." in refused["detail"]
    await offer(service, "talkwright", "rasa")
    assert (await ask(admin, "GET", "/api/engines"))["items"] == ["talkwright", "rasa"]
    assert (await ask(admin, "PUT", f"{path}/engine", json={"engine": "rasa"}))["engine"] == "rasa"
    assert (await ask(admin, "GET", path))["engine"] == "rasa"


async def test_a_training_keeps_the_engine_that_its_assistant_had_when_it_was_asked_for(
    service: Service, admin: Browser, path: str
) -> None:
    worker = await offer(service, "talkwright", "rasa")
    await ask(admin, "PUT", f"{path}/engine", json={"engine": "rasa"})
    first = await ask(admin, "POST", f"{path}/trainings", 201, json={"id": str(uuid7())})
    assert first["engine"] == "rasa"
    await ask(admin, "PUT", f"{path}/engine", json={"engine": "talkwright"})
    assert (await ask(admin, "GET", f"{path}/trainings/{first['id']}"))["engine"] == "rasa"
    second = await ask(admin, "POST", f"{path}/trainings", 201, json={"id": str(uuid7())})
    assert (second["engine"], second["id"] != first["id"]) == ("talkwright", True), "the same version, another engine"
    again = await ask(admin, "POST", f"{path}/trainings", 200, json={"id": str(uuid7())})
    assert again["id"] == second["id"]
    async with service.database.transaction() as session:
        await workers.end_worker(session, worker)
    await offer(service, "talkwright")
    waiting = (await ask(admin, "GET", f"{path}/trainings/{first['id']}"))["waiting"]
    assert waiting == "No training consumer with the engine rasa is there, it starts as soon as one is."
