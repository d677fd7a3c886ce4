"""What a person is told where a bot is slow or gone, and where a chat went on elsewhere while a bot was answering."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from tests.services.modelservice import Service, service_at

from talkwright.backend.chats import turns as taking_turns
from talkwright.backend.chats.bots import BotFailedError, BotGoneError, Bots, BotSlowError
from talkwright.backend.chats.turns import Hold, Said, Turns
from talkwright.backend.context import Services
from talkwright.backend.errors import ProblemError
from talkwright.backend.settings import BackendSettings
from talkwright.database.announcements import Listener
from talkwright.database.chats import insert_chat
from talkwright.database.deployments import Bot
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.tables import attempts, chat_messages, deployments, models
from talkwright.identity.audit import Origin
from talkwright.identity.secrets import Keyring, keyring

pytestmark = pytest.mark.anyio

Answering = Callable[[str], Awaitable[object | None]]


@asynccontextmanager
async def listening(answer: Answering, status: str = "200 OK") -> AsyncIterator[str]:
    """A program that answers each request, told by its method, with what `answer` gives; None cuts the connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
        body = await answer(head.partition(" ")[0].upper())
        if body is not None:
            said = json.dumps(body).encode()
            head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(said)}\r\n\r\n"
            writer.write(head.encode() + said)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def bot_at(address: str, keys: Keyring) -> Bot:
    return Bot(
        deployment=uuid7(), attempt=uuid7(), address=address, secret=keys.encrypt(b"token", "attempt"), model_id="m",
        version=uuid7(), version_name="bot-1",
    )  # fmt: skip


async def test_a_bot_that_does_not_answer_in_time_is_told_from_one_that_is_gone(tmp_path: Path) -> None:
    keys, never = keyring(None, tmp_path), asyncio.Event()

    async def silent(_: str) -> None:
        await never.wait()

    async def cut(_: str) -> None:
        return None

    bots = Bots(keys, holder=uuid7(), turn_seconds=0.2)
    try:
        async with listening(silent) as address:
            with pytest.raises(BotSlowError):
                await bots.say(bot_at(address, keys), uuid7(), "hello", {})
            with pytest.raises(BotGoneError):
                await bots.put_conversation(bot_at(address, keys), uuid7(), [])
            never.set()
        async with listening(cut) as address:
            with pytest.raises(BotGoneError):
                await bots.say(bot_at(address, keys), uuid7(), "hello", {})
        with pytest.raises(BotGoneError):
            await bots.say(bot_at(address, keys), uuid7(), "hello", {})
    finally:
        await bots.close()


async def test_a_bot_that_ends_or_has_too_much_to_do_took_nothing_and_is_asked_again(tmp_path: Path) -> None:
    async def busy(_: str) -> dict[str, str]:
        return {"reason": "ServiceUnavailable"}

    keys = keyring(None, tmp_path)
    bots = Bots(keys, holder=uuid7())
    async with listening(busy, "503 Service Unavailable") as address:
        with pytest.raises(BotGoneError):
            await bots.say(bot_at(address, keys), uuid7(), "hello", {})
    await bots.close()


async def test_a_bot_that_answers_drop_by_drop_is_too_slow_all_the_same(tmp_path: Path) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)

    keys = keyring(None, tmp_path)
    bots = Bots(keys, holder=uuid7(), turn_seconds=0.3)
    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server, asyncio.timeout(30):
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(BotSlowError):
            await bots.say(bot_at(address, keys), uuid7(), "hello", {})
    await bots.close()


async def test_a_bot_that_answers_without_an_end_is_heard_no_further_than_any_turn_is_long(tmp_path: Path) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b" " * 65_536)
                await writer.drain()

    keys = keyring(None, tmp_path)
    bots = Bots(keys, holder=uuid7())
    async with await asyncio.start_server(endless, "127.0.0.1", 0) as server, asyncio.timeout(30):
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(BotFailedError, match="larger than 16 MiB"):
            await bots.say(bot_at(address, keys), uuid7(), "hello", {})
    await bots.close()


