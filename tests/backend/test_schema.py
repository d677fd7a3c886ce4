"""The API's description holds: whatever it allows or forbids, by whomever it is sent, is never a failure of ours.

Generated requests, good and bad ones, go to every operation as superuser, as the weakest role and as nobody, over an
assistant in which everything exists and runs; ids of what is made on the way are used on (`follow`: what one operation
answers the longer paths below it are asked with; the description has no links that would say so to a machine).
They are others each day; `TEST_SCHEMA_SEED` sends those of another day again, `TEST_SCHEMA_EXAMPLES` more of them.
ASVS 5.0: 4.1.1, 4.1.4, 8.3.1, 15.3.5, 16.5.1.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from prometheus_client import REGISTRY
from tests.rights.material import REQUESTS, Asked, Ground
from tests.rights.matrix import A_BOT_RUNS, ROWS, everybody, wrong_answers
from tests.services.day import DAY
from tests.services.inprocess import STRANGER, Caller, InProcess
from tests.services.modelservice import service_at
from tests.services.studio import PASSWORD, RunningStudio, run_studio

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio
ENDLESS = {"/api/events"}
MODEL = "/api/assistants/{aid}/versions/{version}/model"
LEAVING = "/api/sign-out"
"""Ends the caller's sign-in, so it comes last."""
EXAMPLES = int(os.environ.get("TEST_SCHEMA_EXAMPLES", "2"))
SEED = int(os.environ.get("TEST_SCHEMA_SEED", DAY))
WEAKEST = "conversation-viewer"
ROLES = ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer")
WAITS = (503, "engine-starting")
"""The one answer of the 500s that is no failure, where one talks: the model of a chat is on its way."""
TALKS = [row for row in ROWS if row.case == A_BOT_RUNS]
TALKING = {f"/api/assistants/{{aid}}/chats/{{chat}}/{part}" for part in ("messages", "restart")}
LEADING_ON = {"/api/sign-in", "/api/sign-in/callback"}
"""Their good answer sends the browser on."""
REFUSED = {401, 403, 404, 405, 413, 415, 422, 429}
"""What an operation may answer to who isn't let in by tests/rights/matrix.csv."""


def archive(_context: Any, value: Any) -> bytes:
    """Whatever is generated, as bytes: hardly ever an archive."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@cache
def generated_at(base_url: str) -> list[tuple[Any, Any]]:
    """Each operation that the studio's description offers with what generates good requests to it, and bad ones."""
    import schemathesis  # noqa: PLC0415 - takes seconds to load, in each worker that collects these tests

    schemathesis.serializer("application/zip", "application/gzip", "application/csp-report")(archive)
    described = schemathesis.openapi.from_url(f"{base_url}/api/openapi.json")
    operations = [found.ok() for found in described.get_all_operations()]
    return [
        (each, each.as_strategy(generation_mode=mode)) for each in operations for mode in schemathesis.GenerationMode
    ]


@dataclass
class Seeded:
    """A running studio with a trained assistant that talks."""

    running: RunningStudio
    ground: Ground
    talked: dict[str, list[str]]
    """By route of a talk the answers that were wrong while the bot ran: other tests stop it."""


async def wait_for(ground: Ground, path: str, state: str) -> dict[str, Any]:
    async with asyncio.timeout(120):
        while True:
            found: dict[str, Any] = await ground.does("GET", path)
            if found["state"] == state:
                return found
            assert found["state"] != "failed", found
            await asyncio.sleep(0.1)


async def plant(asking: InProcess) -> Ground:
    """Make, train and run an assistant by the API alone."""
    ground = Ground(
        asking, await asking.person(["superuser"]), uuid7(), uuid7(), {}, ["studio.chats", "studio.chat_events"]
    )
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
        ground = await plant(asking)
        # What the attack asks to be trained stays in the queue.
        await service.stop(*(child for role, child in started.items() if role.startswith("training")))
        people = await everybody(ground)
        yield Seeded(running, ground, {row.route: await wrong_answers(ground, people, row) for row in TALKS})


