"""Turns over the socketio channel, with our own engine, which has that channel too."""

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from tests.engine.conftest import run_bot

from talkwright.backend.chats import socketio
from talkwright.backend.chats.asking import Asking, BotGoneError, BotMovedError, BotSlowError
from talkwright.backend.chats.bots import Bots
from talkwright.backend.chats.socketio import SocketIO
from talkwright.database.deployments import SECRET_PURPOSE, Bot
from talkwright.database.ids import uuid7
from talkwright.identity.secrets import Keyring

pytestmark = pytest.mark.anyio

PROJECT = Path(__file__).parents[2] / "modelservice" / "engines" / "bakery"
TOKEN = "the-token-of-this-deployment-and-of-no-other"
CHANNEL = f"socketio:\n  user_message_evt: user_message\n  session_persistence: true\n  jwt_key: {TOKEN}\n"
KEYS = Keyring([b"k" * 32])


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("bakery") / "project"
    shutil.copytree(PROJECT, folder)
    (folder / "endpoints.yml").unlink()
    (folder / "credentials.yml").write_text(CHANNEL)
    model = folder.parent / "model.tar.gz"
    train = [sys.executable, "-m", "talkwright.engine", "train", "--project", str(folder), "--out", str(model)]
    subprocess.run(train, check=True, stdout=subprocess.DEVNULL)
    with run_bot(model, TALKWRIGHT_ENGINE_TOKEN=TOKEN) as bot:
        yield bot.url


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    asking = Asking(KEYS, 60)
    yield asking
    await asking.close()


def bot(address: str, token: str = TOKEN) -> Bot:
    return Bot(
        deployment=uuid7(), attempt=uuid7(), address=address, secret=KEYS.encrypt(token.encode(), SECRET_PURPOSE),
        model_id="m", version=uuid7(), version_name="v", protocol="socketio",
    )  # fmt: skip


async def test_a_turn_is_all_that_was_added_to_the_tracker(address: str, asking: Asking) -> None:
    chat, speech, this = uuid4(), SocketIO(), bot(address)
    first = await speech.say(asking, this, chat, "can I order a cake", {"message_id": "1"})
    assert [event["text"] for event in first if event["event"] == "bot"] == ["Which flavour shall it have?"]
    assert [event["event"] for event in first].count("session_started") == 1
    second = await speech.say(asking, this, chat, "lemon", {"message_id": "2"})
    assert [event["text"] for event in second if event["event"] == "user"] == ["lemon"]
    assert [event["text"] for event in second if event["event"] == "bot"] == ["For how many guests?"]
    assert not [event for event in second if event["event"] == "session_started"]
    async with httpx2.AsyncClient(trust_env=False) as http:
        query = {"token": TOKEN, "include_events": "ALL"}
        tracker = (await http.get(f"{address}/conversations/{chat}/tracker", params=query)).json()
    assert [event["event"] for event in tracker["events"]] == [event["event"] for event in [*first, *second]]


async def test_a_conversation_that_was_put_goes_on_where_it_stood(address: str, asking: Asking) -> None:
    speech, this, former, chat = SocketIO(), bot(address), uuid4(), uuid4()
    events = await speech.say(asking, this, former, "can I order a cake", {"message_id": "1"})
    await speech.put(asking, this, chat, events)
    turn = await speech.say(asking, this, chat, "walnut", {"message_id": "2"})
    assert [event["text"] for event in turn if event["event"] in ("user", "bot")] == ["walnut", "For how many guests?"]


async def test_another_deployments_token_opens_nothing(address: str, asking: Asking) -> None:
    wrong = bot(address, "the-token-of-quite-another-deployment-here")
    with pytest.raises(BotMovedError):
        await SocketIO().say(asking, wrong, uuid4(), "hello", {"message_id": "1"})
    with pytest.raises(BotMovedError):
        await SocketIO().put(asking, wrong, uuid4(), [])


async def test_where_nobody_answers_nothing_was_said(asking: Asking) -> None:
    with pytest.raises(BotGoneError):
        await SocketIO().say(asking, bot("http://127.0.0.1:9"), uuid4(), "hello", {"message_id": "1"})


async def test_a_connection_that_another_process_does_not_know_took_nothing(address: str, asking: Asking) -> None:
    with pytest.raises(BotMovedError):
        await socketio._sent(asking, bot(address), "of-another-process", '42["user_message",{}]')


async def test_a_turn_that_does_not_end_in_time_is_slow(address: str, asking: Asking) -> None:
    asking.turn_seconds = 0.0
    with pytest.raises(BotSlowError):
        await SocketIO().say(asking, bot(address), uuid4(), "hello", {"message_id": "1"})


async def test_a_message_without_a_trace_is_given_up_only_where_the_release_is_known_to_lock(
    address: str, asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socketio, "KNOCK_SECONDS", 0.0)
    speech, this, chat = SocketIO(), bot(address), uuid4()
    await speech.say(asking, this, chat, "can I order a cake", {"message_id": "1"})
    assert not await socketio._broken_off(asking, this, chat, "never said"), "nothing is known of this release"
    monkeypatch.setattr(socketio, "LOCKING", "3.")
    assert await socketio._broken_off(asking, this, chat, "never said")
    assert not await socketio._broken_off(asking, this, chat, "1"), "it stands in the tracker"
    assert not await socketio._broken_off(asking, bot("http://127.0.0.1:9"), chat, "never said"), "who is gone says so"


async def test_the_backend_chooses_by_what_stands_beside_the_address(address: str) -> None:
    bots = Bots(KEYS, holder=uuid7())
    try:
        events = await bots.say(bot(address), uuid4(), "good morning", {"message_id": "1"})
        assert [event.type for event in events].count("bot") == 1
        strange = Bot(**{name: getattr(bot(address), name) for name in Bot.__slots__} | {"protocol": "of tomorrow"})
        with pytest.raises(Exception, match="of tomorrow, which this release of the studio does not know"):
            await bots.say(strange, uuid4(), "hello", {"message_id": "1"})
    finally:
        await bots.close()
