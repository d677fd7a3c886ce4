"""Agents for tests: an understanding that says what it was told, actions with one answer, and a look at the turn."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.commands import Command, StartFlow
from talkwright.engine.dialogue.profile import Profile
from talkwright.engine.ports import ActionResult, TurnResult, Understood, UserMessage
from talkwright.engine.testing.scenario_files import load_scenarios

ITEMS = load_scenarios(Path(__file__).parent / "scenarios" / "a_basics.yml")[0].items


class Listening:
    """An understanding that gives what it was told to."""

    def __init__(self, *commands: Command) -> None:
        self.commands: Sequence[Command] = commands

    def understand(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:
        return Understood(commands=self.commands, trace={"source": "local", "candidates": [{"flow": "x", "score": 1}]})


class Waiting(Listening):
    """One that has to wait for its answer, as one with a language model has."""

    async def understand(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:  # type: ignore[override] # the other half of the port
        await asyncio.sleep(0)
        return Understood(commands=[StartFlow("balance")])


class Broken(Listening):
    def understand(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:
        raise RuntimeError("no understanding")


class Acting:
    """Custom actions with one answer for all."""

    def __init__(self, answer: ActionResult | Exception | None = None) -> None:
        self.answer = answer or ActionResult()
        self.asked: list[str] = []

    async def run(self, name: str, tracker: Tracker, domain: Any) -> ActionResult:
        self.asked.append(name)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def made(
    understanding: Listening, *more: ItemBody, actions: Acting | None = None, profile: Profile | None = None
) -> Agent:
    named = {(item.kind, item.name) for item in more}
    items = [item for item in ITEMS if (item.kind, item.name) not in named]
    assistant, _ = build_assistant([*items, *more])
    acting = actions or Acting()
    return Agent(assistant, understanding, acting, rng=random.Random(7), model_id="m1", model_name="n", profile=profile)


def say(agent: Agent, tracker: Tracker, text: str = "hello", **values: Any) -> TurnResult:
    return asyncio.run(agent.handle(tracker, UserMessage(text=text, **values)))


def said(result: TurnResult) -> list[str]:
    return [str(message.metadata.get("utter_action")).removeprefix("utter_") for message in result.messages]


def shape(events: Sequence[Event]) -> list[str]:
    """Event types with the name that matters, in order."""
    return [
        " ".join([event.type, *[str(event.get(key)) for key in ("name", "flow_id") if event.get(key)]])
        for event in events
    ]
