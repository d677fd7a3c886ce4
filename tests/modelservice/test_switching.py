"""Talk goes from one bot to the next: under load, past a reused address, to sleep and back, with real processes."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select
from tests.services.modelservice import DOMAIN, Service, project, service_at, talking, texts
from tests.services.visiting import Chatting, Visit, backend_of

from talkwright.backend.errors import ProblemError
from talkwright.database.deployments import ADDRESSED, ask_to_stop_deployment, get_deployment
from talkwright.database.engine import Database
from talkwright.database.moves import turn_talk
from talkwright.database.settings import DatabaseSettings
from talkwright.database.tables import attempts, chat_messages, chats, deployments, models, transitions
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
BREWERY = "actions: [action_brew]\n"
BREWS = """
flows:
  brew_tea:
    name: brew tea
    description: Brew tea.
    steps:
    - action: action_brew
"""
PAUSE_SECONDS = 0.5
"""People take a little time to write; a switch takes several times as long."""


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


def speaking(name: str, word: str) -> dict[str, bytes]:
    """A project whose bot begins with this word whatever it says."""
    return project(name, domain__yml=(DOMAIN % "Sent").replace('text: "', f'text: "{word}: '))


async def told(service: Service, assistant: UUID) -> list[tuple[UUID, str, UUID, list[str]]]:
    """Of each stored turn of an assistant: its deployment, that one's model and version, and what the bot said."""
    query = (
        select(deployments.c.id, models.c.model_id, deployments.c.version, chat_messages.c.answer)
        .join(chats, chats.c.id == chat_messages.c.chat)
        .join(deployments, deployments.c.id == chat_messages.c.deployment)
        .join(models, (models.c.id == deployments.c.model) & (models.c.model_id == chat_messages.c.model))
        .where(chats.c.assistant == assistant)
    )
    async with service.database.transaction() as session:
        return [(*row[:3], texts(json.loads(row.answer))) for row in await session.execute(query)]


async def converse(talk: Chatting, over: asyncio.Event, rounds: asyncio.Queue[None]) -> int:
    """Talk in a chat of its own, round after round; gives how many messages were answered."""
    chat, answered = await talk.begin(), 0
    while not over.is_set():
        for asks, said in ROUND:
            assert texts(await talk.say(chat, asks))[0].endswith(said)
            answered += 1
            await asyncio.sleep(PAUSE_SECONDS)
        rounds.put_nowait(None)
    return answered


