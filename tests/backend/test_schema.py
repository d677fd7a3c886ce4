"""The API's description holds: whatever it allows to be sent, by whomever, the answer is never a failure of ours.

Generated requests go to every operation as superuser, as the weakest role and as nobody, over an assistant in which
everything exists and runs; ids of what is made on the way are used on. `TEST_SCHEMA_EXAMPLES` asks for more of them.
ASVS 5.0: 4.1.1, 4.1.4, 8.3.1, 15.3.5, 16.5.1.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from prometheus_client import REGISTRY
from tests.rights.material import REQUESTS, Asked, Ground
from tests.services.inprocess import STRANGER, Caller, InProcess
from tests.services.modelservice import service_at
from tests.services.studio import PASSWORD, RunningStudio, run_studio

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio
ENDLESS = {"/api/events"}
MODEL = "/api/assistants/{aid}/versions/{version}/model"
LEAVING = "/api/sign-out"
"""Ends the caller's sign-in, so it comes last."""
EXAMPLES = int(os.environ.get("TEST_SCHEMA_EXAMPLES", "5"))
WEAKEST = "conversation-viewer"
ROLES = ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer")
WAITS = (503, "engine-starting")
"""The one answer of the 500s that is no failure: the model of a chat is on its way."""


def archive(_context: Any, value: Any) -> bytes:
    """Whatever is generated, as bytes: hardly ever an archive."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


def operations_of(base_url: str) -> Iterator[Any]:
    """What the studio's description offers, for requests that are generated."""
    import schemathesis  # noqa: PLC0415 - takes seconds to load, in each worker that collects these tests

    schemathesis.serializer("application/zip", "application/gzip", "application/csp-report")(archive)
    for found in schemathesis.openapi.from_url(f"{base_url}/api/openapi.json").get_all_operations():
        yield found.ok()


@dataclass
class Seeded:
    """A running studio with a trained assistant that talks."""

    running: RunningStudio
    ground: Ground
    spare: dict[str, Any] = field(default_factory=dict)


async def wait_for(ground: Ground, path: str, state: str) -> dict[str, Any]:
    async with asyncio.timeout(120):
        while True:
            found: dict[str, Any] = await ground.does("GET", path)
            if found["state"] == state:
                return found
            assert found["state"] != "failed", found
            await asyncio.sleep(0.1)


async def seed(asking: InProcess) -> Ground:
    """Make, train and run an assistant by the API alone."""
    ground = Ground(asking, await asking.person(["superuser"]), uuid7(), uuid7(), {}, [])
    for aid in (ground.here, ground.elsewhere):
        row = {"id": str(aid), "name": f"bot-{aid}", "title": "Bot", "language": "en"}
        await ground.does("POST", "/api/assistants", row, 201)
    base = f"/api/assistants/{ground.here}"
    training, chat = str(uuid7()), str(uuid7())
    begun = await ground.does("POST", f"{base}/trainings", {"id": training, "deploy": True}, 201)
    await wait_for(ground, f"{base}/trainings/{training}", "succeeded")
    deployment = (await ground.does("GET", f"{base}/deployments"))["items"][0]["id"]
    await wait_for(ground, f"{base}/deployments/{deployment}", "running")
    await ground.does("POST", f"{base}/chats", {"id": chat}, 201)
    items = (await ground.does("GET", f"{base}/items?kind=config&kind=response"))["items"]
    own = {each["kind"]: each["id"] for each in items if not each["builtin"]}
    ground.ids |= {kind: own[kind] for kind in ("config", "response")}
    ground.ids |= {
        "aid": str(ground.here),
        "item": ground.ids["response"],
        "training": training,
        "version": begun["version"]["id"],
        "deployment": deployment,
        "chat": chat,
        "message": str(uuid7()),
        "name": "OPENAI_API_KEY",
        "number": 1,
        "example": "bank",
        "uid": await ground.guest(),
        "role": "annotator",
    }
    return ground


@pytest.fixture(scope="module")
async def seeded(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seeded]:
    home = tmp_path_factory.mktemp("home")
    async with service_at(database_url, home) as service, run_studio(database_url, home) as running:
        started = {role: service.start(role) for role in ROLES}
        asking = InProcess(running.studio, home, service.store, int(running.base_url.rpartition(":")[2]))
        ground = await seed(asking)
        # What the attack asks to be trained stays in the queue.
        await service.stop(*(child for role, child in started.items() if role.startswith("training")))
        yield Seeded(running, ground)


