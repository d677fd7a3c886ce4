"""What a flow names: slots, responses, actions, flows, intents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from talkwright.assistant.conditions import is_template
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references.reference import Reference, condition, entries, value
from talkwright.assistant.step_ids import walk_steps


def flow_references(name: str, body: Any) -> Iterator[Reference]:
    """All references of a flow's body, its own keys first."""
    if not isinstance(body, Mapping):
        return
    yield from condition(body, "", "if")
    for path, trigger in entries(body, "nlu_trigger", ""):
        intent = trigger.get("intent") if isinstance(trigger, Mapping) else None
        if isinstance(trigger, str) and trigger:
            yield Reference(path, "intent", trigger, "value", (0, len(trigger)))
        elif isinstance(intent, Mapping):
            yield from value(intent, pointer_join(path, "intent"), "name", "intent")
        else:
            yield from value(trigger, path, "intent", "intent")
    yield from value(body, "", "persisted_slots", "slot")
    for path, step, step_id in walk_steps(body, name):
        yield from step_references(step, path, step_id)


def step_references(
    step: Mapping[str, Any], path: str, step_id: str, *, conditions: bool = True
) -> Iterator[Reference]:
    """All references of one step, at `path` of its flow's body; without `conditions` what those read is left out."""
    action = step.get("action")
    if isinstance(action, str) and not is_template(action):
        kind = "response" if action.startswith("utter_") else "action"
        yield from value(step, path, "action", kind, step_id)
    if isinstance(step.get("collect"), str):
        yield from _collect(step, path, step_id, conditions=conditions)
    yield from value(step, path, "link", "flow", step_id)
    if isinstance(step.get("call"), str) and "mcp_server" not in step:
        yield from value(step, path, "call", "flow", step_id)
    yield from _assignments(step, path, step_id)
    for at, _ in entries(step, "exit_if", path) if conditions else ():
        yield from condition(step["exit_if"], pointer_join(path, "exit_if"), int(at.rpartition("/")[2]), step_id)
    mapping = step.get("mapping")
    for side in ("input", "output") if mapping is not None else ():
        for at, entry in entries(mapping, side, pointer_join(path, "mapping")):
            yield from value(entry, at, "slot", "slot", step_id)
    for at, branch in entries(step, "next", path) if conditions else ():
        yield from condition(branch, at, "if", step_id)


def _collect(step: Mapping[str, Any], path: str, step_id: str, *, conditions: bool) -> Iterator[Reference]:
    slot = step["collect"]
    yield from value(step, path, "collect", "slot", step_id)
    if isinstance(step.get("utter"), str):
        yield from value(step, path, "utter", "response", step_id)
    else:
        yield Reference(path, "response", f"utter_ask_{slot}", "implied", None, step_id)
    yield Reference(path, "action", f"action_ask_{slot}", "implied", None, step_id)
    yield Reference(path, "action", f"validate_{slot}", "implied", None, step_id)
    for at, rejection in entries(step, "rejections", path):
        if conditions:
            yield from condition(rejection, at, "if", step_id)
        yield from value(rejection, at, "utter", "response", step_id)


def _assignments(step: Mapping[str, Any], path: str, step_id: str) -> Iterator[Reference]:
    written = step.get("set_slots")
    if written is None:
        return
    at = pointer_join(path, "set_slots")
    places = [(at, written)] if isinstance(written, Mapping) else list(entries(step, "set_slots", path))
    for place, entry in places:
        if isinstance(entry, Mapping):
            for slot in entry:
                yield Reference(pointer_join(place, slot), "slot", str(slot), "key", None, step_id)
