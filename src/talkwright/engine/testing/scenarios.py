"""Playing scenarios: each from an empty conversation, in each of its profiles, at the agent's public door."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.compatibility import OWN_SETTINGS, Compatibility
from talkwright.assistant.domain import Domain
from talkwright.assistant.items import ItemBody
from talkwright.assistant.problems import Severity
from talkwright.conversation.classic import decode
from talkwright.conversation.events import Event
from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.dialogue.availability import available_flows
from talkwright.engine.dialogue.profile import Profile, profile_of
from talkwright.engine.dialogue.program import Program
from talkwright.engine.dialogue.triggers import commands_of_intent
from talkwright.engine.ports import (
    ActionFailed,
    ActionRejected,
    ActionResult,
    Hear,
    SearchAnswer,
    SearchFailed,
    Searching,
    Understood,
    UserMessage,
)
from talkwright.engine.search.answering import Search
from talkwright.engine.search.configuring import SearchSettings
from talkwright.engine.search.index import build_index
from talkwright.engine.search.passages import passages_of
from talkwright.engine.testing.scenario_files import Said, Scenario, Turn, load_scenarios
from talkwright.engine.testing.scenario_results import Difference, Result, compare, shown_stack
from talkwright.engine.testing.scenario_words import ScenarioError
from talkwright.engine.understanding.llm.command_lines import read_commands
from talkwright.engine.understanding.merging import merged, settles

_START = 1_800_000_000.0
_STEP = 0.001


@dataclass
class _Clock:
    """A clock that moves a little at each look, and as far as a turn waits."""

    now: float = _START

    def __call__(self) -> float:
        self.now += _STEP
        return self.now


@dataclass
class _Script:
    """The understanding of a scenario: what its turn says was understood."""

    said: Said = field(default_factory=Said)
    program: Program | None = None

    def understand(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:  # noqa: ARG002 -- a port
        """The turn's commands, whatever the text; a model's answer is read, an intent asked first."""
        said = self.said
        if said.answer is not None and self.program is not None:
            syntax, answer = said.answer
            commands = read_commands(answer, syntax, flows=available_flows(self.program, tracker))
            return Understood(commands=commands, trace={"source": "llm"})
        if said.intent is None or self.program is None:
            return Understood(commands=said.commands, trace={"source": "script"})
        found = commands_of_intent(self.program, tracker, said.intent, said.confidence, said.entities)
        parse_data = {"intent": {"name": said.intent, "confidence": said.confidence}, "entities": list(said.entities)}
        if settles(found, tracker.stack):
            return Understood(commands=found, parse_data=parse_data, trace={"source": "local"})
        return Understood(commands=merged(found, said.commands), parse_data=parse_data, trace={"source": "script"})

    def parse(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Mapping[str, Any]:  # noqa: ARG002 -- a port
        """The intent and entities that the turn says."""
        said = self.said
        intent = {"name": said.intent, "confidence": said.confidence if said.intent is not None else 0.0}
        return {"intent": intent, "entities": [dict(entity) for entity in said.entities]}


@dataclass
class _Actions:
    """The custom actions of a scenario: an answer each, or a list of answers, the last of which stays."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    async def run(self, name: str, tracker: Tracker, domain: Domain) -> ActionResult:  # noqa: ARG002 -- a port
        """The answer written in the scenario; raises what it says."""
        written = self.answers.get(name) or {}
        times = self.asked.get(name, 0)
        self.asked[name] = times + 1
        answer = written[min(times, len(written) - 1)] if isinstance(written, list) else written
        if "raises" in answer:
            raise ActionFailed(str(answer["raises"]))
        if answer.get("rejects"):
            raise ActionRejected(name)
        return ActionResult(events=answer.get("events") or (), responses=answer.get("responses") or ())


class _Failing:
    """A search that can't be finished."""

    async def answer(self, tracker: Tracker, *, hear: Hear | None = None) -> SearchAnswer:  # noqa: ARG002 -- a port
        """Raises."""
        raise SearchFailed("as the scenario wants it")


def _searching(assistant: Assistant, documents: Mapping[str, Any]) -> Searching | None:
    """The real search over the scenario's documents, without a language model."""
    if not documents:
        return None
    if "raises" in documents:
        return _Failing()
    passages = [one for path, text in documents.items() for one in passages_of(str(path), str(text))]
    return Search(assistant, build_index(passages, (assistant.language,)), SearchSettings())


async def play_file(path: Path, *, profile: str | None = None, only: Collection[str] = ()) -> list[Result]:
    """Plays the scenarios of a file in all their profiles; raises ScenarioError where it can't be read.

    `profile` and `only` (ids) choose among them.
    """
    return [
        await play(scenario, played)
        for scenario in load_scenarios(path)
        if not only or scenario.id in only
        for played in scenario.profiles
        if profile in (None, played)
    ]


async def play(scenario: Scenario, profile: Compatibility) -> Result:
    """Plays one scenario from an empty conversation; raises ScenarioError for settings that don't exist."""
    run = _Run(scenario, profile)
    run.begin()
    for number, turn in enumerate(scenario.turns, start=1):
        for time in range(turn.times):
            await run.take(number, turn, goes_on=0 < time < turn.times - 1)
            if run.differences and turn.times > 1:
                break
    said = tuple(str(turn.said) for turn in scenario.turns)
    return Result(scenario.id, scenario.title, profile, tuple(run.differences), tuple(run.tracker.events), said)


