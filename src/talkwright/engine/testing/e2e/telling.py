"""What people are told of played cases: what was expected, the turn as it was, and the talk up to there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from talkwright.conversation.fold import HIDDEN_SLOTS
from talkwright.engine.testing.e2e.assertions import EventMap, shown
from talkwright.engine.testing.e2e.playing import Outcome, Turn

_FLOW_EVENTS = {
    "flow_started": "started",
    "flow_completed": "completed",
    "flow_cancelled": "cancelled",
    "flow_interrupted": "interrupted",
    "flow_resumed": "resumed",
}
_SILENT_ACTIONS = frozenset({"action_listen", "action_session_start"})


def told(outcome: Outcome) -> str:
    """One case for people: a line where it passed, else what was expected and what happened instead."""
    case, miss = outcome.case, outcome.miss
    if miss is None:
        return f"passed: {case.file.name}, “{case.name}”"
    lines = [f"failed: {case.file}:{miss.step.line}, “{case.name}”", *_block("expected", miss.expected.splitlines())]
    lines += _block("but", [miss.why])
    if outcome.turns:
        lines += _block("the turn", list(turn_lines(outcome.turns[-1].events)))
    if len(outcome.turns) > 1:
        lines += _block("before it", [line for turn in outcome.turns[:-1] for line in talk_lines(turn)])
    return "\n".join(lines)


def _block(title: str, lines: Sequence[str]) -> list[str]:
    return [f"  {title if index == 0 else '':<10}{line}" for index, line in enumerate(lines)]


def talk_lines(turn: Turn) -> Iterator[str]:
    """Who said what in a turn."""
    yield f"user: {turn.step.value}"
    yield from (_bot_line(event) for event in turn.events if event["event"] == "bot")


def turn_lines(events: Sequence[EventMap]) -> Iterator[str]:
    """A turn's events in order, as far as they say something about it."""
    for event in events:
        kind = event["event"]
        if kind == "user":
            yield f"user: {event.get('text')}"
            yield from (
                f"  understood: {_command(one)}" for one in (event.get("parse_data") or {}).get("commands") or ()
            )
        elif kind == "bot":
            yield _bot_line(event)
        elif kind == "slot" and event.get("name") not in HIDDEN_SLOTS:
            yield f"slot: {event.get('name')} = {shown(event.get('value'))}"
        elif kind == "action" and event.get("name") not in _SILENT_ACTIONS:
            fault = (event.get("metadata") or {}).get("execution_error_message")
            yield f"action: {event.get('name')}{f' (failed: {fault})' if fault else ''}"
        elif kind in _FLOW_EVENTS:
            step = event.get("step_id")
            yield f"flow {_FLOW_EVENTS[kind]}: {event.get('flow_id')}{f' at {step}' if step else ''}"


def _bot_line(event: EventMap) -> str:
    name = (event.get("metadata") or {}).get("utter_action")
    buttons = [f"[{button.get('title')}]" for button in (event.get("data") or {}).get("buttons") or ()]
    return " ".join(filter(None, (f"bot: {event.get('text') or ''}", *buttons, f"({name})" if name else "")))


def _command(command: Mapping[str, Any]) -> str:
    rest = ", ".join(
        f"{key} {shown(value)}" for key, value in command.items() if key != "command" and value is not None
    )
    return f"{command.get('command')}{f': {rest}' if rest else ''}"


def shared_fault(outcomes: Sequence[Outcome]) -> str | None:
    """Why actions could not run, where that stands behind several failures: their one cause, told once."""
    failed = [outcome for outcome in outcomes if not outcome.passed]
    faults = Counter(fault for outcome in failed for fault in _faults(outcome))
    fault, times = faults.most_common(1)[0] if faults else ("", 0)
    return f"{times} of the cases that failed had actions that could not run: {fault}" if times > 1 else None


def _faults(outcome: Outcome) -> set[str]:
    """Why actions failed, without their names."""
    actions = (event for turn in outcome.turns for event in turn.events if event["event"] == "action")
    messages = ((event.get("metadata") or {}).get("execution_error_message") for event in actions)
    return {str(message).partition(": ")[2] for message in messages if message}


def accuracy(outcomes: Sequence[Outcome]) -> list[str]:
    """How many assertions of each kind held, a line for each; those after a case's first miss were not looked at."""
    held: Counter[str] = Counter()
    for outcome in outcomes:
        held.update(outcome.held)
    missed = Counter(outcome.miss.kind for outcome in outcomes if outcome.miss is not None and outcome.case.asserts)
    return [f"{kind}: {held[kind]} of {held[kind] + missed[kind]} held" for kind in sorted(held.keys() | missed.keys())]
