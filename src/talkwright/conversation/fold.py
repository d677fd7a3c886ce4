"""The fold: one state and one event give the next state and what changed; all that people see is made of it.

The state is small and can be kept (`dump_state`, `load_state`), so a conversation may be folded whole, in pieces, or as
it happens, with the same outcome. Events of any bot of the ecosystem are taken, unknown ones and broken ones included:
nothing here raises.
"""

from __future__ import annotations

import functools
import json
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from talkwright.conversation import events as ev
from talkwright.conversation.entries import (
    QUIET_PATTERNS,
    action_entry,
    bot_entry,
    command_entries,
    entry,
    is_first_step,
    moved_steps,
    stage_times,
    trace_of,
    waiting_entry,
)
from talkwright.conversation.events import Event
from talkwright.conversation.stack import PatchError, context_of, patched

log = structlog.get_logger(__name__)

HIDDEN_SLOTS = frozenset({"flow_hashes"})
_FLOW_EVENTS = (ev.FLOW_STARTED, ev.FLOW_COMPLETED, ev.FLOW_CANCELLED, ev.FLOW_INTERRUPTED, ev.FLOW_RESUMED)


class Change(msgspec.Struct, frozen=True):
    """What an event changed, in `turn`.

    Kinds: `session` {id}; `turn` {user, model, trace}: a turn began, or the session's first got its user;
    `entry`: one line of the turn; `turn_ended` {duration_ms, times}; `visit` {flow, started, outcome, step, turn}:
    a run of a flow came to its end.
    """

    kind: str
    at: float
    session: int
    turn: int
    data: Mapping[str, Any] = {}


class Visit(msgspec.Struct, frozen=True):
    """A run of a flow that has not ended: when and in which turn it began."""

    flow: str
    at: float
    turn: int


class State(msgspec.Struct, frozen=True):
    """Where a conversation stands.

    `fresh`: the turn has neither user nor message yet; `spoke`: when the user did; `changed`: the turn in which a slot
    changed last; `pending`: the line of a flow's first step, which bots tell just before they tell the flow's start;
    `cancelled`: flows whose end was told as a cancellation and will be told once more.
    """

    session: int = 0
    session_id: str | None = None
    turn: int = 0
    fresh: bool = True
    is_open: bool = False
    spoke: float | None = None
    last: float = 0.0
    stack: tuple[dict[str, Any], ...] = ()
    slots: dict[str, Any] = {}
    initial: dict[str, Any] = {}
    changed: dict[str, int] = {}
    pending: dict[str, Any] | None = None
    visits: tuple[Visit, ...] = ()
    cancelled: tuple[str, ...] = ()
    model: str | None = None
    terminated: bool = False


Outcome = tuple[State, list[Change]]


def new_state(initial_slots: Mapping[str, Any] | None = None) -> State:
    """The state before the first event; `initial_slots` are the domain's values, where they are known."""
    slots = dict(initial_slots or {})
    return State(slots=slots, initial=slots)


def dump_state(state: State) -> str:
    """The state as text."""
    return json.dumps(msgspec.to_builtins(state))


def load_state(text: str) -> State:
    """The state from its text; raises ValueError where the text is none."""
    try:
        return msgspec.convert(json.loads(text), type=State)
    except msgspec.ValidationError as problem:
        raise ValueError(f"This is no state of a conversation: {problem}") from problem


def fold(state: State, event: Event) -> Outcome:
    """Takes one event in. Never raises: an event that can't be understood only moves the time."""
    try:
        state = _replace(state, last=max(state.last, event.timestamp), model=_model(state, event))
        handler = _HANDLERS.get(event.type)
        if handler is None:
            return state, []
        if state.pending is None or event.type == ev.FLOW_STARTED:
            return handler(state, event)
        state, before = _with_entries(_replace(state, pending=None), event, [state.pending])
        state, after = handler(state, event)
        return state, before + after
    except Exception as fault:  # events come from any bot; the reader must outlive them all
        _tell(event.type, type(fault).__name__, _place_of(fault))
        return state, []


@functools.lru_cache(maxsize=256)
def _tell(kind: str, fault: str, place: str) -> None:
    """Log what an event came to, once however often it is read; what the event holds is nobody's business."""
    log.warning("event_not_folded", kind=kind, error=fault, place=place)


def _place_of(fault: Exception) -> str:
    """The function and line that raised."""
    frame = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{frame.name}:{frame.lineno}"


def fold_all(state: State, events: Sequence[Event]) -> Outcome:
    """Takes several events in, oldest first."""
    changes: list[Change] = []
    for event in events:
        state, made = fold(state, event)
        changes += made
    return state, changes