@pytest.mark.slow
async def test_no_message_fails_and_one_model_answers_each_while_twenty_chats_talk_through_ten_switches(
    fresh_database_url: str, tmp_path: Path
) -> None:
    settings = {"TALKWRIGHT_DRAIN_LEAST_SECONDS": "5", "TALKWRIGHT_DRAIN_SECONDS": "60"}
    async with with_consumers(fresh_database_url, tmp_path, 3, **settings) as service:
        name = f"bot-{uuid4()}"
        assistant = await service.assistant(name)
        trainings = {word: await service.train(assistant, speaking(name, word)) for word in ("Blue", "Red")}
        words = {
            (await service.becomes("training", training, "succeeded", seconds=HANGS_SECONDS)).version: word
            for word, training in trainings.items()
        }
        over, rounds = asyncio.Event(), asyncio.Queue[None]()
        deployed: list[UUID] = []
        people: list[asyncio.Task[int]] = []
        async with backend_of(service) as ann, asyncio.TaskGroup() as group:
            talk = Visit(ann, assistant, patient=False)
            for training in itertools.islice(itertools.cycle(trainings.values()), 1 + SWITCHES):
                deployed.append(await service.deploy(assistant, training))
                await service.becomes("deployment", deployed[-1], "running", seconds=HANGS_SECONDS)
                people = people or [group.create_task(converse(talk, over, rounds)) for _ in range(CHATS)]
                for _ in range(CHATS // 4):
                    await rounds.get()
            over.set()
        turns_told = await told(service, assistant)
        assert len(turns_told) == sum(person.result() for person in people)
        assert {deployment for deployment, *_ in turns_told} == set(deployed)
        for _, _, version, said in turns_told:
            assert {text.partition(": ")[0] for text in said if ": " in text} == {words[version]}, said
        for old in deployed[:-1]:
            await service.becomes("deployment", old, "stopped", seconds=HANGS_SECONDS)
        async with service.database.transaction() as session:
            (last,) = [work for work in await open_work(session, "deployment") if work.assistant == assistant]
        assert (last.id, last.generation) == (deployed[-1], 1 + SWITCHES)


async def test_talk_that_went_elsewhere_meanwhile_is_not_turned_by_what_was_seen_before(
    shared: Service, bot: tuple[UUID, Any]
) -> None:
    async with shared.database.transaction() as session:
        (seen,) = await open_work(session, "deployment")
        assert await turn_talk(session, seen)
    async with shared.database.transaction() as session:
        assert not await turn_talk(session, seen)


@dataclass
class SlowAction:
    """An action server whose one action takes as long as the test wants; `asked` once a bot waits for it."""

    url: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.partition("content-length:")[2].split()[0]))
        self.asked.set()
        await self.may_end.wait()
        body = json.dumps({"events": [], "responses": [{"text": "The tea is ready."}]})
        headers = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close"
        writer.write(f"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def slow_action() -> AsyncIterator[SlowAction]:
    """The server while the block runs."""
    action = SlowAction()
    async with await asyncio.start_server(action.answer, "127.0.0.1", 0) as server:
        action.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhook"
        yield action
        action.may_end.set()


@pytest.mark.slow
async def test_a_turn_under_way_ends_with_the_bot_that_began_it_and_late_ones_are_taken_for_a_while(
    fresh_database_url: str, tmp_path: Path
) -> None:
    """The old bot takes turns for as long as somebody may not know of the new one; its probe begins no conversation."""
    drain = {"TALKWRIGHT_DRAIN_LEAST_SECONDS": "10", "TALKWRIGHT_DRAIN_SECONDS": str(HANGS_SECONDS)}
    async with slow_action() as action, with_consumers(fresh_database_url, tmp_path, 2, **drain) as service:
        brewing = {"flows": BREWS, "domain__yml": BREWERY, "endpoints__yml": f"action_endpoint:\n  url: {action.url}\n"}
        assistant, training, old = await trained(service, **brewing)
        (attempt,) = await service.attempts("deployment", old.id)
        token = keyring(None, service.home).decrypt(attempt.secret, "attempt").decode()
        async with (
            talking(service, assistant) as talk,
            httpx2.AsyncClient(trust_env=False, base_url=attempt.address, params={"token": token}) as client,
        ):
            chat = await talk.begin()
            turn = asyncio.create_task(talk.say(chat, "brew tea"))
            await action.asked.wait()
            new = await service.deploy(assistant, training)
            await service.becomes("deployment", new, "running", seconds=HANGS_SECONDS)
            assert (await service.row("deployment", old.id)).state == "stopping"
            said = {"sender": "late", "message": "/session_start"}
            answer = await client.post("/webhooks/rest/webhook", params={"events": "true"}, json=said)
            assert answer.status_code == 200
            (made,) = await service.models_of(training)
            assert await answers(client, made.model_id)
            assert not await answers(client, "another")
            kept = await client.get("/conversations/parse/tracker", params={"start_session": "false"})
            assert kept.json()["events"] == []
            await refuses(client, attempt.address)  # it takes no more turns, and goes on with the one under way
            await asyncio.sleep(1)
            assert not turn.done()
            action.may_end.set()
            assert texts(await turn)[0] == "The tea is ready."
            assert texts(await talk.say(chat, "brew tea"))[0] == "The tea is ready."
        await service.becomes("deployment", old.id, "stopped", seconds=HANGS_SECONDS)
        assert [deployment for deployment, *_ in await told(service, assistant)] == [old.id, new]
        assert [one.outcome for one in await service.attempts("deployment", old.id)] == ["stopped"]


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
    """Wait until nobody listens at an address; who ends still answers on connections that are open."""
    async with asyncio.timeout(HANGS_SECONDS):
        while True:
            try:
                await client.get(address, headers={"Connection": "close"})
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


@pytest.mark.slow
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