class _Run:
    """One scenario being played."""

    def __init__(self, scenario: Scenario, profile: Compatibility) -> None:
        self._scenario = scenario
        self._profile = profile
        self._items = {(item.kind, item.name): item for item in _with_settings(scenario, profile)}
        self._script, self._clock = _Script(), _Clock()
        self._actions = _Actions(scenario.actions)
        self._rng = random.Random(scenario.id)  # noqa: S311 -- chance that must repeat
        self._agent = self._made()
        self.tracker = self._agent.new_tracker(scenario.id)
        self.differences: list[Difference] = []
        self._again = self.tracker

    def _made(self) -> Agent:
        assistant, problems = build_assistant(self._items.values())
        errors = [problem for problem in problems if problem.severity is Severity.ERROR]
        if errors:
            told = "".join(f"\n  {problem.kind} {problem.name}: {problem.message}" for problem in errors)
            raise ScenarioError(f"The project of scenario {self._scenario.id} can't be built:{told}")
        try:
            chosen: Profile = replace(profile_of(assistant.config), **self._scenario.settings)
        except TypeError as problem:
            raise ScenarioError(f"Scenario {self._scenario.id} has settings that don't exist: {problem}") from problem
        agent = Agent(
            assistant,
            self._script,
            self._actions,
            clock=self._clock,
            rng=self._rng,
            model_id="scenario",
            profile=chosen,
            searching=_searching(assistant, self._scenario.documents),
            parser=self._script,
        )
        self._script.program = agent.program
        return agent

    def begin(self) -> None:
        """Starts the session that every scenario begins in."""
        language = self._scenario.language
        self._agent.start_session(self.tracker, {"language": language} if language else None)

    async def take(self, number: int, turn: Turn, *, goes_on: bool = False) -> None:
        """Plays one turn and compares it; then the events alone must give the same state, and flows be unchanged.

        `goes_on` for a repetition between the first and the last: there the state that the events gave before takes
        those that have come since, so that many repetitions don't cost their square.
        """
        self._clock.now += turn.wait
        if turn.edited:
            self._items.update({(item.kind, item.name): item for item in turn.edited})
            self._agent = self._made()
        if turn.edited or turn.restored:
            self.tracker = _rebuilt(self._agent, self.tracker)
        self._script.said = turn.said
        flows = repr(self._agent.assistant.flows)
        text = turn.said.text if turn.said.text is not None else "(commands)"
        channel = turn.channel or self._scenario.channel
        message = UserMessage(text=text, sender=self._scenario.id, channel=channel)
        result = await self._agent.handle(self.tracker, message)
        self.differences += compare(number, turn.expected_in(self._profile), result.events, self.tracker)
        if turn.expected is not None:
            if goes_on and not turn.edited and not turn.restored:
                for event in _decoded(self.tracker.events[len(self._again.events) :]):
                    self._again.apply(event)
            else:
                self._again = _rebuilt(self._agent, self.tracker)
            self.differences += rebuilt_differences(number, self._again, self.tracker)
        if repr(self._agent.assistant.flows) != flows:
            self.differences.append(Difference(number, "flows as the project has them", ("unchanged",), ("changed",)))


def _with_settings(scenario: Scenario, profile: Compatibility) -> list[ItemBody]:
    """The items with the profile, and the conversation's language where it is another, in their config."""

    def config(body: Mapping[str, Any]) -> Mapping[str, Any]:
        own = {**(body.get(OWN_SETTINGS) or {}), "compatibility": profile}
        more = {"additional_languages": [scenario.language]} if scenario.language is not None else {}
        return {**body, **more, OWN_SETTINGS: own}

    return [
        replace(item, body=config(item.body)) if (item.kind, item.name) == ("config", "config.yml") else item
        for item in (*scenario.items, *(() if _has_config(scenario) else (ItemBody("config", "config.yml", {}),)))
    ]


def _has_config(scenario: Scenario) -> bool:
    return any((item.kind, item.name) == ("config", "config.yml") for item in scenario.items)


def _rebuilt(agent: Agent, tracker: Tracker) -> Tracker:
    return agent.restored_tracker(tracker.sender_id, _decoded(tracker.events))


def _decoded(events: Sequence[Event]) -> list[Event]:
    return [event for event in (decode(item.to_json()) for item in events) if isinstance(event, Event)]


def rebuilt_differences(number: int, rebuilt: Tracker, tracker: Tracker) -> list[Difference]:
    """Where the state rebuilt from the events, as JSON, differs from the live one (T98)."""
    views: Sequence[tuple[str, Callable[[Tracker], Any]]] = (
        ("the stack rebuilt from the events", lambda one: [dict(frame) for frame in one.stack]),
        ("the slots rebuilt from the events", lambda one: dict(one.slots)),
        ("who filled the slots, rebuilt from the events", lambda one: dict(one.filled_by)),
        ("the form, rebuilt from the events", lambda one: dict(one.active_loop)),
    )
    return [
        Difference(number, what, (shown_stack(tracker), str(view(tracker))), (shown_stack(rebuilt), str(view(rebuilt))))
        for what, view in views
        if view(rebuilt) != view(tracker)
    ]