def let_in(person: str) -> set[tuple[str, str]]:
    """The operations that are a person's by the matrix of rights."""
    return {row.operation for row in ROWS if dict(row.signs())[person] == "+"}


def attack(seeded: Seeded, caller: Caller, person: str) -> list[str]:
    """Send generated requests to every operation, good ones and bad ones; gives the answers that must not be."""
    base_url = seeded.running.base_url
    ids, mine = dict(seeded.ground.ids), let_in(person)
    headers = {"Cookie": caller.cookie, "X-CSRF-Token": caller.csrf} if caller.cookie else {}
    wrong: list[str] = []
    spoilt: set[str] = set()
    for operation, requests in generated_at(base_url):
        if operation.path in ENDLESS or (operation.path == LEAVING and caller.cookie):
            continue

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
        )
        @given(case=requests)
        def send(case: Any) -> None:
            bad = [place.value for place, info in case.meta.components.items() if info.mode.is_negative]
            spoilt.update(bad)
            for name in case.path_parameters:
                if case.method != "DELETE" and "path" not in bad:
                    case.path_parameters[name] = ids[name]
            answer = case.call(headers=headers, base_url=base_url, allow_redirects=False, timeout=120)
            kind = answer.headers.get("content-type", [""])[0]
            is_problem = "problem+json" in kind
            code = answer.json()["code"] if is_problem else ""
            is_right = answer.status_code < 400 or is_problem or "text/html" in kind
            if (case.method, case.path) in mine:
                waits = case.path in TALKING and (answer.status_code, code) == WAITS
                may = answer.status_code < 500 or waits
            else:
                may = answer.status_code in REFUSED
            if not (is_right and may):
                sent = f"{case.method} {case.path} {case.path_parameters} {case.query} {str(case.body)[:300]}"
                wrong.append(f"{sent}, wrong in {bad} → {answer.status_code} {answer.content[:300]!r}")
            follow(case, answer, ids)

        with contextlib.suppress(Unsatisfiable):  # nothing can be wrong where nothing is asked
            send()
    assert {"path", "query", "body"} <= spoilt, "there were no bad requests"
    return wrong and [f"TEST_SCHEMA_SEED={SEED} TEST_SCHEMA_EXAMPLES={EXAMPLES} as {person}:", *wrong]


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
            if sample.name != "talkwright_http_requests_total":
                continue
            key = sample.labels["method"], sample.labels["route"]
            if sample.labels["status"][0] == ("3" if key[1] in LEADING_ON else "2"):
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


async def test_who_may_talk_is_answered_and_nobody_else(seeded: Seeded) -> None:
    """The lines of the matrix that need a bot which runs."""
    assert seeded.talked == {row.route: [] for row in TALKS}
    assert set(seeded.talked) == TALKING


@pytest.mark.slow
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
    wrong = await asyncio.to_thread(attack, seeded, seeded.ground.admin, "superuser everywhere")
    assert not wrong, "\n".join(wrong)
    await seeded.ground.asking.ask(seeded.ground.admin, "POST", LEAVING)
    reached = {key for key, count in successes().items() if count > before.get(key, 0)}
    assert sorted(operations - reached) == []


async def test_the_weakest_role_makes_nothing_fail_and_gets_in_nowhere_else(seeded: Seeded) -> None:
    weakest = await seeded.ground.asking.person([WEAKEST])
    wrong = await asyncio.to_thread(attack, seeded, weakest, f"{WEAKEST} everywhere")
    assert not wrong, "\n".join(wrong)


async def test_a_stranger_gets_nothing_whatever_he_sends(seeded: Seeded) -> None:
    wrong = await asyncio.to_thread(attack, seeded, STRANGER, "anonymous")
    assert not wrong, "\n".join(wrong)
