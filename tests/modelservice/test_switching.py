"""Talk goes from one bot to the next: under load, past a reused address, to sleep and back, with real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select
from tests.services.modelservice import Service, Talk, project, service_at, talking, texts

from talkwright.backend.chats import turns
from talkwright.backend.errors import ProblemError
from talkwright.database.deployments import ADDRESSED, ask_to_stop_deployment, get_deployment
from talkwright.database.engine import Database
from talkwright.database.moves import turn_talk
from talkwright.database.settings import DatabaseSettings
from talkwright.database.tables import attempts, models, transitions
from talkwright.database.work import open_work
from talkwright.identity.secrets import keyring
from talkwright.modelservice.engines.readiness import answers

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

ROLES = ("training-orchestrator", "training-consumer", "running-orchestrator")
HANGS_SECONDS = 200.0
"""So long nothing takes, however busy the machine."""
CHATS, SWITCHES = 20, 10
ROUND = (
    ("send money", "Who shall get the money?"),
    ("/SetSlots(recipient=Ann)", "How much?"),
    ("/SetSlots(amount=20)", "Sent 20 to Ann."),
)
PAUSE_SECONDS = 0.5
"""People take a little time to write; a switch takes several times as long."""


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """People wait as long as the machine is busy: what is tested is who answers, not how soon."""
    monkeypatch.setattr(turns, "WAIT_SECONDS", HANGS_SECONDS)


@asynccontextmanager
async def with_consumers(url: str, home: Path, count: int, **settings: str) -> AsyncIterator[Service]:
    """A service that can run so many models; on a machine that is busy nothing of it counts as gone."""
    patience = {f"TALKWRIGHT_{role}_LEASE_SECONDS": "60" for role in ("ORCHESTRATOR", "CONSUMER")}
    own = Database.at(url, DatabaseSettings(database_pool_timeout=60.0))
    async with service_at(url, home, **patience, **settings) as service:
        service.database, kept = own, service.database
        for role in (*ROLES, *["running-consumer"] * count):
            service.start(role)
        try:
            yield service
        finally:
            service.database = kept
            await own.close()


async def trained(service: Service, **changes: Any) -> tuple[UUID, UUID, Any]:
    """An assistant, its training, and its deployment that answers."""
    name = f"bot-{uuid4()}"
    assistant = await service.assistant(name)
    training = await service.train(assistant, project(name, **changes), deploy=True)
    return assistant, training, await service.active(assistant, training=training, seconds=HANGS_SECONDS)


@pytest.fixture(scope="module")
async def shared(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """A service with room for the one assistant that two tests talk to."""
    async with with_consumers(database_url, tmp_path_factory.mktemp("shared"), 1) as service:
        yield service


@pytest.fixture(scope="module")
async def bot(shared: Service) -> tuple[UUID, Any]:
    """The assistant and its deployment."""
    assistant, _, deployment = await trained(shared)
    return assistant, deployment


@pytest.mark.slow
async def test_no_message_fails_while_twenty_chats_talk_through_ten_switches(
    fresh_database_url: str, tmp_path: Path
) -> None:
    settings = {"TALKWRIGHT_DRAIN_LEAST_SECONDS": "0.5", "TALKWRIGHT_DRAIN_SECONDS": "60"}
    async with with_consumers(fresh_database_url, tmp_path, 3, **settings) as service:
        assistant, training, first = await trained(service)
        over, rounds = asyncio.Event(), asyncio.Queue[int]()

        async def talks(talk: Talk, place: int) -> None:
            chat = await talk.begin()
            while not over.is_set():
                for words, said in ROUND:
                    assert said in texts(await talk.say(chat, words))
                    await asyncio.sleep(PAUSE_SECONDS)
                rounds.put_nowait(place)

        deployments = [first.id]
        async with talking(service, assistant) as talk, asyncio.TaskGroup() as group:
            for place in range(CHATS):
                group.create_task(talks(talk, place))
            for _ in range(SWITCHES):
                deployments.append(await service.deploy(assistant, training))
                await service.becomes("deployment", deployments[-1], "running", seconds=HANGS_SECONDS)
                for _ in range(CHATS // 4):
                    await rounds.get()
            over.set()
        assert rounds.qsize() >= CHATS
        for old in deployments[:-1]:
            await service.becomes("deployment", old, "stopped", seconds=HANGS_SECONDS)
        async with service.database.transaction() as session:
            (last,) = [work for work in await open_work(session, "deployment") if work.assistant == assistant]
        assert (last.id, last.generation) == (deployments[-1], 1 + SWITCHES)


async def test_talk_that_went_elsewhere_meanwhile_is_not_turned_by_what_was_seen_before(
    shared: Service, bot: tuple[UUID, Any]
) -> None:
    async with shared.database.transaction() as session:
        (seen,) = await open_work(session, "deployment")
        assert await turn_talk(session, seen)
    async with shared.database.transaction() as session:
        assert not await turn_talk(session, seen)


async def test_a_turn_under_way_ends_with_the_bot_that_began_it(fresh_database_url: str, tmp_path: Path) -> None:
    """The old bot takes turns for as long as somebody may not know of the new one; its probe begins no conversation."""
    async with with_consumers(fresh_database_url, tmp_path, 2, TALKWRIGHT_DRAIN_LEAST_SECONDS="3") as service:
        assistant, training, old = await trained(service)
        (attempt,) = await service.attempts("deployment", old.id)
        token = keyring(None, service.home).decrypt(attempt.secret, "attempt").decode()
        new = await service.deploy(assistant, training)
        await service.becomes("deployment", new, "running", seconds=HANGS_SECONDS)
        assert (await service.row("deployment", old.id)).state == "stopping"
        async with httpx2.AsyncClient(trust_env=False, base_url=attempt.address, params={"token": token}) as client:
            said = {"sender": "late", "message": "send money"}
            answer = await client.post("/webhooks/rest/webhook", params={"events": "true"}, json=said)
            assert answer.status_code == 200
            (made,) = await service.models_of(training)
            assert await answers(client, made.model_id)
            assert not await answers(client, "another")
            kept = await client.get("/conversations/parse/tracker", params={"start_session": "false"})
            assert kept.json()["events"] == []
        await service.becomes("deployment", old.id, "stopped", seconds=HANGS_SECONDS)


@asynccontextmanager
async def bot_on(port: int, model: Path, **environment: str) -> AsyncIterator[None]:
    """An engine on a given port."""
    command = (sys.executable, "-m", "talkwright.engine", "run", "--model", str(model), "--port", str(port))
    engine = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE
    )
    assert engine.stdout is not None
    try:
        async with asyncio.timeout(HANGS_SECONDS):
            while b'"ready"' not in await engine.stdout.readline():
                assert engine.returncode is None
        yield
    finally:
        engine.kill()
        await engine.communicate()


async def test_a_chat_never_reaches_another_teams_bot_at_an_address_that_was_its_own(
    shared: Service, bot: tuple[UUID, Any]
) -> None:
    service, (assistant, deployment) = shared, bot
    consumer = service.children[-1]
    async with talking(service, assistant) as talk, httpx2.AsyncClient(trust_env=False) as client:
        chat = await talk.begin()
        assert texts(await talk.say(chat, "send money")) == ["Who shall get the money?"]
        (attempt,) = await service.attempts("deployment", deployment.id)
        async with service.database.transaction() as session:
            key = (await session.execute(select(models.c.object))).scalar_one()
        token = keyring(None, service.home).decrypt(attempt.secret, "attempt").decode()
        port = int(attempt.address.rpartition(":")[2])
        assert consumer.pid is not None
        os.kill(consumer.pid, signal.SIGSTOP)  # nobody tells that the bot is gone
        try:
            os.kill(service.engine_of(deployment.id), signal.SIGKILL)
            await refuses(client, attempt.address)
            other = str(uuid4())
            given = {"TALKWRIGHT_ENGINE_DEPLOYMENT": other, "TALKWRIGHT_ENGINE_TOKEN": token}  # even the same token
            async with bot_on(port, service.home / "objects" / key, **given):
                answering = asyncio.create_task(talk.say(chat, "/SetSlots(recipient=Ann)"))
                done, _ = await asyncio.wait({answering}, timeout=2)
                assert not done
                there, asked = f"{attempt.address}/conversations/{chat}/tracker", {"token": token}
                asked["start_session"] = "false"
                kept = await client.get(there, params=asked, headers={ADDRESSED: other})
                assert kept.json()["events"] == []
                refused = await client.get(there, params=asked, headers={ADDRESSED: str(deployment.id)})
                assert (refused.status_code, refused.json()["reason"]) == (421, "MisdirectedRequest")
                os.kill(consumer.pid, signal.SIGCONT)
                assert texts(await answering) == ["How much?"]
        finally:
            os.kill(consumer.pid, signal.SIGCONT)
    assert [one.number for one in await service.attempts("deployment", deployment.id)] == [1, 2]


async def refuses(client: httpx2.AsyncClient, address: str) -> None:
    """Wait until nobody listens at an address."""
    async with asyncio.timeout(HANGS_SECONDS):
        while True:
            try:
                await client.get(address)
            except httpx2.ConnectError:
                return
            except httpx2.HTTPError:
                pass  # it was ending just then
            await asyncio.sleep(0.02)


async def asleep(service: Service, assistant: UUID, deployment: UUID) -> None:
    """Wait until a deployment sleeps."""
    await service.becomes("deployment", deployment, "stopped", seconds=HANGS_SECONDS)
    async with service.database.transaction() as session:
        row = await get_deployment(session, assistant, deployment)
    assert row is not None
    assert (row["asleep"], row["active"]) == (True, False)
    assert row["reason"] == "Nobody talked to the assistant for a while."  # true of it ever after, also once replaced


async def test_an_assistant_that_nobody_talks_to_sleeps_and_the_next_message_wakes_it_at_the_same_question(
    fresh_database_url: str, tmp_path: Path
) -> None:
    async with with_consumers(fresh_database_url, tmp_path, 1, TALKWRIGHT_IDLE_STOP_SECONDS="2") as service:
        assistant, _, deployment = await trained(service)
        async with talking(service, assistant) as talk:
            chat = await talk.begin()
            assert texts(await talk.say(chat, "send money")) == ["Who shall get the money?"]
            await asleep(service, assistant, deployment.id)
            assert service.jobs() == []
            one, two = await asyncio.gather(
                talk.say(chat, "/SetSlots(recipient=Ann)"), talk.say(await talk.begin(), "send money")
            )
            assert (texts(one), one["turn"]["notice"]) == (["How much?"], None)
            assert texts(two) == ["Who shall get the money?"]
            assert len(await service.attempts("deployment", deployment.id)) == 2
            await asleep(service, assistant, deployment.id)
            async with service.database.transaction() as session:
                await ask_to_stop_deployment(session, assistant, deployment.id)
            with pytest.raises(ProblemError, match="no-deployment"):
                await talk.say(chat, "/SetSlots(amount=20)")
        async with service.database.transaction() as session:
            moved = select(transitions.c.source, transitions.c.target).where(transitions.c.work == deployment.id)
            moves = [tuple(row) for row in await session.execute(moved.order_by(transitions.c.sequence))]
        assert moves == [
            ("queued", "starting"), ("starting", "running"), ("running", "stopping"), ("stopping", "stopped"),
            ("stopped", "queued"),
            ("queued", "starting"), ("starting", "running"), ("running", "stopping"), ("stopping", "stopped"),
        ]  # fmt: skip


async def test_without_a_free_consumer_an_idle_assistant_gives_way_and_comes_back_with_its_next_message(
    fresh_database_url: str, tmp_path: Path
) -> None:
    settings = {"TALKWRIGHT_MAKE_ROOM_SECONDS": "1", "TALKWRIGHT_REPLACE_AFTER_SECONDS": "0"}
    async with with_consumers(fresh_database_url, tmp_path, 1, **settings) as service:
        one, _, first = await trained(service)
        async with talking(service, one) as talk:
            chat = await talk.begin()
            assert texts(await talk.say(chat, "send money")) == ["Who shall get the money?"]
            two, _, second = await trained(service, verb="Wired")
            await asleep(service, one, first.id)
            assert texts(await talk.say(chat, "/SetSlots(recipient=Ann)")) == ["How much?"]
            await asleep(service, two, second.id)
            async with service.database.transaction() as session:
                ready = select(attempts.c.work).where(attempts.c.state == "ready")
                assert list((await session.execute(ready)).scalars()) == [first.id]