async def test_a_chat_is_still_kept_after_a_moment_without_a_free_connection(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[UUID]()

    async def hold(_: Turns, chat: UUID) -> None:
        asked.append(chat)
        if len(asked) == 1:
            raise PoolTimeoutError

    monkeypatch.setattr(taking_turns, "LOCK_SECONDS", 0.03)
    monkeypatch.setattr(Turns, "_take_lease", hold)
    bots, held = Bots(keyring(None, tmp_path), holder=uuid7()), Hold(is_ahead=False)
    async with service_at(database_url, tmp_path) as service, asyncio.timeout(30):
        await Turns(services_of(service, bots, database_url))._keep(uuid7(), held)
    assert (held.is_lost.is_set(), len(asked)) == (True, 2)
    await bots.close()


async def running(service: Service, address: str, keys: Keyring) -> tuple[UUID, UUID]:
    """An assistant whose talk goes to an address, and a chat with it."""
    assistant, chat = await service.assistant(f"bot-{uuid7().hex}"), uuid7()
    version = await service.version(assistant, {"config.yml": b"language: en\n"})
    model, deployment = uuid7(), uuid7()
    own = {"assistant": assistant, "version": version}
    async with service.database.transaction() as session:
        kept = {"model_id": str(model), "engine": "talkwright", "object": "x", "bytes": 1, "sha256": b"0" * 32}
        await session.execute(insert(models).values(id=model, **own, **kept))
        state = {"model": model, "state": "running", "active": True, "attempt": 1, "created_by": SYSTEM_USER}
        await session.execute(insert(deployments).values(id=deployment, **own, **state))
        secret = keys.encrypt(b"token", "attempt")
        ready = {"number": 1, "state": "ready", "address": address, "secret": secret}
        await session.execute(insert(attempts).values(id=uuid7(), work_kind="deployment", work=deployment, **ready))
        await insert_chat(session, chat, assistant=assistant, language="en", by=SYSTEM_USER)
    return assistant, chat


def services_of(service: Service, bots: Bots, database_url: str) -> Services:
    """What turns need of a backend."""
    return Services(
        settings=BackendSettings(),
        database=service.database,
        authenticator=cast(Any, None),  # nobody signs in here
        instance="t",
        extensions={Bots: bots, Listener: Listener(database_url)},
    )


LONG = taking_turns.WAIT_SECONDS + 1
"""Seconds of a turn that goes on longer than anybody waits for a model."""


@pytest.mark.parametrize(
    ("cuts", "seconds"), [(1, 0), (2, 0), pytest.param(1, LONG, marks=pytest.mark.slow, id="long")]
)
async def test_a_turn_that_is_cut_is_taken_once_more_and_then_left_to_the_person(
    database_url: str, tmp_path: Path, cuts: int, seconds: float
) -> None:
    keys, asked = keyring(None, tmp_path), list[str]()

    async def cut(method: str) -> object | None:
        """A bot that ends in the middle of its first turns."""
        asked.append(method)
        if method == "PUT":
            return {"slots": {}}
        ended = asked.count("POST") <= cuts
        if ended:
            await asyncio.sleep(seconds)
        return None if ended else {"events": [{"event": "user", "text": "hello", "timestamp": 1.0}]}

    async with service_at(database_url, tmp_path) as service, listening(cut) as address:
        assistant, chat = await running(service, address, keys)
        bots = Bots(keys, holder=uuid7())
        said, turns = Said(id=str(uuid7()), text="hello"), Turns(services_of(service, bots, database_url))
        if cuts == 1:
            answer = await turns.take(assistant, chat, said, Origin(via="system"))
            assert answer["turn"]["number"] == 1
            assert await turns.take(assistant, chat, said, Origin(via="system")) == answer
        else:
            with pytest.raises(ProblemError) as refused:
                await turns.take(assistant, chat, said, Origin(via="system"))
            assert (refused.value.status, refused.value.code) == (503, "engine-failed")
        await bots.close()
    assert asked == ["PUT", "POST"] * 2


async def moves(service: Service, assistant: UUID, address: str) -> None:
    """An assistant's bot answers elsewhere from now on."""
    ours = select(deployments.c.id).where(deployments.c.assistant == assistant)
    async with service.database.transaction() as session:
        await session.execute(update(attempts).where(attempts.c.work.in_(ours)).values(address=address))


async def test_what_another_deployment_refuses_is_looked_up_again_and_sent_once_more_at_once(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_turns, "AGAIN_SECONDS", 60.0)
    keys, refused, found = keyring(None, tmp_path), list[str](), list[str]()

    async def ours(method: str) -> object:
        found.append(method)
        return {"slots": {}} if method == "PUT" else {"events": []}

    async with service_at(database_url, tmp_path) as service, listening(ours) as address:

        async def refuses(method: str) -> object:
            """The rows change while the request is on its way."""
            refused.append(method)
            await moves(service, assistant, address)
            return {"reason": "MisdirectedRequest"}

        async with listening(refuses, "421 Misdirected Request") as old:
            assistant, chat = await running(service, old, keys)
            bots = Bots(keys, holder=uuid7())
            turns = Turns(services_of(service, bots, database_url))
            async with asyncio.timeout(30):
                await turns.take(assistant, chat, Said(id=str(uuid7()), text="hello"), Origin(via="system"))
            await bots.close()
    assert (refused, found) == (["PUT"], ["PUT", "POST"])


@pytest.mark.parametrize("is_same", [True, False])
async def test_a_chat_that_went_on_meanwhile_gives_the_other_answer_or_says_so(
    database_url: str, tmp_path: Path, is_same: bool
) -> None:
    keys, message = keyring(None, tmp_path), str(uuid7())
    async with service_at(database_url, tmp_path) as service:
        chats: list[UUID] = []

        async def overtaken(method: str) -> object:
            """Another process takes a turn of the chat while this one's bot answers."""
            if method == "PUT":
                return {"slots": {}}
            async with service.database.transaction() as session:
                moved = text("UPDATE studio.chats SET turns = turns + 1 WHERE id = :chat")
                await session.execute(moved, {"chat": chats[0]})
                row = {
                    "chat": chats[0],
                    "turn": 1,
                    "message": message if is_same else str(uuid7()),
                    "at": text("now()"),
                }
                stored = {"state": "answered", "request": "{}", "answer": '{"turn": "theirs"}'}
                await session.execute(insert(chat_messages).values(**row, **stored))
            return {"events": [{"event": "user", "text": "hello", "timestamp": 1.0}]}

        async with listening(overtaken) as address:
            assistant, chat = await running(service, address, keys)
            chats.append(chat)
            bots = Bots(keys, holder=uuid7())
            services = services_of(service, bots, database_url)
            taking = Turns(services).take(assistant, chat, Said(id=message, text="hello"), Origin(via="system"))
            if is_same:
                assert await taking == {"turn": "theirs"}
            else:
                with pytest.raises(ProblemError) as refused:
                    await taking
                assert (refused.value.status, refused.value.code) == (409, "chat-moved")
            await bots.close()
