"""Reminders: read from events alone, said when they are due, and not lost with the process that waited for them."""

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from tests.dialogue.agents import Acting, Listening, made

from talkwright.assistant.items import ItemBody
from talkwright.conversation import events as ev
from talkwright.conversation.classic import decode
from talkwright.conversation.events import Event
from talkwright.engine.actions import HttpActions
from talkwright.engine.channels.outlets import Outlets
from talkwright.engine.commands import StartFlow
from talkwright.engine.dialogue.reminders import pending
from talkwright.engine.model import Model
from talkwright.engine.ports import ActionResult, UserMessage
from talkwright.engine.serving.bot import Bot, Served
from talkwright.engine.serving.reminding import Reminding
from talkwright.engine.stores import MemoryStore


def asked(name: str | None = "r", intent: str = "ask_balance", at: str = "2030-01-01T12:00:00", **fields: Any) -> Event:
    return ev.plain("reminder", name=name, intent=intent, date_time=at, **fields)


def said(**metadata: Any) -> Event:
    return ev.user("hi", {}, input_channel=None, message_id=None, metadata=metadata)


@pytest.mark.parametrize(
    ("events", "names"),
    [
        ([asked("a"), asked("b", at="2029-01-01T12:00:00+01:00")], ["b", "a"]),
        ([asked("a"), asked("a", at="2031-01-01")], ["a"]),
        ([asked("a"), said()], []),
        ([asked("a", kill_on_user_msg=False), said()], ["a"]),
        ([asked("a", kill_on_user_msg=False), said(reminder="a")], []),
        ([asked("a"), asked("b"), said(reminder="a")], ["b"]),
        ([asked("a"), asked("b"), ev.plain("cancel_reminder", name="a", intent=None, entities=None)], ["b"]),
        ([asked("a"), asked("b", intent="x"), ev.plain("cancel_reminder", intent="x")], ["a"]),
        ([asked("a"), asked("b"), ev.plain("cancel_reminder")], []),
        ([asked("a", entities={"x": 1}), ev.plain("cancel_reminder", entities=[{"entity": "x", "value": 1}])], []),
        ([asked("a", entities={"x": 1}), ev.plain("cancel_reminder", entities=[{"entity": "x", "value": 2}])], ["a"]),
        ([asked("a"), ev.plain("restart")], []),
        ([asked("a"), ev.plain("session_ended")], []),
        ([asked("a"), ev.plain("session_started")], ["a"]),
        ([asked(None)], ["ask_balance at 1893499200"]),
        ([asked("a", intent=""), asked("b", at="tomorrow"), ev.plain("reminder")], []),
    ],
)
def test_what_waits_follows_from_the_events(events: Sequence[Event], names: list[str]) -> None:
    assert [reminder.name for reminder in pending(events)] == names


def test_a_reminder_says_its_intent_with_its_entities() -> None:
    (reminder,) = pending([asked(entities=[{"entity": "place", "value": "Rome"}, "odd"])])
    assert reminder.payload() == '/ask_balance{"place": "Rome"}'
    assert pending([asked()])[0].payload() == "/ask_balance"


class Heard:
    """A channel that keeps what is sent."""

    name = "rest"

    def __init__(self) -> None:
        self.texts: list[str | None] = []
        self.sent = asyncio.Event()

    async def send(self, recipient: str, messages: Sequence[Any]) -> None:
        self.texts += [message.text for message in messages]
        self.sent.set()


def bot_that_reminds(store: MemoryStore, seconds: float, **fields: Any) -> tuple[Bot, Reminding, Heard]:
    due = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    event = {"event": "reminder", "name": "r", "intent": "ask_balance", "date_time": due, **fields}
    act = ItemBody(
        "flow", "act", {"description": "a", "run_pattern_completed": False, "steps": [{"action": "action_x"}]}
    )
    agent = made(
        Listening(StartFlow("act")),
        act,
        ItemBody("action", "action_x", {}),
        actions=Acting(ActionResult(events=[event])),
    )
    bot = Bot(Served(cast("Model", None), agent, HttpActions(None)), store)
    heard = Heard()
    reminding = Reminding(bot, Outlets([cast("Any", heard)]))
    bot.after_turn = reminding.note
    return bot, reminding, heard


def run(what: Awaitable[None]) -> None:
    async def main() -> None:
        await what

    asyncio.run(main())


def test_a_reminder_comes_when_it_is_due_and_goes_out_by_the_channel() -> None:
    async def talk() -> None:
        bot, reminding, heard = bot_that_reminds(MemoryStore(9), 0.05)
        await bot.turn(UserMessage(text="remind me", sender="me"))
        await asyncio.wait_for(heard.sent.wait(), 20)
        assert "You have 12." in heard.texts
        tracker = await bot.read("me")
        assert tracker is not None
        assert pending(tracker.events) == ()
        users = [event for event in tracker.events if event.type == ev.USER]
        assert users[-1].get("text") == "/ask_balance"
        assert users[-1].metadata["reminder"] == "r"
        await reminding.close()

    run(talk())


def test_a_reminder_survives_the_process_that_waited_for_it() -> None:
    async def talk() -> None:
        before, reminding, _ = bot_that_reminds(MemoryStore(9), 0.3)
        await before.turn(UserMessage(text="remind me", sender="me"))
        await reminding.close()
        kept = await before.read("me")
        assert kept is not None
        store = MemoryStore(9)
        after, resumed, heard = bot_that_reminds(store, 9999)
        events = [event for item in kept.events if isinstance(event := decode(item.to_json()), Event)]
        async with after.holding("me") as (held, served):
            await held.save(served.agent.restored_tracker("me", events))
        await resumed.resume()
        await asyncio.wait_for(heard.sent.wait(), 20)
        assert "You have 12." in heard.texts
        await resumed.close()

    run(talk())


async def waiting(bot: Bot) -> Sequence[object]:
    """The reminders that the conversation of `me` waits for."""
    tracker = await bot.read("me")
    assert tracker is not None
    return pending(tracker.events)


def test_a_message_of_the_user_takes_a_reminder_away_that_wishes_so() -> None:
    async def talk() -> None:
        bot, reminding, _ = bot_that_reminds(MemoryStore(9), 9999)
        await bot.turn(UserMessage(text="remind me", sender="me"))
        assert len(await waiting(bot)) == 1
        await bot.turn(UserMessage(text="/ask_quiet", sender="me"))
        assert await waiting(bot) == ()
        await reminding.close()

    run(talk())
