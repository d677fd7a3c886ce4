"""One suite for all engines: the same small project is trained, run and talked to through the studio's own parts."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select
from tests.services.modelservice import Service, Talk, service_at, talking, texts
from tests.services.rasa import rasa_python

from talkwright.database.assistant_secrets import PURPOSE, set_secret
from talkwright.database.assistants import set_engine
from talkwright.database.deployments import SECRET_PURPOSE, Bot, talk_of
from talkwright.database.ids import SYSTEM_USER
from talkwright.database.tables import chat_events, deployments, models
from talkwright.identity.secrets import keyring

# Training and start of the second engine take a minute of CPU; on a busy machine that is several by the clock.
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(1200)]

PROJECT = Path(__file__).parent / "bakery"
ROLES = ("training-orchestrator", "training-consumer", "running-orchestrator", "running-consumer")
SECONDS = 900.0


@dataclass(frozen=True)
class Place:
    """A service in which one engine has trained the bakery, and runs it."""

    service: Service
    engine: str
    assistant: UUID
    training: UUID
    earlier: UUID
    """A chat that our own engine began, before this one had the talk."""

    async def bot(self) -> Bot:
        """The model that has the talk now."""
        async with asyncio.timeout(SECONDS):
            while True:
                async with self.service.database.transaction() as session:
                    if (bot := (await talk_of(session, self.assistant, "try")).bot) is not None:
                        return bot
                await asyncio.sleep(0.1)

    def token(self, bot: Bot) -> str:
        """The token of its deployment."""
        return keyring(None, self.service.home).decrypt(bot.secret, SECRET_PURPOSE).decode()


def bakery(name: str) -> dict[str, bytes]:
    """The project's files; a studio gives a config the assistant's name."""
    files = {str(path.relative_to(PROJECT)): path.read_bytes() for path in PROJECT.rglob("*.yml")}
    return {
        **files,
        "config.yml": files["config.yml"].replace(b"assistant_id: bakery", f"assistant_id: {name}".encode()),
    }


@pytest.fixture(scope="module", params=["talkwright", pytest.param("rasa", marks=pytest.mark.slow)])
async def place(
    request: pytest.FixtureRequest, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    engine = request.param
    given = {"TALKWRIGHT_RASA_PYTHON": rasa_python()} if engine == "rasa" else {}
    async with service_at(database_url, tmp_path_factory.mktemp(engine), **given) as service:
        for role in ROLES:
            service.start(role)
        name = f"{engine}-{uuid4()}"
        assistant = await service.assistant(name)
        async with service.database.transaction() as session:
            sealed = keyring(None, service.home).encrypt(b"http://127.0.0.1:9/webhook", PURPOSE)
            await set_secret(session, assistant, "BAKERY_ACTIONS", sealed, SYSTEM_USER)
        first = await service.train(assistant, bakery(name), deploy=True)
        await service.active(assistant, training=first, seconds=SECONDS)
        async with talking(service, assistant) as talk:
            earlier = await talk.begin()
            await talk.say(earlier, "can I order a cake")
            assert texts(await talk.say(earlier, "lemon")) == ["For how many guests?"]
        async with service.database.transaction() as session:
            await set_engine(session, assistant, engine)
        training = await service.train(assistant, bakery(name), deploy=True)
        done = await service.becomes("training", training, "succeeded", "failed", seconds=SECONDS)
        assert done.state == "succeeded", (done.reason, await service.log("training", training))
        async with service.database.transaction() as session:
            query = select(deployments.c.id).where(deployments.c.training == training)
            deployment = (await session.execute(query)).scalar_one()
        runs = await service.becomes("deployment", deployment, "running", "failed", seconds=SECONDS)
        assert runs.state == "running", (runs.reason, await service.log("deployment", deployment))
        await service.active(assistant, training=training, seconds=SECONDS)
        yield Place(service, engine, assistant, training, earlier)
        await service.cancel("deployment", deployment)  # or the next service of this database would start it anew
        await service.becomes("deployment", deployment, "stopped", "failed", seconds=SECONDS)


@pytest.fixture
async def talk(place: Place) -> AsyncIterator[Talk]:
    async with talking(place.service, place.assistant) as talk:
        yield talk


async def stored(place: Place, chat: UUID) -> list[dict[str, Any]]:
    query = select(chat_events.c.body).where(chat_events.c.chat == chat).order_by(chat_events.c.seq)
    async with place.service.database.transaction() as session:
        return [json.loads(row.body) for row in await session.execute(query)]


async def test_the_training_says_its_stages_and_the_model_keeps_its_engine(place: Place) -> None:
    attempt = (await place.service.attempts("training", place.training))[-1]
    assert (attempt.stage, attempt.progress) == ("publishing", 1.0)
    assert any("trained" in line or "ready" in line for line in await place.service.log("training", place.training))
    async with place.service.database.transaction() as session:
        row = (await session.execute(select(models).where(models.c.training == place.training))).one()
    assert (row.engine, row.bytes > 1000) == (place.engine, True)


async def test_each_turn_is_answered_with_all_its_events_which_are_stored(place: Place, talk: Talk) -> None:
    chat = await talk.begin()
    assert texts(await talk.say(chat, "good morning")) == ["Good day, this is the bakery."]
    assert texts(await talk.say(chat, "what are your opening hours")) == ["We bake from four to noon."]
    answer = await talk.say(chat, "can I order a cake")
    assert texts(answer) == ["Which flavour shall it have?"]
    assert texts(await talk.say(chat, "lemon")) == ["For how many guests?"]
    answer = await talk.say(chat, "twelve guests")
    assert texts(answer) == ["A lemon cake for twelve guests, from tomorrow on."]
    assert answer["state"]["slots"]["flavour"]["value"] == "lemon"
    events = await stored(place, chat)
    said = [event["text"] for event in events if event["event"] == "user"]
    assert said == ["good morning", "what are your opening hours", "can I order a cake", "lemon", "twelve guests"]
    assert [event["event"] for event in events].count("session_started") == 1
    bot = await place.bot()
    own = [event for event in events if event["event"] in ("user", "bot")]
    assert {event["metadata"]["model_id"] for event in own} == {bot.model_id}
    assert {event["sender_id"] for event in events} == {str(chat)}
    assert [event["name"] for event in events if event["event"] == "action"][-1] == "action_listen"


async def test_a_button_and_a_new_session_are_turns_too(place: Place, talk: Talk) -> None:
    chat = await talk.begin()
    assert texts(await talk.say(chat, "/greet")) == ["Good day, this is the bakery."]
    await talk.say(chat, "/session_start")
    assert [event["event"] for event in await stored(place, chat)].count("session_started") == 2
    assert texts(await talk.say(chat, "/ask_hours")) == ["We bake from four to noon."]


async def test_a_chat_that_our_own_engine_began_goes_on_at_the_same_question(place: Place, talk: Talk) -> None:
    answer = await talk.say(place.earlier, "twelve guests")
    assert texts(answer) == ["A lemon cake for twelve guests, from tomorrow on."]
    assert "answers from here on." in answer["turn"]["notice"]
    assert "requested_slot" not in answer["turn"]["notice"], "what a form asks for is everybody's"


async def test_a_message_that_is_sent_again_gets_the_stored_answer(place: Place, talk: Talk) -> None:
    chat, message = await talk.begin(), uuid4()
    first = await talk.say(chat, "hello", message=message)
    assert await talk.say(chat, "hello", message=message) == first
    assert [event["event"] for event in await stored(place, chat)].count("user") == 1


async def test_the_tracker_knows_the_conversation(place: Place, talk: Talk) -> None:
    chat = await talk.begin()
    await talk.say(chat, "can I order a cake")
    await talk.say(chat, "walnut")
    bot = await place.bot()
    headers = {"X-Talkwright-Deployment": str(bot.deployment)}
    query = {"token": place.token(bot), "include_events": "ALL"}
    async with httpx2.AsyncClient(base_url=bot.address, trust_env=False, timeout=30) as http:
        tracker = (await http.get(f"/conversations/{chat}/tracker", params=query, headers=headers)).json()
    assert (tracker["slots"]["flavour"], tracker["slots"]["requested_slot"]) == ("walnut", "guests")
    known = [event["event"] for event in tracker["events"]]
    assert [event["event"] for event in await stored(place, chat)][-len(known) :] == known
    assert known.count("user") == 2


async def test_nobody_without_the_token_talks_to_it(place: Place) -> None:
    bot = await place.bot()
    headers = {"X-Talkwright-Deployment": str(bot.deployment)}
    async with httpx2.AsyncClient(base_url=bot.address, trust_env=False, timeout=30, headers=headers) as http:
        for query in ({}, {"token": "another one's"}):
            for path in ("/status", "/domain", "/conversations/x/tracker"):
                assert (await http.get(path, params=query)).status_code in (401, 403), path
            parse = await http.post("/model/parse", params=query, json={"text": "hello"})
            assert parse.status_code in (401, 403)
            said = await http.post("/webhooks/rest/webhook", params=query, json={"sender": "x", "message": "hello"})
            assert said.status_code in (401, 403, 404)


async def test_its_secret_stands_in_no_command_line(place: Place) -> None:
    pid = place.service.engine_of((await place.bot()).deployment)
    token = place.token(await place.bot())
    assert token not in await asyncio.to_thread(Path(f"/proc/{pid}/cmdline").read_text)


async def test_a_bot_that_died_starts_again_and_goes_on_at_the_same_question(place: Place, talk: Talk) -> None:
    chat = await talk.begin()
    await talk.say(chat, "can I order a cake")
    assert texts(await talk.say(chat, "lemon")) == ["For how many guests?"]
    before = await place.bot()
    os.kill(place.service.engine_of(before.deployment), signal.SIGKILL)
    async with asyncio.timeout(SECONDS):
        while (await place.bot()).attempt == before.attempt:  # noqa: ASYNC110 - the rows tell it, nobody here
            await asyncio.sleep(0.1)
    answer = await talk.say(chat, "twenty")
    assert texts(answer) == ["A lemon cake for twenty, from tomorrow on."]
