"""Deployments and chats with real roles and the real engine: switch-over, kills, replacement in place."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select
from tests.services.modelservice import FLOWS, Service, Talk, locked, project, service_at, talking, texts, waits_for
from tests.services.postgres import TestServer

from talkwright.backend.errors import ProblemError
from talkwright.database.assistant_secrets import PURPOSE, set_secret
from talkwright.database.deployments import deploy_again
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.tables import chat_events, deployments
from talkwright.identity.secrets import keyring

pytestmark = pytest.mark.anyio

OTHER_FLOW = FLOWS.replace("send_money", "spend_money")
ROLES = ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer")


@pytest.fixture(scope="module")
async def narrow(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """Roles with room for one model."""
    with postgres.database() as database:
        url, home = postgres.settings(database).application, tmp_path_factory.mktemp("narrow")
        async with service_at(url, home, TALKWRIGHT_REPLACE_AFTER_SECONDS="1") as service:
            for role in ROLES:
                service.start(role)
            yield service


@pytest.fixture
async def service(narrow: Service) -> AsyncIterator[Service]:
    """Roles with room for one model, which nothing takes yet: for tests that take it all, or kill who gives it."""
    yield narrow
    await narrow.rest("deployment")
    for child in narrow.children[len(ROLES) :]:
        await narrow.stop(child)


@pytest.fixture(scope="module")
async def learned(narrow: Service) -> tuple[UUID, UUID]:
    """An assistant and its training, whose model tests start."""
    name = f"bot-{uuid4()}"
    assistant = await narrow.assistant(name)
    training = await narrow.train(assistant, project(name))
    await narrow.becomes("training", training, "succeeded")
    return assistant, training


@pytest.fixture
async def bot(service: Service, learned: tuple[UUID, UUID]) -> tuple[UUID, Any]:
    """An assistant whose only version runs in the only room."""
    deployment = await service.deploy(*learned)
    await service.becomes("deployment", deployment, "running")
    return learned[0], await service.active(learned[0])


@pytest.fixture(scope="module")
async def shared(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """Roles for tests that hurt none of them: room for `desk`, and beside it for a version and its next one."""
    async with service_at(database_url, tmp_path_factory.mktemp("shared")) as service:
        for role in (*ROLES, *ROLES[-1:] * 2):
            service.start(role)
        yield service


@pytest.fixture
def name() -> str:
    return f"bot-{uuid4()}"


async def ready(service: Service, name: str, **changes: Any) -> tuple[Any, Any]:
    """An assistant whose first version runs."""
    assistant = await service.assistant(name)
    training = await service.train(assistant, project(name, **changes), deploy=True)
    await service.becomes("training", training, "succeeded")
    return assistant, await service.active(assistant, training=training)


@pytest.fixture(scope="module")
async def desk(shared: Service) -> tuple[Any, Any]:
    """An assistant whose first and only version runs for all tests that only talk to it."""
    return await ready(shared, f"desk-{uuid4()}")


@asynccontextmanager
async def running(service: Service, name: str) -> AsyncIterator[tuple[Any, Any]]:
    """An assistant whose first version runs; whatever version runs in the end is stopped."""
    assistant, deployment = await ready(service, name)
    yield assistant, deployment
    last = await service.active(assistant)
    await service.cancel("deployment", last.id)
    for each in {deployment.id, last.id}:
        await service.becomes("deployment", each, "stopped")


async def at_the_second_question(talk: Talk) -> Any:
    chat = await talk.begin()
    assert texts(await talk.say(chat, "send money")) == ["Who shall get the money?"]
    answer = await talk.say(chat, "/SetSlots(recipient=Ann)")
    assert texts(answer) == ["How much?"]
    assert answer["state"]["flow"] == "send_money"
    return chat


async def test_a_trained_assistant_runs_by_itself_and_talks(service: Service, name: str) -> None:
    assistant, deployment = await ready(service, name)
    async with talking(service, assistant) as talk:
        chat = await at_the_second_question(talk)
        answer = await talk.say(chat, "/SetSlots(amount=20)")
        assert "Sent 20" in " ".join(texts(answer))
        assert answer["turn"]["model"]["version"] == f"{assistant}-1"
    await service.cancel("deployment", deployment.id)
    await service.becomes("deployment", deployment.id, "stopped")
    assert service.jobs() == []


async def test_a_repeated_message_gets_the_stored_answer_and_happens_once(
    shared: Service, desk: tuple[Any, Any]
) -> None:
    async with talking(shared, desk[0]) as talk:
        chat, message = await talk.begin(), uuid7()
        first, second = await asyncio.gather(
            talk.say(chat, "send money", message=message), talk.say(chat, "send money", message=message)
        )
        assert first == second
        assert await talk.say(chat, "send money", message=message) == first
    async with shared.database.transaction() as session:
        query = select(chat_events).where(chat_events.c.chat == chat).order_by(chat_events.c.seq)
        rows = (await session.execute(query)).all()
    assert sum(row.type == "user" for row in rows) == 1
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert all(row.body.isascii() and row.body.startswith(f'{{"sender_id": "{chat}"') for row in rows)


async def test_a_second_turn_waits_for_the_first(shared: Service, desk: tuple[Any, Any]) -> None:
    async with talking(shared, desk[0]) as one, talking(shared, desk[0]) as two:
        chat = await one.begin()
        answers = await asyncio.gather(*(talk.say(chat, "send money") for talk in (one, two, one, two)))
    assert sorted(answer["turn"]["number"] for answer in answers) == [1, 2, 3, 4]


async def test_a_turn_that_one_backend_could_not_write_is_taken_by_another_as_if_nothing_had_been_said(
    shared: Service, desk: tuple[Any, Any]
) -> None:
    async with talking(shared, desk[0]) as one, talking(shared, desk[0]) as two:
        chat, message = await one.begin(), uuid7()
        assert texts(await two.say(chat, "send money")) == ["Who shall get the money?"]
        with locked(shared, "chat_events"):
            cut = asyncio.create_task(one.say(chat, "/SetSlots(recipient=Ann)", message=message))
            await waits_for(shared, "chat_events")
            cut.cancel()
            await asyncio.gather(cut, return_exceptions=True)
        answer = await two.say(chat, "/SetSlots(recipient=Ann)", message=message)
        assert texts(answer) == ["How much?"]  # for whatever the first one's try had the model believe


async def test_a_chat_goes_on_at_the_same_question_with_the_next_version(shared: Service, name: str) -> None:
    async with running(shared, name) as (assistant, old), talking(shared, assistant) as talk:
        chat = await at_the_second_question(talk)
        training = await shared.train(assistant, project(name, verb="Wired"), deploy=True)
        new = await shared.active(assistant, training=training)
        answer = await talk.say(chat, "/SetSlots(amount=20)")
        assert "Wired 20" in " ".join(texts(answer))
        assert "answers from here on" in answer["turn"]["notice"]
        assert answer["turn"]["model"]["version"] == f"{assistant}-2"
        await shared.becomes("deployment", old.id, "stopped", seconds=15)
        assert (await shared.row("deployment", new.id)).state == "running"


def environment_of(pid: int) -> str:
    """What a process was given, as the system keeps it."""
    return Path(f"/proc/{pid}/environ").read_text()


async def test_what_starts_again_has_the_secrets_of_now_and_goes_on_without_a_word(shared: Service, name: str) -> None:
    async with running(shared, name) as (assistant, old), talking(shared, assistant) as talk:
        chat, again = await at_the_second_question(talk), uuid7()
        async with shared.database.transaction() as session:
            sealed = keyring(None, shared.home).encrypt(b"open-sesame", PURPOSE)
            await set_secret(session, assistant, "QUAY", sealed, SYSTEM_USER)
            assert await deploy_again(session, again, assistant=assistant, by=SYSTEM_USER)
        await shared.becomes("deployment", old.id, "stopping", "stopped")
        environment = environment_of(shared.engine_of(again))
        assert 'TALKWRIGHT_ENGINE_VARIABLES={"QUAY": "open-sesame"}' in environment
        assert "\0QUAY=" not in environment
        folder = next((shared.home / "jobs" / "running").glob(f"tw-r-{again}-*"))
        kept = [path for path in folder.rglob("*") if path.is_file() and b"open-sesame" in path.read_bytes()]
        assert kept == []
        answer = await talk.say(chat, "/SetSlots(amount=20)")
        assert ("Sent 20" in " ".join(texts(answer)), answer["turn"]["notice"]) == (True, None)


async def test_a_chat_is_told_what_the_next_version_does_not_know(shared: Service, name: str) -> None:
    async with running(shared, name) as (assistant, _), talking(shared, assistant) as talk:
        chat = await at_the_second_question(talk)
        training = await shared.train(assistant, project(name, flows=OTHER_FLOW), deploy=True)
        await shared.active(assistant, training=training)
        answer = await talk.say(chat, "hello")
        assert "send_money" in answer["turn"]["notice"]


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["consumer", "engine", "wrapper", "orchestrator"])
async def test_after_a_kill_the_chat_answers_again_at_the_same_question(
    service: Service, bot: tuple[UUID, Any], victim: str
) -> None:
    assistant, deployment = bot
    async with talking(service, assistant) as talk:
        chat = await at_the_second_question(talk)
        engine = service.engine_of(deployment.id)
        pids = {
            "engine": engine,
            "wrapper": os.stat(f"/proc/{engine}") and _parent(engine),
            "consumer": service.children[3].pid,
            "orchestrator": service.children[2].pid,
        }
        os.kill(pids[victim], signal.SIGKILL)
        async with asyncio.timeout(30):
            answer = await talk.say(chat, "/SetSlots(amount=20)")
        assert "Sent 20" in " ".join(texts(answer))
    assert (await service.row("deployment", deployment.id)).state == "running"
    assert len([pid for pid in service.jobs() if _parent(pid) in service.jobs()]) == 1


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return int(stat.read().rpartition(")")[2].split()[1])


async def test_the_only_consumer_exchanges_the_old_model_for_the_new_one_in_place(service: Service, name: str) -> None:
    assistant, old = await ready(service, name)
    training = await service.train(assistant, project(name, verb="Wired"), deploy=True)
    await service.active(assistant, training=training)
    row = await service.row("deployment", old.id)
    assert row.state == "stopped"
    async with talking(service, assistant) as talk:
        chat = await at_the_second_question(talk)
        assert "Wired" in " ".join(texts(await talk.say(chat, "/SetSlots(amount=2)")))


@pytest.mark.slow
async def test_the_only_consumer_goes_on_with_the_old_model_where_the_new_one_does_not_start(
    service: Service, bot: tuple[UUID, Any]
) -> None:
    assistant, old = bot
    async with talking(service, assistant) as talk:
        chat = await at_the_second_question(talk)
        training = await service.train(assistant, project(f"bot-{uuid4()}", verb="Wired"))
        await service.becomes("training", training, "succeeded")
        (model,) = await service.models_of(training)
        await service.store.put(model.object, b"no model at all")
        new = await service.deploy(assistant, training)
        await service.becomes("deployment", new, "failed")
        back = await service.active(assistant)
        assert (back.id, back.wake_requested_at) == (old.id, None)  # nobody had to talk to it
        assert "Sent 20" in " ".join(texts(await talk.say(chat, "/SetSlots(amount=20)")))
    assert [one.outcome for one in await service.attempts("deployment", old.id)] == ["stopped", None]
    row = await service.row("deployment", old.id)
    assert (row.state, row.active, row.slept_at, row.ended_at) == ("running", True, None, None)


async def test_another_assistant_waits_while_the_only_consumer_is_taken(
    service: Service, bot: tuple[UUID, Any], name: str
) -> None:
    _, first = bot
    other = await service.assistant(f"{name}-b")
    training = await service.train(other, project(f"{name}-b"), deploy=True)
    await service.becomes("training", training, "succeeded")
    async with talking(service, other) as talk:
        chat = await talk.begin()
        waiting = asyncio.create_task(talk.say(chat, "send money"))
        await asyncio.sleep(1.5)
        assert not waiting.done()
        assert (await service.row("deployment", first.id)).state == "running"
        service.start("running-consumer")
        assert texts(await waiting)


async def test_without_any_version_the_person_learns_what_to_do(shared: Service, name: str) -> None:
    assistant = await shared.assistant(name)
    async with talking(shared, assistant) as talk:
        chat = await talk.begin()
        with pytest.raises(ProblemError, match="no-deployment"):
            await talk.say(chat, "hello")


async def test_nobody_without_the_token_reads_a_conversation(shared: Service, desk: tuple[Any, Any]) -> None:
    (attempt,) = await shared.attempts("deployment", desk[1].id)
    assert keyring(None, shared.home).decrypt(attempt.secret, "attempt")
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{attempt.address}/conversations/x/tracker")
    assert answer.status_code == 401


@pytest.mark.slow
async def test_a_start_that_does_not_end_in_time_is_tried_again_and_then_given_up_in_words(
    fresh_database_url: str, tmp_path: Path, name: str
) -> None:
    async with service_at(fresh_database_url, tmp_path, TALKWRIGHT_START_SECONDS="0.05") as service:
        for role in ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer"):
            service.start(role)
        assistant = await service.assistant(name)
        training = await service.train(assistant, project(name), deploy=True)
        await service.becomes("training", training, "succeeded")
        async with service.database.transaction() as session:
            query = select(deployments.c.id).where(deployments.c.training == training)
            deployment = (await session.execute(query)).scalar_one()
        row = await service.becomes("deployment", deployment, "failed")
        assert row.reason == (
            "The assistant did not start 4 times, at last: The model did not start within 0.05 seconds. "
            "The operator may allow more by TALKWRIGHT_START_SECONDS."
        )
        attempts = await service.attempts("deployment", deployment)
        assert [one.outcome for one in attempts] == ["lost_job"] * 4
        pauses = [later.created_at - one.ended_at for one, later in itertools.pairwise(attempts)]
        assert [pause.total_seconds() >= least for pause, least in zip(pauses, (1, 2, 4), strict=True)] == [True] * 3
