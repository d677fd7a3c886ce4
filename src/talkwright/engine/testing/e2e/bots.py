"""The bots that cases are played with: an agent in this process, or one behind HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx2

from talkwright.assistant.domain import Domain
from talkwright.conversation import events as ev
from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.ports import ActionFailed, ActionResult, ActionRunner, UserMessage
from talkwright.engine.testing.e2e.assertions import EventMap
from talkwright.engine.testing.e2e.cases import Case, CaseError
from talkwright.engine.testing.e2e.oracle import Oracle

_TURN_SECONDS = 60.0
_CHANNEL = "e2e"


class Stubs:
    """Custom actions answered by the stubs of the case whose conversation it is; others are run."""

    def __init__(self, others: ActionRunner) -> None:
        self._others = others
        self.cases: dict[str, Case] = {}

    async def run(self, name: str, tracker: Tracker, domain: Domain) -> ActionResult:
        """What the stub answers; raises ActionFailed for an action without one where the case has stubs."""
        case = self.cases[tracker.sender_id]
        if case.stubs is None:
            return await self._others.run(name, tracker, domain)
        stub = case.stubs.get(name)
        if stub is None:
            raise ActionFailed(f"{name} has no stub in {case.file.name}; once one action is stubbed all must be.")
        return ActionResult(events=stub.events, responses=stub.responses)


class AgentBot:
    """A bot in this process: an agent that `make` makes with the stubs, and the oracle that it asks, if it asks one."""

    def __init__(self, make: Callable[[ActionRunner], Agent], actions: ActionRunner, oracle: Oracle | None) -> None:
        self._stubs = Stubs(actions)
        self._oracle = oracle
        self._agent = make(self._stubs)

    def conversation(self, case: Case) -> AgentConversation:
        """A new conversation for a case."""
        sender = f"test-{uuid.uuid4().hex}"
        self._stubs.cases[sender] = case
        return AgentConversation(self._agent, self._oracle, case, sender)


class AgentConversation:
    """One conversation with an agent."""

    def __init__(self, agent: Agent, oracle: Oracle | None, case: Case, sender: str) -> None:
        self._agent = agent
        self._oracle = oracle
        self._case = case
        self._tracker = agent.new_tracker(sender)
        self._turn = 0

    async def begin(self) -> Sequence[EventMap]:
        """Begin the session where slots are to be set in it; else the first message does."""
        slots = fixture_slots(self._case)
        if not slots:
            return ()
        result = self._agent.start_session(self._tracker, self._case.metadata)
        for name, value in slots.items():
            self._tracker.apply(ev.slot(name, value).at((self._tracker.latest_event_time or 0.0) + 1e-6, {}))
        return [event.to_dict() for event in result.events]

    async def say(self, text: str, metadata: Mapping[str, Any]) -> Sequence[EventMap]:
        """Let the agent take a message."""
        sender = self._tracker.sender_id
        if self._oracle is not None:
            self._oracle.turns[sender] = (self._case, self._turn)
        self._turn += 1
        message = UserMessage(text=text, sender=sender, channel=_CHANNEL, metadata=metadata)
        result = await self._agent.handle(self._tracker, message)
        return [event.to_dict() for event in result.events]


class HttpBot:
    """A bot that runs somewhere; its own understanding and its own actions count."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self.client = httpx2.AsyncClient(
            base_url=url.rstrip("/"), params={"token": token} if token else {}, timeout=_TURN_SECONDS, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.aclose()

    def conversation(self, case: Case) -> HttpConversation:
        """A new conversation for a case; raises CaseError for one with stubs: only a bot in this process takes them."""
        if case.stubs is not None:
            raise CaseError(
                f"{case.file.name} stubs custom actions, which a running bot can't do: play it without --url."
            )
        return HttpConversation(self.client, case)


class HttpConversation:
    """One conversation over HTTP; raises httpx2.HTTPError where the bot doesn't answer."""

    def __init__(self, client: httpx2.AsyncClient, case: Case) -> None:
        self._client = client
        self._case = case
        self._sender = f"test-{uuid.uuid4().hex}"

    async def begin(self) -> Sequence[EventMap]:
        """Set the fixtures' slots in a session that has just begun."""
        slots = fixture_slots(self._case)
        if not slots:
            return ()
        place = f"/conversations/{self._sender}/tracker"
        began = (await self._client.get(place)).raise_for_status().json()
        events = [{"event": "slot", "name": name, "value": value, "timestamp": None} for name, value in slots.items()]
        (await self._client.post(f"{place}/events", json=events)).raise_for_status()
        return began.get("events") or ()

    async def say(self, text: str, metadata: Mapping[str, Any]) -> Sequence[EventMap]:
        """Say it on the REST channel."""
        body = {"sender": self._sender, "message": text, "metadata": dict(metadata)}
        answer = await self._client.post("/webhooks/rest/webhook", params={"events": "true"}, json=body)
        events: list[EventMap] = answer.raise_for_status().json()["events"]
        return events


def fixture_slots(case: Case) -> dict[str, Any]:
    """The slots to set; the case's language is one of them where something else is."""
    slots = dict(case.fixtures)
    language = case.metadata.get("language")
    if slots and isinstance(language, str):
        slots.setdefault("language", language)
    return slots
