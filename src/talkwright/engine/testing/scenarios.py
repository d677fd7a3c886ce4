"""Playing scenarios: each from an empty conversation; every expectation is compared, and the events are folded back."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from talkwright.assistant.assistant import Assistant
from talkwright.assistant.build import build_assistant
from talkwright.assistant.domain import Domain
from talkwright.assistant.items import ItemBody
from talkwright.conversation import events as ev
from talkwright.conversation.classic import decode
from talkwright.conversation.events import Event
from talkwright.conversation.stack import COLLECT_PATTERN, FLOW_FRAME, Frame
from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.commands import Command
from talkwright.engine.dialogue.frames import VALIDATE
from talkwright.engine.dialogue.profile import Profile
from talkwright.engine.ports import ActionFailed, ActionResult, Understood, UserMessage
from talkwright.engine.testing.scenario_files import Scenario, Turn, load_scenarios

BOOKKEEPING = frozenset({"flow_hashes", "session_started_metadata", "language", "mocked_datetime"})
_START = 1_800_000_000.0
_STEP = 0.001
_FLOW_WORDS = {
    ev.FLOW_STARTED: "started",
    ev.FLOW_COMPLETED: "completed",
    ev.FLOW_CANCELLED: "cancelled",
    ev.FLOW_INTERRUPTED: "interrupted",
    ev.FLOW_RESUMED: "resumed",
}


@dataclass(frozen=True)
class Result:
    """How a scenario went: empty `differences` means as expected."""

    id: str
    title: str
    differences: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything went as expected."""
        return not self.differences

    def __str__(self) -> str:
        """For people: whether it passed, else every difference."""
        differences = "".join(f"\n    {words}" for words in self.differences)
        return f"{'passed' if self.passed else 'failed'}: {self.id} {self.title}{differences}"


@dataclass
class _Clock:
    """A clock that moves a little at each look, and as far as a turn waits."""

    now: float = _START

    def __call__(self) -> float:
        self.now += _STEP
        return self.now


@dataclass
class _Script:
    """The understanding of a scenario: the commands that its turn gives."""

    commands: Sequence[Command] = ()

    def understand(self, text: str, tracker: Tracker, assistant: Assistant, *, language: str) -> Understood:  # noqa: ARG002 -- a port
        """The turn's commands, whatever the text."""
        return Understood(commands=self.commands, trace={"source": "script"})


@dataclass
class _Actions:
    """The custom actions of a scenario, each with its one answer."""

    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    async def run(self, name: str, tracker: Tracker, domain: Domain) -> ActionResult:  # noqa: ARG002 -- a port
        """The answer written in the scenario; raises what it says."""
        answer = self.answers.get(name) or {}
        if "raises" in answer:
            raise ActionFailed(str(answer["raises"]))
        return ActionResult(events=answer.get("events") or (), responses=answer.get("responses") or ())


async def play_file(path: Path) -> list[Result]:
    """Plays all scenarios of a file; raises ScenarioError where it can't be read."""
    return [await play(scenario) for scenario in load_scenarios(path)]


async def play(scenario: Scenario) -> Result:
    """Plays one scenario from an empty conversation."""
    assistant, _ = build_assistant(_with_language(scenario))
    script, clock = _Script(), _Clock()
    agent = Agent(
        assistant,
        script,
        _Actions(scenario.actions),
        clock=clock,
        rng=random.Random(scenario.id),  # noqa: S311 -- chance that must repeat
        model_id="scenario",
        profile=Profile(**scenario.profile),
    )
    tracker = agent.new_tracker(scenario.id)
    agent.start_session(tracker, {"language": scenario.language} if scenario.language else None)
    differences: list[str] = []
    for number, turn in enumerate(scenario.turns, start=1):
        clock.now += turn.wait
        script.commands = turn.user if isinstance(turn.user, tuple) else ()
        text = turn.user if isinstance(turn.user, str) else "(commands)"
        result = await agent.handle(
            tracker, UserMessage(text=text, sender=scenario.id, channel=turn.channel or scenario.channel)
        )
        differences += [f"turn {number}: {words}" for words in compare(turn, result.events, tracker)]
    differences += rebuilt_differences(agent, tracker)
    return Result(scenario.id, scenario.title, tuple(differences), tuple(tracker.events))


def _with_language(scenario: Scenario) -> list[ItemBody]:
    if scenario.language is None:
        return list(scenario.items)
    return [
        ItemBody(item.kind, item.name, {**item.body, "additional_languages": [scenario.language]})
        if item.kind == "config"
        else item
        for item in scenario.items
    ]


