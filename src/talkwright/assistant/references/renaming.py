"""Renames what a body names, as a new body and as a JSON Patch that touches nothing else."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from talkwright.assistant.pointers import pointed_at, pointer_join, pointer_split
from talkwright.assistant.references.reference import Reference
from talkwright.assistant.step_ids import walk_steps


def rename_in(body: Any, references: Iterable[Reference], new: str) -> Any:
    """A copy of the body in which all these references, to one item, name it `new`.

    A default that followed from the old name is written out where it would change: a collect step whose slot is renamed
    keeps its question, a step that implied a renamed response gets its `utter`.
    """
    return _applied(body, rename_patch(body, references, new))


def rename_patch(
    body: Any, references: Iterable[Reference], new: str, *, keeps_question: bool = True
) -> list[dict[str, Any]]:
    """The same as JSON Patch operations; the new key of a map has `before` so that its place stays.

    A collected slot goes on being asked for with the response that its old name implied, where `keeps_question`.
    """
    references = list(references)
    by_path: dict[str, list[Reference]] = defaultdict(list)
    operations: list[dict[str, Any]] = []
    keys: list[Reference] = []
    for reference in references:
        if reference.syntax == "key":
            keys.append(reference)
        elif reference.syntax == "implied":
            operations += _written_out(body, reference, new)
        else:
            by_path[reference.path].append(reference)
    for path, places in by_path.items():
        text = str(pointed_at(body, path))
        for place in sorted(places, key=lambda place: place.span or (0, 0), reverse=True):
            start, end = place.span or (0, len(text))
            text = text[:start] + new + text[end:]
        operations.append({"op": "replace", "path": path, "value": text})
        if keeps_question:
            operations += _kept_question(body, path, places)
    for reference in keys:
        operations += _key_patch(body, reference, new)
    flows = {reference.from_name for reference in references if reference.from_kind == "flow"}
    for flow in flows:
        operations += _jump_patch(body, flow, _applied(body, operations), flow)
    return operations


def _applied(body: Any, operations: Iterable[Mapping[str, Any]]) -> Any:
    changed = copy.deepcopy(body)
    for operation in operations:
        _apply(changed, operation)
    return changed


def _written_out(body: Any, reference: Reference, new: str) -> list[dict[str, Any]]:
    """An implied response gets its name written; implied actions have fixed names and can't."""
    if reference.kind != "response":
        return []
    key = "refill_utter" if reference.path == "/validation" else "utter"
    at = pointed_at(body, reference.path)
    return [{"op": "replace" if key in at else "add", "path": pointer_join(reference.path, key), "value": new}]


def _kept_question(body: Any, path: str, places: list[Reference]) -> list[dict[str, Any]]:
    head, _, key = path.rpartition("/")
    if key != "collect" or places[0].kind != "slot":
        return []
    step = pointed_at(body, head)
    if isinstance(step.get("utter"), str):
        return []
    return [{"op": "add", "path": pointer_join(head, "utter"), "value": f"utter_ask_{places[0].name}"}]


def _key_patch(body: Any, reference: Reference, new: str) -> list[dict[str, Any]]:
    head = reference.path.rpartition("/")[0]
    names = list(pointed_at(body, head))
    place = names.index(reference.name)
    add: dict[str, Any] = {
        "op": "add",
        "path": pointer_join(head, new),
        "value": copy.deepcopy(pointed_at(body, reference.path)),
    }
    if place + 1 < len(names):
        add["before"] = names[place + 1]
    return [{"op": "remove", "path": reference.path}, add]


def _apply(body: Any, operation: Mapping[str, Any]) -> None:
    head, _, _ = operation["path"].rpartition("/")
    key: Any = pointer_split(operation["path"])[-1]
    holder = pointed_at(body, head)
    if isinstance(holder, list):
        holder[int(key)] = operation["value"]
    elif operation["op"] == "remove":
        del holder[key]
    elif "before" in operation:
        rest = {}
        names = list(holder)
        for name in names[names.index(operation["before"]) :]:
            rest[name] = holder.pop(name)
        holder[key] = operation["value"]
        holder.update(rest)
    else:
        holder[key] = operation["value"]


def renamed_body(kind: str, body: Any, old: str, new: str) -> Any:
    """What renaming an item changes in its own body: a flow's jumps to default step ids (dialogue-semantics 1.5)."""
    return _applied(body, _jump_patch(body, old, body, new) if kind == "flow" else ())


def _jump_patch(before: Any, old_flow: str, after: Any, new_flow: str) -> list[dict[str, Any]]:
    """Jumps to default step ids follow where the ids change (dialogue-semantics 1.5)."""
    if not isinstance(before, Mapping):
        return []
    ids = [step_id for _, _, step_id in walk_steps(before, old_flow)]
    new_ids = [step_id for _, _, step_id in walk_steps(after, new_flow)]
    moved = {one: other for one, other in zip(ids, new_ids, strict=True) if one != other}
    jumps: list[tuple[str, Any]] = []
    for path, step, _ in walk_steps(before, old_flow) if moved else ():
        following = step.get("next")
        jumps.append((pointer_join(path, "next"), following))
        for index, branch in enumerate(following if isinstance(following, list) else ()):
            if isinstance(branch, Mapping):
                jumps += [(pointer_join(path, "next", index, key), branch.get(key)) for key in ("then", "else")]
    return [
        {"op": "replace", "path": path, "value": moved[target]}
        for path, target in jumps
        if isinstance(target, str) and target in moved
    ]
