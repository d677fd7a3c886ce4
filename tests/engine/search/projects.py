"""A small business with documents, for tests of its search."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.commands import Knowledge
from talkwright.engine.ports import ActionFailed, ActionResult, TurnResult, Understood, UserMessage
from talkwright.engine.search.answering import Search, make_search
from talkwright.engine.search.index import SearchIndex, build_index
from talkwright.engine.search.passages import passages_of
from talkwright.engine.stores.recording import NOTHING, Recording

HOURS = """# Opening hours

The bakery is open from 6 to 13 on weekdays and from 7 to 11 on Saturdays. We are closed on Sundays.

Q: Do you bake on public holidays?
A: No. The day before we bake twice as much.
"""
CAKES = """# Cakes to order

Birthday cakes have to be ordered three days before. A cake for twelve people costs 38 euros. Writing on it is free.
Wedding cakes need four weeks and a talk in the shop. We deliver them within twenty kilometres for 25 euros.
Pictures from a photograph are printed on marzipan. Nuts can be left out of every cake on request.
"""
DOCUMENTS = {"docs/hours.md": HOURS, "docs/cakes.md": CAKES}


def model_at(address: str, **keys: Any) -> dict[str, Any]:
    """A model of the scripted server."""
    return {"provider": "self-hosted", "model": "scripted", "api_base": address, "timeout": 30, **keys}


def project(policy: Mapping[str, Any] | None = None, *more: ItemBody) -> list[ItemBody]:
    """The items of the business, its policy with these keys."""
    policies = [{"name": "FlowPolicy"}, {"name": "EnterpriseSearchPolicy", **(policy or {})}]
    order = {"description": "order a cake", "steps": [{"collect": "people"}, {"action": "utter_ordered"}]}
    search = {"description": "answers", "steps": [{"action": "action_trigger_search"}]}
    return [
        ItemBody("config", "config.yml", {"assistant_id": "bakery", "language": "en", "policies": policies}),
        ItemBody("flow", "order_cake", order),
        ItemBody("flow", "pattern_search", search),
        ItemBody("slot", "people", {"type": "float", "mappings": [{"type": "from_llm"}]}),
        ItemBody("slot", "name", {"type": "text", "initial_value": "Ann"}),
        ItemBody("response", "utter_ask_people", [{"text": "For how many?"}]),
        ItemBody("response", "utter_ordered", [{"text": "Ordered."}]),
        *more,
    ]


def assistant_with(policy: Mapping[str, Any] | None = None, *more: ItemBody) -> Assistant:
    assistant, problems = build_assistant(project(policy, *more))
    assert not [problem for problem in problems if problem.severity == "error"]
    return assistant


def index_of(documents: Mapping[str, str] | None = None) -> SearchIndex:
    texts = DOCUMENTS if documents is None else documents
    return build_index([one for path, text in texts.items() for one in passages_of(path, text)], ("en",))


class Asking:
    """Understands every message as a question."""

    def understand(self, *_: object, **__: object) -> Understood:
        return Understood(commands=[Knowledge()], trace={"source": "test"})


class NoActions:
    """The bakery has no actions of its own."""

    async def run(self, name: str, tracker: object, domain: object) -> ActionResult:
        raise ActionFailed(f"no {name} here")


def bot_with(
    assistant: Assistant,
    index: SearchIndex | None = None,
    *,
    with_models: bool = True,
    recording: Recording = NOTHING,
) -> Agent:
    found, _ = make_search(assistant, index_of() if index is None else index, with_models=with_models, environment={})
    assert isinstance(found, Search)
    return Agent(assistant, Asking(), NoActions(), rng=random.Random(7), searching=found, recording=recording)


async def asked(agent: Agent, *texts: str, **options: Any) -> TurnResult:
    """The turn of the last of these messages; connections are closed afterwards."""
    tracker: Tracker = agent.new_tracker("ann")
    result = TurnResult(events=(), messages=())
    for text in texts:
        result = await agent.handle(tracker, UserMessage(text=text), **options)
    await agent.close()
    return result


def actions(events: tuple[Event, ...] | list[Event]) -> list[str]:
    return [str(event.get("name")) for event in events if event.type == "action"]