def rebuilt_differences(agent: Agent, tracker: Tracker) -> list[str]:
    """Where the state rebuilt from the events, as JSON, differs from the live one (T98)."""
    events = [event for event in (decode(item.to_json()) for item in tracker.events) if isinstance(event, Event)]
    rebuilt = agent.restored_tracker(tracker.sender_id, events)
    found = []
    if list(rebuilt.stack) != [dict(frame) for frame in tracker.stack]:
        found.append(f"the stack rebuilt from the events is {shown_stack(rebuilt)}, live it is {shown_stack(tracker)}")
    if rebuilt.slots != tracker.slots:
        found.append(f"the slots rebuilt from the events are {rebuilt.slots}, live they are {tracker.slots}")
    return found


def compare(turn: Turn, events: Sequence[Event], tracker: Tracker) -> list[str]:
    """Where a turn went another way than expected, in words."""
    expected = turn.expected
    if expected is None:
        return []
    found = _compare_bot(expected["bot"], [event for event in events if event.type == ev.BOT])
    seen = {
        "slots": shown_slots(tracker),
        "stack": shown_stack(tracker),
        "flows": _flow_events(events, expected["flows"], patterns=False),
        "patterns": _flow_events(events, expected.get("patterns") or (), patterns=True),
        "set": [
            {str(event.get("name")): event.get("value")}
            for event in events
            if event.type == ev.SLOT and event.get("name") not in BOOKKEEPING
        ],
    }
    for key, value in seen.items():
        if key in expected and not _equal(value, expected[key]):
            found.append(f"{key} should be {expected[key]}, but they are {value}")
    return found + _missing_events(expected.get("events") or (), events)


def _equal(left: Any, right: Any) -> bool:
    """Equality that tells true from 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(_equal(one, other) for one, other in zip(left, right, strict=True))
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def shown_slots(tracker: Tracker) -> dict[str, Any]:
    """All slots at another than their initial value, bookkeeping apart."""
    return {
        name: value
        for name, value in tracker.slots.items()
        if name not in BOOKKEEPING and not _equal(value, tracker.initial_slots.get(name))
    }


def shown_stack(tracker: Tracker) -> str:
    """The stack in the notation of scenario files."""
    return " ".join(_shown(frame) for frame in tracker.stack) or "idle"


def _shown(frame: Frame) -> str:
    kind = str(frame.get("type"))
    if kind == COLLECT_PATTERN:
        return f"?{frame.get('collect')}"
    if kind == VALIDATE:
        return f"!{frame.get('validate')}"
    if kind == FLOW_FRAME:
        return f"{frame.get('flow_id')}({str(frame.get('frame_type'))[:1]})"
    return kind


def _flow_events(events: Sequence[Event], expected: Sequence[str], *, patterns: bool) -> list[str]:
    """The flow events of a turn; with their steps where the expectation at the same place has one."""
    chosen = [
        event
        for event in events
        if event.type in _FLOW_WORDS and str(event.get("flow_id")).startswith("pattern_") == patterns
    ]
    shown = []
    for index, event in enumerate(chosen):
        words = f"{_FLOW_WORDS[event.type]} {event.get('flow_id')}"
        wants_step = index < len(expected) and "@" in str(expected[index])
        shown.append(f"{words}@{event.get('step_id')}" if wants_step else words)
    return shown


def _compare_bot(expected: Sequence[Any], said: Sequence[Event]) -> list[str]:
    names = [event.metadata.get("utter_action") for event in said]
    shown = [
        str(name).removeprefix("utter_") if name else f"text {event.get('text')!r}"
        for name, event in zip(names, said, strict=True)
    ]
    if len(expected) != len(said):
        return [f"the bot should say {list(expected)}, but it says {shown}"]
    found = []
    for wanted, event, words in zip(expected, said, shown, strict=True):
        rule = wanted if isinstance(wanted, Mapping) else {"response": wanted}
        if not _says(rule, event):
            found.append(f"the bot should say {wanted}, but it says {words}: {event.get('text')!r} (all: {shown})")
    return found


def _says(rule: Mapping[str, Any], event: Event) -> bool:
    text = event.text_of("text") or ""
    buttons = (event.get("data") or {}).get("buttons") or []
    name = str(event.metadata.get("utter_action") or "").removeprefix("utter_")
    return (
        rule.get("response", name) == name
        and rule.get("text", text) == text
        and str(rule.get("contains", "")) in text
        and rule.get("buttons", len(buttons)) == len(buttons)
    )


def _missing_events(expected: Sequence[Mapping[str, Any]], events: Sequence[Event]) -> list[str]:
    waiting = [event.to_dict() for event in events]
    for wanted in expected:
        place = next((index for index, event in enumerate(waiting) if _contains(event, wanted)), None)
        if place is None:
            return [f"there is no event {dict(wanted)} where one should be"]
        waiting = waiting[place + 1 :]
    return []


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(key in value and _contains(value[key], wanted[key]) for key in wanted)
    return _equal(value, wanted)
