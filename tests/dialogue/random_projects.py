"""Random projects and talks for hypothesis: flows that branch, loop, call, link and act as nobody would write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from talkwright.assistant.items import ItemBody
from talkwright.engine import commands as cmd
from talkwright.engine.commands import NLU, PAYLOAD, Command, SetSlot, StartFlow

FLOWS = ("alpha", "beta", "gamma", "delta")
SLOTS: dict[str, dict[str, Any]] = {
    "a": {"type": "text"},
    "n": {"type": "float"},
    "yes": {"type": "bool"},
    "kind": {"type": "categorical", "values": ["Red", "Blue"]},
    "seen": {"type": "text", "mappings": [{"type": "from_entity", "entity": "thing"}]},
    "both": {"type": "text", "mappings": [{"type": "from_entity", "entity": "thing"}, {"type": "from_llm"}]},
    "own": {"type": "text", "mappings": [{"type": "controlled"}]},
    "code": {
        "type": "text",
        "validation": {"rejections": [{"if": 'not slots.code matches "^[0-9]+$"', "utter": "utter_bad"}]},
    },
}
VALUES = st.sampled_from([None, True, False, "x", "y", 5, "7", 99, "red", "12", "none"])
CONDITIONS = st.sampled_from(
    [
        "slots.yes",
        "slots.n > 6",
        'slots.kind is "Red"',
        "slots.a is null",
        "slots.nowhere is null",
        "slots.n > slots.a",
        "not slots.own",
        True,
        False,
    ]
)
ACTION = "action_any"
ACTION_SLOTS = ("own", "a", "n")


def _next(number: int, count: int, backwards: bool) -> st.SearchStrategy[Any]:
    """Where a step leads: on, mostly; loops are rare, or most turns would end at the limit of moves."""
    first = 0 if backwards else number + 1
    targets = st.sampled_from([*(f"s{index}" for index in range(first, count)), "END"])
    branches = st.lists(st.builds(lambda condition, to: {"if": condition, "then": to}, CONDITIONS, targets), max_size=2)
    return st.none() | targets | st.builds(lambda some, to: [*some, {"else": to}] if some else to, branches, targets)


def _step(others: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    slots = st.sampled_from(sorted(SLOTS))
    rejections = st.sampled_from(
        [[], [{"if": "slots.n > 50", "utter": "utter_bad"}], [{"if": "slots.a > 1", "utter": "utter_bad"}]]
    )
    collect = st.builds(
        lambda slot, before, rules: {"collect": slot, "ask_before_filling": before, "rejections": rules},
        slots,
        st.booleans(),
        rejections,
    )
    return st.one_of(
        collect,
        collect,
        st.sampled_from([{"action": "utter_one"}, {"action": "utter_nowhere"}, {"action": ACTION}]),
        st.builds(lambda slot, value: {"set_slots": [{slot: value}]}, slots, VALUES),
        st.just({"noop": True}),
        collect,
        st.sampled_from(others).map(lambda flow: {"call": flow}),
        st.sampled_from(others).map(lambda flow: {"link": flow}),
    )


@st.composite
def flow_bodies(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """One flow; its steps have ids, so that each may lead to any other."""
    count = draw(st.integers(1, 5))
    loops = draw(st.integers(0, 9)) == 0
    others = FLOWS if loops else FLOWS[FLOWS.index(name) + 1 :] or ("pattern_search",)
    steps = []
    for number in range(count):
        step = {**draw(_step(others)), "id": f"s{number}"}
        way = draw(_next(number, count, loops))
        if "link" not in step and (way is not None or "noop" in step):
            step["next"] = way if way is not None else "END"
        steps.append(step)
    body: dict[str, Any] = {"description": f"does {name}", "steps": steps}
    if draw(st.booleans()):
        body["persisted_slots"] = draw(st.lists(st.sampled_from(sorted(SLOTS)), max_size=2, unique=True))
    if draw(st.integers(0, 3)) == 0:
        body["run_pattern_completed"] = False
    guard = draw(st.none() | st.none() | CONDITIONS)
    return body if guard is None else {**body, "if": guard}


@st.composite
def projects(draw: st.DrawFn) -> list[ItemBody]:
    """A project of a few flows that start, call and link one another."""
    responses = ["utter_one", "utter_bad", *(f"utter_ask_{name}" for name in SLOTS)]
    return [
        ItemBody(
            "config",
            "config.yml",
            {"assistant_id": "any", "talkwright": {"compatibility": draw(st.sampled_from(["default", "strict-3.21"]))}},
        ),
        *(ItemBody("flow", name, draw(flow_bodies(name))) for name in FLOWS),
        *(ItemBody("slot", name, body) for name, body in SLOTS.items()),
        *(ItemBody("response", name, [{"text": name}]) for name in responses),
        ItemBody("action", ACTION, {}),
    ]


PATTERN_SLOTS = ("continue_conversation", "continue_interrupted_flow_confirmation", "interrupted_flow_to_continue")
NAMES = st.sampled_from([*SLOTS, *PATTERN_SLOTS, "nowhere"])
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.sampled_from(FLOWS).map(StartFlow),
    st.sampled_from(FLOWS).map(StartFlow),
    st.builds(SetSlot, NAMES, VALUES),
    st.builds(SetSlot, NAMES, VALUES),
    st.builds(SetSlot, NAMES, VALUES, st.sampled_from([NLU, PAYLOAD])),
    st.sampled_from(
        [
            cmd.CancelFlow(),
            cmd.ChitChat(),
            cmd.Knowledge(),
            cmd.SkipQuestion(),
            cmd.CannotHandle(),
            cmd.Repeat(),
            cmd.Clarify(("alpha", "beta")),
            cmd.UserSilence(),
            cmd.Restart(),
            cmd.SessionEnd(),
            cmd.ErrorCommand(),
        ]
    ),
)
STARTS = st.sampled_from(FLOWS).map(lambda flow: [StartFlow(flow)])
TALKS = st.builds(lambda start, rest: [start, *rest], STARTS, st.lists(st.lists(COMMANDS, max_size=3), max_size=8))
EVENTS = st.sampled_from(
    [
        {"event": "slot", "name": "own", "value": "set"},
        {"event": "slot", "name": "a", "value": None},
        {"event": "slot", "name": "n", "value": 99},
        {"event": "slot", "name": "nowhere", "value": 1},
        {"event": "followup", "name": "utter_one"},
        {"event": "followup", "name": ACTION},
        {"event": "stack", "update": '[{"op": "remove", "path": "/0"}]'},
        {"event": "reset_slots"},
        {"event": "restart"},
        {"event": "session_ended"},
    ]
)
ANSWERS = st.none() | st.lists(EVENTS, max_size=2)