def _model(state: State, event: Event) -> str | None:
    model = event.metadata.get("model_id")
    return model if isinstance(model, str) else state.model


def _replace(state: State, **values: Any) -> State:
    return msgspec.structs.replace(state, **values)


def _change(state: State, kind: str, at: float, data: Mapping[str, Any]) -> Change:
    return Change(kind, at, state.session, state.turn, data)


def _in_turn(state: State, event: Event) -> Outcome:
    """Makes sure that a turn is open; events before any user belong to a turn without one."""
    if state.is_open or (state.fresh and state.turn > 0):
        return state, []
    state = _replace(state, turn=state.turn + 1, fresh=True, is_open=True, spoke=None)
    return state, [_change(state, "turn", event.timestamp, {"user": None, "model": state.model, "trace": None})]


def _with_entries(state: State, event: Event, entries: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> Outcome:
    made = list(entries)
    if not made:
        return state, []
    state, changes = _in_turn(state, event)
    return state, changes + [_change(state, "entry", event.timestamp, item) for item in made]


def _user(state: State, event: Event) -> Outcome:
    number = state.turn if state.fresh and state.turn > 0 else state.turn + 1
    changes = [] if number == state.turn else _closing(state)
    state = _replace(state, turn=number, fresh=False, is_open=True, spoke=event.timestamp)
    raw = event.get("parse_data")
    parse_data: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    title = event.metadata.get("button_title") or event.metadata.get("title")
    user = {"text": event.get("text"), "title": title, "message_id": event.get("message_id")}
    data = {"user": user, "model": state.model, "trace": trace_of(parse_data)}
    changes.append(_change(state, "turn", event.timestamp, data))
    changes += [_change(state, "entry", event.timestamp, item) for item in command_entries(event, parse_data)]
    return state, changes


def _closing(state: State) -> list[Change]:
    """The end of a turn that the bot didn't mark."""
    if not state.is_open or state.spoke is None:
        return []
    milliseconds = round((state.last - state.spoke) * 1000, 3)
    return [_change(state, "turn_ended", state.last, {"duration_ms": milliseconds, "times": {}})]


def _turn_ended(state: State, event: Event) -> Outcome:
    if not state.is_open:
        return state, []
    times = stage_times(event.metadata.get("execution_times"))
    duration = times.get("total", round((event.timestamp - (state.spoke or event.timestamp)) * 1000, 3))
    state = _replace(state, is_open=False)
    return state, [_change(state, "turn_ended", event.timestamp, {"duration_ms": duration, "times": times})]


def _bot(state: State, event: Event) -> Outcome:
    state, changes = _with_entries(state, event, [bot_entry(event)])
    return _replace(state, fresh=False), changes


def _action(state: State, event: Event) -> Outcome:
    if event.get("name") == ev.ACTION_LISTEN:
        return _with_entries(state, event, waiting_entry(state.stack, event))
    return _with_entries(state, event, action_entry(event))


def _other_action(state: State, event: Event) -> Outcome:
    return _with_entries(state, event, action_entry(event))


def _slot(state: State, event: Event) -> Outcome:
    name = event.get("name")
    if not isinstance(name, str):
        return state, []
    old, new = state.slots.get(name), event.get("value")
    state = _replace(state, slots={**state.slots, name: new})
    if name in HIDDEN_SLOTS:
        return state, []
    told = entry("slot", event, name=name, old=old, new=new)
    if event.metadata.get("reset"):
        told["data"] = {"reset": True}
    state, changes = _with_entries(state, event, [told])
    return _replace(state, changed={**state.changed, name: state.turn}), changes


def _stack(state: State, event: Event) -> Outcome:
    update = event.get("update")
    if not isinstance(update, str):
        return state, []
    try:
        stack = patched(state.stack, update)
    except PatchError:
        return state, []
    steps = list(moved_steps(state.stack, stack, event))
    state = _replace(state, stack=tuple(dict(frame) for frame in stack))
    if len(steps) == 1 and is_first_step(steps[0]):
        return _replace(state, pending=steps[0]), []
    return _with_entries(state, event, steps)


def _flow(state: State, event: Event) -> Outcome:
    flow = event.get("flow_id")
    if not isinstance(flow, str) or flow in QUIET_PATTERNS:
        return state, []
    if event.type == ev.FLOW_COMPLETED and flow in state.cancelled:  # bots tell the end of cancelled flows too
        rest = list(state.cancelled)
        rest.remove(flow)
        return _replace(state, cancelled=tuple(rest)), []
    told = [entry(event.type, event, flow=flow, step=event.get("step_id"))]
    if state.pending is not None:  # the start that the first step waited for, or another event that it goes before
        told.insert(1 if state.pending["flow"] == flow else 0, state.pending)
    state, changes = _with_entries(_replace(state, pending=None), event, told)
    if event.type == ev.FLOW_STARTED:
        return _replace(state, visits=(*state.visits, Visit(flow, event.timestamp, state.turn))), changes
    if event.type == ev.FLOW_CANCELLED:
        state = _replace(state, cancelled=(*state.cancelled, flow))
    if event.type in (ev.FLOW_COMPLETED, ev.FLOW_CANCELLED):
        state, ended = _visit_ended(state, event, flow)
        changes += ended
    return state, changes


def _visit_ended(state: State, event: Event, flow: str) -> Outcome:
    visit = next((visit for visit in reversed(state.visits) if visit.flow == flow), None)
    if visit is None:
        return state, []
    rest = list(state.visits)
    rest.remove(visit)
    data = _outcome(visit, event.type.removeprefix("flow_"), event.get("step_id"))
    return _replace(state, visits=tuple(rest)), [_change(state, "visit", event.timestamp, data)]


def _outcome(visit: Visit, outcome: str, step: Any) -> dict[str, Any]:
    return {"flow": visit.flow, "started": visit.at, "outcome": outcome, "step": step, "turn": visit.turn}


def _abandoned(state: State, at: float) -> list[Change]:
    """Runs of flows that end because the session does."""
    return [_change(state, "visit", at, _outcome(visit, "abandoned", None)) for visit in state.visits]


def _session_started(state: State, event: Event) -> Outcome:
    ended = _abandoned(state, event.timestamp)
    session = event.metadata.get("session_id")
    state = _replace(
        state,
        session=state.session + 1,
        session_id=session if isinstance(session, str) else None,
        stack=(),
        slots=state.initial,
        visits=(),
        cancelled=(),
        terminated=False,
    )
    state, changes = _with_entries(state, event, [entry("session", event, name="started")])
    began = _change(state, "session", event.timestamp, {"id": state.session_id})
    return state, [*ended, began, *changes]


def _restart(state: State, event: Event) -> Outcome:
    ended = _abandoned(state, event.timestamp)
    state = _replace(state, stack=(), slots=state.initial, visits=(), cancelled=(), terminated=False)
    state, changes = _with_entries(state, event, [entry("session", event, name="restarted")])
    return state, [*ended, *changes]


def _session_ended(state: State, event: Event) -> Outcome:
    return _with_entries(_replace(state, terminated=True), event, [entry("session", event, name="ended")])


def _routing_ended(state: State, _: Event) -> Outcome:
    return _replace(state, stack=()), []


def _reset_slots(state: State, event: Event) -> Outcome:
    told = [
        entry("slot", event, name=name, old=old, new=state.initial.get(name))
        for name, old in state.slots.items()
        if old != state.initial.get(name) and name not in HIDDEN_SLOTS
    ]
    return _with_entries(_replace(state, slots=state.initial), event, told)


def _error(state: State, event: Event) -> Outcome:
    message = event.metadata.get("error_msg") or event.get("error_code")
    return _with_entries(state, event, [entry("error", event, error=str(message))])


_HANDLERS: dict[str, Callable[[State, Event], Outcome]] = {
    ev.USER: _user,
    ev.BOT: _bot,
    "agent": _bot,
    ev.ACTION: _action,
    ev.ACTION_REJECTED: _other_action,
    "mcp_tool_executed": _other_action,
    "tool_executed": _other_action,
    ev.SLOT: _slot,
    ev.STACK: _stack,
    ev.SESSION_STARTED: _session_started,
    ev.SESSION_ENDED: _session_ended,
    ev.RESTART: _restart,
    ev.RESET_SLOTS: _reset_slots,
    ev.ROUTING_SESSION_ENDED: _routing_ended,
    ev.BOT_TURN_ENDED: _turn_ended,
    "error": _error,
    **dict.fromkeys(_FLOW_EVENTS, _flow),
}


def view(state: State) -> dict[str, Any]:
    """What people see of a state: the stack, the flow and step it stands at, the slots, and whether it is over."""
    place = context_of(state.stack)
    return {
        "stack": list(state.stack),
        "flow": place.get("flow_id"),
        "step": place.get("step_id"),
        "slots": {
            name: {"value": value, "changed_in_turn": state.changed.get(name)}
            for name, value in state.slots.items()
            if name not in HIDDEN_SLOTS
        },
        "terminated": state.terminated,
    }