def attack(seeded: Seeded, caller: Caller, may: Callable[[int, str], bool], examples: int) -> list[str]:
    """Send generated requests to every operation; gives the answers that must not be."""
    base_url = seeded.running.base_url
    ids = dict(seeded.ground.ids)
    headers = {"Cookie": caller.cookie, "X-CSRF-Token": caller.csrf} if caller.cookie else {}
    wrong: list[str] = []
    for operation in operations_of(base_url):
        if operation.path in ENDLESS or (operation.path == LEAVING and caller.cookie):
            continue

        @settings(
            max_examples=examples,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            for name in case.path_parameters:
                if case.method != "DELETE":
                    case.path_parameters[name] = ids[name]
            answer = case.call(headers=headers, base_url=base_url, allow_redirects=False, timeout=120)
            kind = answer.headers.get("content-type", [""])[0]
            is_problem = "problem+json" in kind
            code = answer.json()["code"] if is_problem else ""
            is_right = answer.status_code < 400 or is_problem or "text/html" in kind
            if not (is_right and (may(answer.status_code, code) or (answer.status_code, code) == WAITS)):
                wrong.append(f"{case.method} {case.path} → {answer.status_code} {answer.content[:300]!r}")
            follow(case, answer, ids)

        send()
    return wrong


def follow(case: Any, answer: Any, ids: dict[str, Any]) -> None:
    """Go on with what a request made: its id is the one that the longer paths below are asked with."""
    made = re.fullmatch(r"/api/assistants/\{aid\}/(chat|training|deployment)s", case.path)
    if made and case.method == "POST" and answer.status_code in (200, 201):
        ids[made[1]] = answer.json()["id"]


def successes() -> dict[tuple[str, str], float]:
    """How often each operation was answered well, as the studio counts it itself."""
    found: dict[tuple[str, str], float] = {}
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            if sample.name == "talkwright_http_requests_total" and sample.labels["status"][0] in "23":
                key = sample.labels["method"], sample.labels["route"]
                found[key] = found.get(key, 0) + sample.value
    return found


async def ask_well(seeded: Seeded, method: str, path: str) -> None:
    """One request to an operation that must succeed."""
    ground = seeded.ground
    make = next((make for (operation, _), make in REQUESTS.items() if operation == f"{method} {path}"), None)
    asked = Asked() if make is None else await make(ground)
    values = ground.ids | asked.path
    if method == "DELETE" and path == "/api/assistants/{aid}":
        values["aid"] = str(ground.elsewhere)
    if method == "DELETE" and path == MODEL:
        await stop_all(ground)
    address = re.sub(r"\{(\w+)\}", lambda name: str(values[name[1]]), path) + asked.query
    kind = [("content-type", "application/zip")] if asked.content else []
    await ground.asking.ask(ground.admin, method, address, body=asked.body, content=asked.content, headers=kind)


async def stop_all(ground: Ground) -> None:
    """Have nothing run of the assistant."""
    base = f"/api/assistants/{ground.here}/deployments"
    for run in (await ground.does("GET", base))["items"]:
        await ground.does("POST", f"{base}/{run['id']}/stop")
        await wait_for(ground, f"{base}/{run['id']}", "stopped")


async def sign_in_somebody(seeded: Seeded) -> None:
    """Let a browser come back from the provider's page."""
    invited = await seeded.ground.does("POST", "/api/users", {"username": f"grace-{uuid7().hex}"}, 201)
    browser = seeded.running.browser()
    form = {"password": PASSWORD, "again": PASSWORD}
    await browser.follow(await browser.http.post(invited["link"], data=form))
    assert browser.csrf


async def test_a_superuser_reaches_everything_and_makes_nothing_fail(seeded: Seeded) -> None:
    before = successes()
    document = seeded.running.studio.app.openapi()
    operations = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    # The talk comes first: the bot is stopped by an operation of its own. What it was made of goes last.
    last = ("DELETE", MODEL)
    for method, path in sorted(operations, key=lambda each: (each == last, "/chats" not in each[1], each[1], each[0])):
        if path != LEAVING:
            await ask_well(seeded, method, path)
    await sign_in_somebody(seeded)
    wrong = await asyncio.to_thread(attack, seeded, seeded.ground.admin, lambda status, _: status < 500, EXAMPLES)
    assert not wrong, "\n".join(wrong)
    await seeded.ground.asking.ask(seeded.ground.admin, "POST", LEAVING)
    reached = {key for key, count in successes().items() if count > before.get(key, 0)}
    assert sorted(operations - reached) == []


async def test_the_weakest_role_makes_nothing_fail(seeded: Seeded) -> None:
    weakest = await seeded.ground.asking.person([WEAKEST])
    wrong = await asyncio.to_thread(attack, seeded, weakest, lambda status, _: status < 500, max(3, EXAMPLES // 2))
    assert not wrong, "\n".join(wrong)


async def test_a_stranger_gets_nothing_whatever_he_sends(seeded: Seeded) -> None:
    allowed = {200, 204, 302, 401, 403, 404, 405, 413, 415, 422, 429}
    wrong = await asyncio.to_thread(
        attack, seeded, STRANGER, lambda status, _: status in allowed, max(3, EXAMPLES // 2)
    )
    assert not wrong, "\n".join(wrong)
