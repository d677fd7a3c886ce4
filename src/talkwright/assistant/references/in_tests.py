"""What end-to-end tests name: flows, slots, responses, actions (dialogue-semantics 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.references.reference import Reference, entries, payload, value


def end_to_end_references(_name: str, body: Any) -> Iterator[Reference]:
    """All references of one test file."""
    if not isinstance(body, Mapping):
        return
    for path, fixture in entries(body, "fixtures", ""):
        if isinstance(fixture, Mapping):
            for name in fixture:
                yield from _slot_entries(fixture, name, path)
    stubs = body.get("stub_custom_actions")
    for key in stubs if isinstance(stubs, Mapping) else ():
        if "::" not in key:
            yield Reference(pointer_join("/stub_custom_actions", key), "action", key, "key")
    for path, case in entries(body, "test_cases", ""):
        for at, step in entries(case, "steps", path):
            if isinstance(step, Mapping):
                yield from _step(step, at)


def _step(step: Mapping[str, Any], path: str) -> Iterator[Reference]:
    yield from payload(step.get("user"), pointer_join(path, "user"))
    yield from value(step, path, "utter", "response")
    for key in ("slot_was_set", "slot_was_not_set"):
        yield from _slot_entries(step, key, path)
    for at, assertion in entries(step, "assertions", path):
        if isinstance(assertion, Mapping):
            yield from _assertion(assertion, at)


def _slot_entries(body: Mapping[str, Any], key: str, path: str) -> Iterator[Reference]:
    """A list of slot names and `slot: value` maps."""
    for at, entry in entries(body, key, path):
        if isinstance(entry, str):
            yield from value(body[key], pointer_join(path, key), int(at.rpartition("/")[2]), "slot")
        elif isinstance(entry, Mapping):
            for slot in entry:
                yield Reference(pointer_join(at, slot), "slot", str(slot), "key")


def _assertion(assertion: Mapping[str, Any], path: str) -> Iterator[Reference]:
    for key in ("flow_started", "pattern_clarification_contains"):
        yield from value(assertion, path, key, "flow")
        yield from value(assertion.get(key), pointer_join(path, key), "flow_ids", "flow")
    for key in ("flow_completed", "flow_cancelled"):
        yield from value(assertion.get(key), pointer_join(path, key), "flow_id", "flow")
    executed = assertion.get("action_executed")
    if isinstance(executed, str):
        yield from value(assertion, path, "action_executed", "response" if executed.startswith("utter_") else "action")
    for key in ("slot_was_set", "slot_was_not_set"):
        for at, entry in entries(assertion, key, path):
            yield from value(entry, at, "name", "slot")
    for key in (
        "bot_uttered",
        "bot_did_not_utter",
        "generative_response_is_relevant",
        "generative_response_is_grounded",
    ):
        yield from value(assertion.get(key), pointer_join(path, key), "utter_name", "response")
