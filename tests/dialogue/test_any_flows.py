"""Whatever flows and users there are: turns end, events alone give the state, and nobody writes what they may not."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialogue.random_projects import ACTION_SLOTS, ANSWERS, TALKS, projects

from talkwright.assistant.build import build_assistant
from talkwright.assistant.flows import SetSlotsStep
from talkwright.assistant.items import ItemBody
from talkwright.conversation import events as ev
from talkwright.conversation.classic import decode
from talkwright.conversation.events import Event
from talkwright.conversation.fold import fold_all, new_state
from talkwright.conversation.tracker import Tracker
from talkwright.engine.agent import Agent
from talkwright.engine.commands import CUSTOM, LLM, NLU, PAYLOAD, Command, SetSlot
from talkwright.engine.dialogue.profile import Profile
from talkwright.engine.dialogue.program import Program
from talkwright.engine.ports import ActionFailed, ActionResult, Understood, UserMessage

MAX_ACTIONS = 40
WRITES_ITSELF = {"flow_hashes", "silence_timeout", "consecutive_silence_timeouts", "session_started_metadata"}
KINDS = {LLM: {"from_llm"}, NLU: {"from_entity", "from_text", "from_intent", "from_trigger_intent"}}


class Script:
    commands: Sequence[Command] = ()

    def understand(self, *_: object, **__: object) -> Understood:
        return Understood(commands=self.commands)


class Acting:
    def __init__(self, answer: Sequence[Mapping[str, Any]] | None) -> None:
        self.answer = answer

    async def run(self, *_: object) -> ActionResult:
        if self.answer is None:
            raise ActionFailed("no answer")
        return ActionResult(events=self.answer)


class Talk:
    """A talk that checks every turn as it goes."""

    def __init__(self, items: Sequence[ItemBody], answer: Sequence[Mapping[str, Any]] | None) -> None:
        assistant, _ = build_assistant(items)
        self.script = Script()
        self.agent = Agent(
            assistant,
            self.script,
            Acting(answer),
            rng=random.Random(5),
            clock=iter(range(10**9)).__next__,
            profile=Profile(max_actions=MAX_ACTIONS),
        )
        self.agent._apologise = self._fault  # type: ignore[method-assign] # a fault must show here, not be mended
        self.tracker = self.agent.new_tracker("any")

    async def _fault(self, *_: object) -> None:
        raise AssertionError("The engine itself failed, and would have apologised.")

    def take(self, commands: Sequence[Command]) -> None:
        self.script.commands = commands
        flows = repr(self.agent.assistant.flows)
        carried = dict(self.tracker.slots)
        result = asyncio.run(self.agent.handle(self.tracker, UserMessage(text="x")))
        assert [event.type for event in result.events][-1] == ev.BOT_TURN_ENDED
        assert [event.type for event in result.events].count(ev.USER) == 1
        actions = [event for event in result.events if event.type == ev.ACTION]
        assert actions[-1].get("name") == ev.ACTION_LISTEN
        assert len(actions) <= 5 * MAX_ACTIONS + 3
        assert repr(self.agent.assistant.flows) == flows
        began = [event.type for event in result.events].count(ev.SESSION_STARTED)
        for event in result.events:
            if event.type == ev.SLOT:
                name, value = event.get("name"), event.get("value")
                is_carried = began and carried.get(name) == value
                assert is_carried or may_be(self.agent.program, event, commands), event


def may_be(program: Program, event: Event, commands: Sequence[Command]) -> bool:
    """Whether whoever wrote a slot may have (2.1)."""
    name, value, by = str(event.get("name")), event.get("value"), event.get("filled_by")
    slot = program.slots.get(name)
    if slot is None:
        return False
    if event.metadata.get("reset"):
        return bool(value == slot.initial_value)
    if by == CUSTOM:
        return name in ACTION_SLOTS
    if by in (LLM, NLU, PAYLOAD):
        told = any(isinstance(item, SetSlot) and (item.name, item.extractor) == (name, by) for item in commands)
        allowed = by == PAYLOAD or slot.builtin or any(mapping.type in KINDS[by] for mapping in slot.mappings)
        return allowed and told
    written = any(
        isinstance(step, SetSlotsStep) and name in dict(step.slots)
        for flow in program.flows.values()
        for step in flow.steps
    )
    return value is None or name in WRITES_ITSELF or written


def same_but_for_times(events: Sequence[Event]) -> list[dict[str, Any]]:
    dropped = ("execution_times", "action_ms")
    return [
        {**event.to_dict(), "metadata": {key: value for key, value in event.metadata.items() if key not in dropped}}
        for event in events
    ]


@given(projects(), TALKS, ANSWERS)
@settings(max_examples=50)
def test_any_flows_and_commands_keep_the_promises(
    items: list[ItemBody], talk: list[list[Command]], answer: list[dict[str, Any]] | None
) -> None:
    live = Talk(items, answer)
    for commands in talk:
        live.take(commands)
    events = [event for item in live.tracker.events if isinstance(event := decode(item.to_json()), Event)]
    again = live.agent.restored_tracker("any", events)
    for view in (tracker_view(again), tracker_view(live.tracker)):
        assert view == tracker_view(live.tracker)
    state, _ = fold_all(new_state(live.agent.program.initial_slots), live.tracker.events)
    assert list(state.stack) == list(live.tracker.stack)
    assert state.slots == live.tracker.slots
    replayed = Talk(items, answer)
    for commands in talk:
        replayed.take(commands)
    assert same_but_for_times(replayed.tracker.events) == same_but_for_times(live.tracker.events)


def tracker_view(tracker: Tracker) -> tuple[Any, ...]:
    return (
        [dict(frame) for frame in tracker.stack],
        tracker.slots,
        tracker.filled_by,
        tracker.terminated,
        tracker.followup_action,
        tracker.current_session_id,
    )


@given(projects(), TALKS, ANSWERS, st.integers(0, 5))
@settings(max_examples=25)
def test_a_talk_that_is_restored_anywhere_goes_on_the_same(
    items: list[ItemBody], talk: list[list[Command]], answer: list[dict[str, Any]] | None, place: int
) -> None:
    live, moved = Talk(items, answer), Talk(items, answer)
    for number, commands in enumerate(talk):
        if number == place:
            events = [event for item in moved.tracker.events if isinstance(event := decode(item.to_json()), Event)]
            moved.tracker = moved.agent.restored_tracker("any", events)
        live.take(commands)
        moved.take(commands)
    assert same_but_for_times(moved.tracker.events) == same_but_for_times(live.tracker.events)
