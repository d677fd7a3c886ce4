"""Edit → train → talk over the API alone: the real studio, real roles, the real engine."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.services.modelservice import Service
from tests.services.studio import Browser, RunningStudio

from talkwright.database.ids import uuid7
from talkwright.database.tables import leases

pytestmark = pytest.mark.anyio

BROKEN = {"description": "Goes nowhere.", "steps": [{"action": "utter_missing", "next": "nowhere"}]}


@pytest.fixture
async def admin(studio: RunningStudio) -> Browser:
    return await studio.administrator()


@pytest.fixture
async def path(admin: Browser) -> str:
    """The address of a new assistant from the starter."""
    made = str(uuid7())
    row = {"id": made, "name": f"bot-{made}", "title": "Bot", "language": "en"}
    answer = await admin.send("POST", "/api/assistants", json=row)
    assert answer.status_code == 201, answer.text
    return f"/api/assistants/{made}"


async def ask(browser: Browser, method: str, path: str, status: int = 200, **values: Any) -> Any:
    answer = await browser.send(method, path, timeout=60, **values)
    assert answer.status_code == status, answer.text
    return answer.json()


async def ended(browser: Browser, path: str) -> Any:
    async with asyncio.timeout(60):
        while True:
            training = await ask(browser, "GET", path)
            if training["state"] not in ("queued", "running"):
                return training
            await asyncio.sleep(0.05)


async def frames(studio: RunningStudio, browser: Browser, assistant: str, wanted: int) -> list[dict[str, Any]]:
    """The first frames and facts of the event stream."""
    seen: list[dict[str, Any]] = []
    async with browser.http.stream("GET", f"/api/events?assistant={assistant}", timeout=60) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                seen.append(json.loads(line.removeprefix("data:")))
            if len([one for one in seen if one.get("kind") == "log"]) >= wanted:
                return seen
    return seen


async def test_a_new_assistant_is_trained_and_talks_and_its_chat_stays(
    service: Service, studio: RunningStudio, admin: Browser, path: str
) -> None:
    for role in ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer"):
        service.start(role)
    stream = asyncio.create_task(frames(studio, admin, path.rpartition("/")[2], 1))
    wanted = {"id": str(uuid7()), "deploy": True}
    first = await ask(admin, "POST", f"{path}/trainings", 201, json=wanted)
    assert first["state"] in ("queued", "running")
    assert first["version"]["name"].endswith("-1")
    again = await ask(admin, "POST", f"{path}/trainings", 200, json=wanted)
    assert again["id"] == first["id"]
    training = await ended(admin, f"{path}/trainings/{first['id']}")
    assert (training["state"], training["progress"]) == ("succeeded", 1.0), training
    log = await ask(admin, "GET", f"{path}/trainings/{first['id']}/log")
    assert [line["stage"] for line in log["lines"][-2:]] == ["trained", "publishing"]
    rest = await ask(admin, "GET", f"{path}/trainings/{first['id']}/log?after={log['next']}")
    assert rest["lines"] == []
    states = f"{path}/trainings/{first['id']}/states"
    told = await ask(admin, "GET", f"{states}?limit=2")
    assert [(one["source"], one["target"]) for one in told["items"]] == [
        ("running", "succeeded"),
        ("queued", "running"),
    ]
    assert all(one["who"].startswith("training orchestrator ") and one["why"] for one in told["items"])
    asked = await ask(admin, "GET", f"{states}?cursor={told['next']}")
    assert [(one["target"], one["who"]) for one in asked["items"]] == [("queued", first["by"]["name"])]
    assert asked["items"][0]["at"] == first["created_at"]
    seen = await stream
    assert {"log", "training"} <= {one.get("kind") for one in seen}

    chat = str(uuid7())
    assert (await ask(admin, "POST", f"{path}/chats", 201, json={"id": chat}))["turns"] == 0
    suggested = await ask(admin, "GET", f"{path}/chats/suggestions")
    assert suggested["texts"]
    assert suggested["greets"] is False  # the starter has no greeting of its own
    message = {"id": str(uuid7()), "text": suggested["texts"][0]}
    said = await ask(admin, "POST", f"{path}/chats/{chat}/messages", json=message)
    assert [entry["text"] for entry in said["turn"]["entries"] if entry["kind"] == "bot"]
    assert await ask(admin, "POST", f"{path}/chats/{chat}/messages", json=message) == said
    told = await ask(admin, "GET", f"{path}/chats/{chat}/timeline")
    assert [turn["number"] for turn in told["turns"]] == [1]
    assert told["turns"][0]["entries"] == said["turn"]["entries"]
    assert told["turns"][0]["model"] == said["turn"]["model"]
    assert told["state"] == said["state"]
    restarted = await ask(admin, "POST", f"{path}/chats/{chat}/restart")
    assert restarted["turn"]["session"] == 2
    assert (await ask(admin, "GET", f"{path}/chats/{chat}"))["title"] == message["text"]

    (deployment,) = (await ask(admin, "GET", f"{path}/deployments"))["items"]
    assert (deployment["state"], deployment["active"]) == ("running", True)
    went = await ask(admin, "GET", f"{path}/deployments/{deployment['id']}/states")
    assert [one["target"] for one in went["items"]] == ["running", "starting", "queued"]
    assert (await ask(admin, "GET", path))["deployment"]["id"] == deployment["id"]
    (version,) = (await ask(admin, "GET", f"{path}/versions"))["items"]
    assert version["active"]
    assert version["model"]["bytes"] > 1000

    await ask(admin, "POST", f"{path}/deployments/{deployment['id']}/stop")
    await service.becomes("deployment", UUID(deployment["id"]), "stopped")
    went = await ask(admin, "GET", f"{path}/deployments/{deployment['id']}/states")
    who = {one["target"]: one["who"] for one in went["items"]}
    assert who["stopping"] == who["stopped"] == first["by"]["name"]
    assert who["running"].startswith("deployment orchestrator ")
    unsaid = await ask(admin, "POST", f"{path}/chats/{chat}/messages", 409, json={"id": str(uuid7()), "text": "hello"})
    assert unsaid["code"] == "no-deployment"
    assert unsaid["detail"].endswith("Version 1 is trained: run it, then say it again.")
    nowhere = {"id": str(uuid7()), "text": "hello"}
    await ask(admin, "POST", f"{path}/chats/{uuid7()}/messages", 404, json=nowhere)
    async with service.database.transaction() as session:
        left = select(leases.c.key).where(leases.c.key.like("chat:%"))
        assert not list(await session.execute(left)), "a message that no model heard leaves nothing to the next turn"


async def add_slot(browser: Browser, path: str) -> None:
    """Change the content, so that its next training is another one."""
    edit = {"op": "create", "item": str(uuid7()), "kind": "slot", "name": "more", "body": {"type": "text"}}
    change = {"id": str(uuid7()), "command": {"name": "create-slot", "arguments": {}}, "edits": [edit]}
    await ask(browser, "POST", f"{path}/changes", json=change)


async def test_the_same_content_is_trained_once_at_a_time(admin: Browser, path: str) -> None:
    asked = ({"id": str(uuid7()), "deploy": deploy} for deploy in (False, False, False))
    answers = await asyncio.gather(*(admin.send("POST", f"{path}/trainings", json=body) for body in asked))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 201]
    (training,) = (await ask(admin, "GET", f"{path}/trainings"))["items"]
    assert {answer.json()["id"] for answer in answers} == {training["id"]}
    assert training["deploy"] is False
    wished = await ask(admin, "POST", f"{path}/trainings", 200, json={"id": str(uuid7()), "deploy": True})
    assert (wished["id"], wished["deploy"]) == (training["id"], True)
    kept = await ask(admin, "POST", f"{path}/trainings", 200, json={"id": str(uuid7()), "deploy": False})
    assert kept["deploy"] is True
    await ask(admin, "POST", f"{path}/trainings/{training['id']}/stop")
    after = await ask(admin, "POST", f"{path}/trainings", 201, json={"id": str(uuid7())})
    assert after["id"] != training["id"]


async def test_waiting_work_says_its_place_and_why(admin: Browser, path: str) -> None:
    await ask(admin, "POST", f"{path}/trainings", 201, json={"id": str(uuid7())})
    await add_slot(admin, path)
    queued = await ask(admin, "POST", f"{path}/trainings", 201, json={"id": str(uuid7())})
    assert queued["place"] == 2
    assert queued["waiting"] == "1 before you; no training consumer is there, it starts as soon as one is."
    page = await ask(admin, "GET", f"{path}/trainings?limit=1")
    assert page["items"][0]["id"] == queued["id"]
    older = await ask(admin, "GET", f"{path}/trainings?limit=1&cursor={page['next']}")
    assert older["items"][0]["place"] == 1
    assert older["next"] is None
    stopped = await ask(admin, "POST", f"{path}/trainings/{queued['id']}/stop")
    assert stopped["stopping"]


async def test_each_version_shows_its_own_training(admin: Browser, path: str) -> None:
    first = await ask(admin, "POST", f"{path}/trainings", 201, json={"id": str(uuid7())})
    await add_slot(admin, path)
    second = await ask(admin, "POST", f"{path}/trainings", 201, json={"id": str(uuid7())})
    made = str(uuid7())
    await ask(admin, "POST", "/api/assistants", 201, json={"id": made, "name": f"x-{made}", "title": "X"})
    other = await ask(admin, "POST", f"/api/assistants/{made}/trainings", 201, json={"id": str(uuid7())})
    listed = (await ask(admin, "GET", f"{path}/versions"))["items"]
    assert [version["training"]["id"] for version in listed] == [second["id"], first["id"]]
    (elsewhere,) = (await ask(admin, "GET", f"/api/assistants/{made}/versions"))["items"]
    assert elsewhere["training"]["id"] == other["id"]


async def test_errors_of_the_content_stop_a_training_before_it_is_queued(admin: Browser, path: str) -> None:
    edit = {"op": "create", "item": str(uuid7()), "kind": "flow", "name": "broken", "body": BROKEN}
    change = {"id": str(uuid7()), "command": {"name": "create-flow", "arguments": {}}, "edits": [edit]}
    await ask(admin, "POST", f"{path}/changes", json=change)
    refused = await ask(admin, "POST", f"{path}/trainings", 422, json={"id": str(uuid7())})
    assert refused["code"] == "content-problems"
    assert any("nowhere" in problem["message"] for problem in refused["problems"])
    assert (await ask(admin, "GET", f"{path}/trainings"))["items"] == []


async def test_talking_to_what_does_not_run_says_what_to_do(admin: Browser, path: str) -> None:
    chat = str(uuid7())
    await ask(admin, "POST", f"{path}/chats", 201, json={"id": chat})
    message = {"id": str(uuid7()), "text": "hello"}
    refused = await ask(admin, "POST", f"{path}/chats/{chat}/messages", 409, json=message)
    assert refused["code"] == "no-deployment"
    assert "Train" in refused["detail"]
    wrong = await ask(admin, "POST", f"{path}/chats", 422, json={"id": str(uuid7()), "language": "tlh"})
    assert wrong["code"] == "unknown-language"
    version = {"id": str(uuid7()), "version": str(uuid7())}
    assert (await ask(admin, "POST", f"{path}/deployments", 404, json=version))["code"] == "not-found"
