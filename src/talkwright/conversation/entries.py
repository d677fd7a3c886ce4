"""The lines of a turn, as the timeline shows them: made from single events and the stacks before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from talkwright.assistant.flows import END, START
from talkwright.conversation import events as ev
from talkwright.conversation.events import Event
from talkwright.conversation.stack import COLLECT_PATTERN, Frame, context_of

# The loops behind a question say nothing that the question and the answer don't say.
QUIET_PATTERNS = frozenset({COLLECT_PATTERN, "pattern_validate_slot"})
QUIET_ACTIONS = frozenset({"action_run_slot_rejections", "action_session_start"})
CONTINUE_MARK = ":"


# What the bot calls its stages (wire-protocols 5.5), and what people read.
STAGES: Mapping[str, str] = {
    "command_processor": "understanding",
    "prediction_loop": "dialogue",
    "rasa_processing_ms": "total",
}


def stage_times(raw: Any) -> dict[str, float]:
    """Milliseconds per stage of a turn, as far as the bot tells."""
    times = raw if isinstance(raw, Mapping) else {}
    return {STAGES.get(str(name), str(name)): ms for name, ms in times.items() if isinstance(ms, int | float)}


def is_first_step(line: Mapping[str, Any]) -> bool:
    """Whether the line tells the first step of a flow's run."""
    return line["kind"] == "step" and line["data"]["from"] is None


def moment(at: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC; the first moment where the number is none of a date."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return "1970-01-01T00:00:00.000Z"


def entry(kind: str, event: Event, **values: Any) -> dict[str, Any]:
    """One line."""
    return {"kind": kind, "at": moment(event.timestamp), **values}


def command_entries(event: Event, parse_data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One line per command that was run."""
    commands = parse_data.get("commands")
    for command in commands if isinstance(commands, list | tuple) else ():
        if isinstance(command, Mapping):
            yield entry("command", event, name=command.get("command"), command=dict(command))


def trace_of(parse_data: Mapping[str, Any]) -> dict[str, Any]:
    """What was understood and how, as far as the bot tells."""
    raw = parse_data.get("trace")
    trace: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    commands = parse_data.get("commands")
    candidates = trace.get("candidates")
    source = trace.get("source") or ("llm" if parse_data.get("prompts") else None)
    return {
        "understanding": {
            **{key: value for key, value in trace.items() if key != "predicted"},
            "commands": list(commands) if isinstance(commands, list | tuple) else [],
            "candidates": list(candidates) if isinstance(candidates, list | tuple) else [],
            "source": source,
            "language": trace.get("language"),
        },
        "times": {},
    }


def bot_entry(event: Event) -> dict[str, Any]:
    """A message of the bot."""
    raw = event.get("data")
    data: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
    rest = {key: value for key, value in data.items() if value is not None and key != "buttons"}
    found = event.metadata.get("search")
    return entry(
        "bot",
        event,
        text=event.get("text"),
        buttons=data.get("buttons") or [],
        data=rest or None,
        name=event.metadata.get("utter_action"),
        flow=event.metadata.get("active_flow"),
        step=event.metadata.get("step_id"),
        **({"search": dict(found)} if isinstance(found, Mapping) else {}),
    )


def action_entry(event: Event) -> list[dict[str, Any]]:
    """An action, or the error it came to. Responses are left out: their messages speak for them."""
    name = event.text_of("name") or event.text_of("tool_name") or ""
    if name.startswith("utter_") or name in QUIET_ACTIONS:
        return []
    place = {"flow": event.metadata.get("active_flow"), "step": event.metadata.get("step_id")}
    took = event.metadata.get("action_ms")
    if took is not None:
        place["ms"] = took
    failed = event.metadata.get("execution_success") is False or event.get("is_error") is True
    if event.type == ev.ACTION_REJECTED:
        return [entry("error", event, name=name, error="The action server declined to run this action.", **place)]
    if not failed:
        return [entry("action", event, name=name, **place)]
    error = event.metadata.get("execution_error_message") or event.get("error_message") or "The action failed."
    return [entry("error", event, name=name, error=str(error), address=event.metadata.get("address"), **place)]


def moved_steps(old: Sequence[Frame], new: Sequence[Frame], event: Event) -> Iterator[dict[str, Any]]:
    """A line for each frame that went on to another step; with the kind of step and the branch, where the bot tells."""
    before = {frame.get("frame_id"): frame.get("step_id") for frame in old}
    for frame in new:
        step, flow = frame.get("step_id"), frame.get("flow_id")
        came_from = before.get(frame.get("frame_id"), START)
        if not isinstance(step, str) or step in (START, END, came_from) or CONTINUE_MARK in step:
            continue
        if flow in QUIET_PATTERNS:
            continue
        data = {"kind": event.metadata.get("step_kind"), "from": None if came_from == START else came_from}
        yield entry("step", event, flow=flow, step=step, branch=event.metadata.get("branch"), data=data)


def waiting_entry(stack: Sequence[Frame], event: Event) -> list[dict[str, Any]]:
    """The question that is open when the bot listens."""
    top = stack[-1] if stack else {}
    if top.get("type") != COLLECT_PATTERN:
        return []
    place = context_of(tuple(stack))
    slot = top.get("collect")
    return [entry("waiting", event, flow=place.get("flow_id"), step=place.get("step_id"), slot=slot, name=slot)]
