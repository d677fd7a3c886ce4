"""Digests of items by what they mean: two texts of one item that mean the same have one digest.

A digest does not depend on key order, on values that are written though they are the default, on explicit default
step ids, or on the two ways to write a trigger; a key that the typed model doesn't know counts as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from talkwright.assistant.parsing.flows import readable_default
from talkwright.assistant.parsing.shape import condition_text
from talkwright.assistant.pointers import pointer_join
from talkwright.assistant.step_ids import default_step_id, walk_steps


def digest(kind: str, body: Any, name: str = "") -> str:
    """The SHA-256 (hex) of an item's meaning; `name` lets defaults that follow from it be recognised."""
    reduce = _REDUCERS.get(kind)
    meant = reduce(body, name) if reduce is not None else body
    text = json.dumps(meant, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _without(body: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """A map without the keys whose value is null or the default; True and 1 are told apart."""
    return {
        key: value
        for key, value in body.items()
        if not (key in defaults and (value is None or (value == defaults[key] and type(value) is type(defaults[key]))))
    }


def _flow(body: Any, name: str) -> Any:
    if not isinstance(body, Mapping):
        return body
    reduced = _without(
        body,
        {
            "name": readable_default(name),
            "always_include_in_prompt": False,
            "run_pattern_completed": True,
            "persisted_slots": [],
            "nlu_trigger": [],
            "translation": {},
            "metadata": {},
            "if": None,
        },
    )
    if "if" in reduced:
        reduced["if"] = condition_text(reduced["if"]) or reduced["if"]
    if isinstance(reduced.get("nlu_trigger"), list):
        reduced["nlu_trigger"] = [_trigger(entry) for entry in reduced["nlu_trigger"]]
    places = list(walk_steps(body, name))
    ids = {pointer: step_id for pointer, _, step_id in places}
    labels: dict[str, Any] = {}
    explicit: set[str] = set()
    for index, (pointer, step, step_id) in enumerate(places):
        is_default = step_id == default_step_id(name, index, step)
        labels.setdefault(step_id, {"step": index} if is_default else step_id)
        if not is_default:
            explicit.add(pointer)
    reduced["steps"] = [_step(step, pointer, explicit, labels, ids) for pointer, step, _ in places]
    return reduced


def _trigger(entry: Any) -> Any:
    intent = entry.get("intent") if isinstance(entry, Mapping) else None
    if isinstance(intent, str):
        intent = {"name": intent}
    if not isinstance(intent, Mapping):
        return entry
    threshold = intent.get("confidence_threshold")
    return [intent.get("name"), float(threshold) if isinstance(threshold, int | float) else 0.0]


def _step(
    step: Mapping[str, Any], pointer: str, explicit: set[str], labels: Mapping[str, Any], ids: Mapping[str, str]
) -> dict[str, Any]:
    slot = step.get("collect")
    reduced = _without(
        step,
        {
            "ask_before_filling": False,
            "force_slot_filling": False,
            "reset_after_flow_ends": True,
            "rejections": [],
            "utter": f"utter_ask_{slot}" if isinstance(slot, str) else None,
            "metadata": {},
            "description": None,
            "next": None,
        },
    )
    if pointer not in explicit:
        reduced.pop("id", None)
    if "noop" in reduced:
        reduced["noop"] = True
    head, _, index = pointer.rpartition("/")
    sibling = ids.get(f"{head}/{int(index) + 1}", "END" if head == "/steps" else None)
    following = reduced.get("next")
    if isinstance(following, str):
        if following == sibling:
            del reduced["next"]
        else:
            reduced["next"] = labels.get(following, following)
    elif isinstance(following, list):
        reduced["next"] = [
            _branch(entry, pointer_join(pointer, "next", number), labels, ids) for number, entry in enumerate(following)
        ]
    return reduced


def _branch(entry: Any, pointer: str, labels: Mapping[str, Any], ids: Mapping[str, str]) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    reduced = dict(entry)
    if "if" in reduced:
        reduced["if"] = condition_text(reduced["if"]) or reduced["if"]
    for key in ("then", "else"):
        target = reduced.get(key)
        if isinstance(target, list):
            # Steps are listed flat and in order: how many belong to this branch keeps its shape.
            reduced[key] = [len(target), ids.get(f"{pointer}/{key}/0") is not None]
        elif isinstance(target, str):
            reduced[key] = labels.get(target, target)
    return reduced


def _slot(body: Any, name: str) -> Any:
    if not isinstance(body, Mapping):
        return body
    reduced = _without(
        body,
        {
            "initial_value": None,
            "min_value": None,
            "max_value": None,
            "influence_conversation": body.get("type") != "any",
            "shared_for_coexistence": False,
            "mappings": [{"type": "from_llm"}],
            "values": [],
        },
    )
    validation = reduced.get("validation")
    if isinstance(validation, Mapping):
        reduced["validation"] = _without(validation, {"refill_utter": f"utter_ask_{name}", "rejections": []})
    return reduced


def _response(body: Any, _name: str) -> Any:
    if not isinstance(body, list):
        return body
    empty: dict[str, Any] = {
        "metadata": {},
        "translation": {},
        "buttons": [],
        "condition": None,
        "channel": None,
        "id": None,
    }
    return [_without(entry, empty) if isinstance(entry, Mapping) else entry for entry in body]


def _action(body: Any, _name: str) -> Any:
    return _without(body, {"send_domain": False}) if isinstance(body, Mapping) else {}


def _intent(body: Any, _name: str) -> Any:
    if not isinstance(body, Mapping):
        return {}
    reduced = _without(body, {"domain": {}, "examples": [], "metadata": {}})
    if isinstance(reduced.get("examples"), list):
        reduced["examples"] = [
            entry["text"] if isinstance(entry, Mapping) and set(entry) == {"text"} else entry
            for entry in reduced["examples"]
        ]
    return reduced


def _entity(body: Any, _name: str) -> Any:
    return body or {}


_REDUCERS: Mapping[str, Callable[[Any, str], Any]] = {
    "flow": _flow,
    "slot": _slot,
    "response": _response,
    "action": _action,
    "intent": _intent,
    "entity": _entity,
}
