"""Whatever users say in whatever order: the machine keeps its promises."""

import asyncio
import json
import random
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.conversation import events as ev
from talkwright.conversation.classic import decode
from talkwright.conversation.events import Event
from talkwright.conversation.fold import fold_all, new_state
from talkwright.conversation.tracker import Tracker
from talkwright.engine import commands as cmd
from talkwright.engine.agent import Agent
from talkwright.engine.commands import Command, SetSlot, StartFlow
from talkwright.engine.dialogue.executor import MAX_MOVES
from talkwright.engine.ports import ActionResult, Understood, UserMessage
from talkwright.engine.testing.scenario_files import load_scenarios

FOLDER = Path(__file__).parent / "scenarios"
CONFIRMING = next(row for row in load_scenarios(FOLDER / "f_cancel.yml") if row.id == "T58").items
PLAIN = load_scenarios(FOLDER / "a_basics.yml")[0].items
FLOWS = [item.name for item in PLAIN if item.kind == "flow"]
SLOTS = {item.name: item.body["type"] for item in PLAIN if item.kind == "slot"}
PATTERN_SLOTS = [
    "continue_conversation",
    "csat_score",
    "continue_interrupted_flow_confirmation",
    "interrupted_flow_to_continue",
    "confirm_change",
]
VALUES = st.sampled_from(
    [None, True, False, "Ann", "Bob", 50, 5000, "lots", "Pro", "basic", "12", "1234", "none", "send money", "satisfied"]
)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.sampled_from(FLOWS).map(StartFlow),
    st.builds(SetSlot, st.sampled_from([*SLOTS, *PATTERN_SLOTS]), VALUES),
    st.builds(SetSlot, st.sampled_from([*SLOTS, *PATTERN_SLOTS]), VALUES, st.just("NLU")),
    st.sampled_from(
        [
            cmd.CancelFlow(),
            cmd.ChitChat(),
            cmd.ChitChat("thanks"),
            cmd.Knowledge(),
            cmd.SkipQuestion(),
            cmd.CannotHandle(),
            cmd.Repeat(),
            cmd.Clarify(("balance", "parent")),
            cmd.Clarify(),
            cmd.ErrorCommand(),
            cmd.UserSilence(),
            cmd.SessionEnd(),
            cmd.Restart(),
            cmd.Noop(),
            SetSlot("nonsense", 1),
            StartFlow("nowhere"),
            StartFlow("pattern_completed"),
        ]
    ),
)
TURNS = st.lists(st.lists(COMMANDS, max_size=4), max_size=12)


class Script:
    commands: Sequence[Command] = ()

    def understand(self, *_: object, **__: object) -> Understood:
        return Understood(commands=self.commands)


class NoActions:
    async def run(self, *_: object) -> ActionResult:
        return ActionResult()


def talk(items: Sequence[ItemBody], turns: list[list[Command]]) -> tuple[Agent, Tracker]:
    assistant, _ = build_assistant(items)
    script = Script()
    agent = Agent(assistant, script, NoActions(), rng=random.Random(3), clock=iter(range(10**9)).__next__)
    tracker = agent.new_tracker("any")
    for commands in turns:
        script.commands = commands
        result = asyncio.run(agent.handle(tracker, UserMessage(text="x")))
        check(result.events, tracker)
    return agent, tracker


def check(events: Sequence[Event], tracker: Tracker) -> None:
    assert [event.type for event in events][-1] == "bot_turn_ended"
    assert [event.type for event in events].count("user") == 1
    assert sum(event.type == "stack" for event in events) < MAX_MOVES
    stack = tracker.stack
    kinds = [frame["type"] for frame in stack]
    assert kinds.count("pattern_completed") <= 1
    assert kinds.count("pattern_correction") <= 1
    assert kinds.count("pattern_continue_interrupted") <= 1
    ids = [frame["frame_id"] for frame in stack]
    assert len(ids) == len(set(ids))
    flows = [frame["flow_id"] for frame in stack if frame.get("frame_type") in ("regular", "interrupt")]
    assert len(flows) == len(set(flows))
    assert not stack or stack[-1]["step_id"] != "END"
    if stack and not tracker.terminated:
        assert kinds[-1] in ("pattern_collect_information", "pattern_validate_slot")


def rebuilt(agent: Agent, tracker: Tracker) -> Tracker:
    events = [event for item in tracker.events if isinstance(event := decode(item.to_json()), Event)]
    return agent.restored_tracker("any", events)


@given(TURNS, st.sampled_from([PLAIN, CONFIRMING]))
@settings(max_examples=250)
def test_any_commands_in_any_order_leave_a_sound_conversation(
    turns: list[list[Command]], items: list[ItemBody]
) -> None:
    agent, tracker = talk(items, turns)
    again = rebuilt(agent, tracker)
    assert again.stack == tracker.stack
    assert again.slots == tracker.slots
    assert again.filled_by == tracker.filled_by
    state, _ = fold_all(new_state(agent.program.initial_slots), tracker.events)
    assert list(state.stack) == list(tracker.stack)
    assert state.slots == tracker.slots


@given(TURNS)
@settings(max_examples=60)
def test_no_fault_of_the_engine_hides_behind_an_apology(turns: list[list[Command]]) -> None:
    faults: list[str] = []
    assistant, _ = build_assistant(PLAIN)
    script = Script()
    agent = Agent(assistant, script, NoActions(), rng=random.Random(3))

    async def apologise(*_: object) -> None:
        faults.append("apologised")

    agent._apologise = apologise  # type: ignore[method-assign] # a fault must show here, not be mended
    tracker = agent.new_tracker("any")
    for commands in turns:
        script.commands = commands
        asyncio.run(agent.handle(tracker, UserMessage(text="x")))
    assert not faults


SCRAP = (
    st.none()
    | st.integers(0, 3)
    | st.sampled_from(["flow", "send_money", "X", "START", "pattern_correction", "amount"])
)
FRAME = st.dictionaries(
    st.sampled_from(
        ["type", "frame_id", "flow_id", "step_id", "frame_type", "collect", "utter", "rejections", "names"]
    ),
    SCRAP,
)


@given(st.lists(FRAME, max_size=4), st.lists(COMMANDS, max_size=3))
@settings(max_examples=150)
def test_a_stack_that_others_wrote_does_no_harm(stack: list[dict], commands: list[Command]) -> None:
    assistant, _ = build_assistant(PLAIN)
    script = Script()
    script.commands = commands
    agent = Agent(assistant, script, NoActions(), rng=random.Random(3))
    tracker = agent.new_tracker("any")
    agent.start_session(tracker)
    update = [{"op": "add", "path": f"/{index}", "value": frame} for index, frame in enumerate(stack)]
    tracker.apply(ev.stack(json.dumps(update)))
    for _ in range(2):
        result = asyncio.run(agent.handle(tracker, UserMessage(text="x")))
        assert result.events[-1].type == "bot_turn_ended"
