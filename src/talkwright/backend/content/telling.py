"""What an edit did to one item, told from the item before and after it: one place where it is one, else nothing.

What is told is kept with the change as data; `words` makes sentences of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from talkwright.assistant.step_ids import walk_steps
from talkwright.backend.content.workspace import Working

Did = Literal["changed", "added", "removed"]
Place = tuple[str | int, ...]
_Steps = Mapping[Place, Mapping[str, Any]]

_TOLD = ("edit-", "add-", "remove-", "move-", "delete-step")
"""Commands that say less than the items do. The others say what their items can't: why, or from where."""

_LONGEST = 6
"""Names deeper in an item than this say nothing to a person."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The one place in which two values differ, and what became of it."""

    did: Did
    place: Place


def told(command: Mapping[str, Any], items: Iterable[Working]) -> dict[str, Any] | None:
    """What a change did, as data for the history; None where the command's own words say as much.

    An undo is told as what it takes back, so that both lines of the history read alike.
    """
    name = str(command.get("name", ""))
    if not name.startswith(_TOLD) and name not in ("undo", "redo"):
        return None
    changed = [working for working in items if working.changed]
    if len(changed) != 1:
        return None
    (working,) = changed
    start, item = working.start, working.item
    if start is None or start.deleted or item is None or start.name != item.name:
        return None
    before, after = (item.body, start.body) if name == "undo" else (start.body, item.body)
    kind = str(item.kind)
    if kind == "flow":
        found = _in_flow(before, after)
    else:
        difference = only_difference(before, after)
        found = None if difference is None else _said(difference, kind, before, after)
    return None if found is None else {"kind": kind, "name": item.name, **found}


def only_difference(before: Any, after: Any) -> Difference | None:
    """The innermost place around everything that differs, where it is one member or element; else None."""
    place: list[str | int] = []
    while True:
        step = _step_inside(before, after)
        if step is None:
            return Difference("changed", tuple(place)) if place else None
        did, key = step
        place.append(key)
        if did != "changed":
            return Difference(did, (*place, *_members_inside((after if did == "added" else before)[key], key)))
        before, after = before[key], after[key]


def _members_inside(value: Any, key: str | int) -> Iterable[str]:
    """The way to what a member that came or went is there for: a map of one leads on, an element is one thing."""
    while isinstance(key, str) and isinstance(value, Mapping) and len(value) == 1:
        [(inner, value)] = value.items()
        yield inner
        key = inner


def _step_inside(before: Any, after: Any) -> tuple[Did, str | int] | None:
    """The only member or element that differs; None for values, or where several do."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _only_member(before, after)
    if isinstance(before, list) and isinstance(after, list):
        return _only_element(before, after)
    return None


def _only_member(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Did, str] | None:
    differing = [
        key for key in {**before, **after} if key not in before or key not in after or _differ(before, after, key)
    ]
    if len(differing) != 1:
        return None
    (key,) = differing
    return ("added" if key not in before else "removed" if key not in after else "changed"), key


def _only_element(before: Sequence[Any], after: Sequence[Any]) -> tuple[Did, int] | None:
    if len(before) == len(after):
        differing = [index for index in range(len(before)) if _differ(before, after, index)]
        return ("changed", differing[0]) if len(differing) == 1 else None
    shorter, longer = sorted((before, after), key=len)
    at = next((index for index, value in enumerate(shorter) if value != longer[index]), len(shorter))
    if len(longer) - len(shorter) != 1 or list(shorter[at:]) != list(longer[at + 1 :]):
        return None
    return ("added" if len(after) > len(before) else "removed"), at


def _differ(before: Any, after: Any, key: Any) -> bool:
    """Whether a member differs; 1, 1.0 and true are three values."""
    return type(before[key]) is not type(after[key]) or before[key] != after[key]


def _said(difference: Difference, kind: str, before: Any, after: Any) -> dict[str, Any] | None:
    if len(difference.place) > _LONGEST:
        return None
    found: dict[str, Any] = {"did": difference.did, "place": list(difference.place)}
    if kind == "response" and isinstance(before, list) and isinstance(after, list):
        found["several"] = max(len(before), len(after)) > 1
    return found


def _in_flow(before: Any, after: Any) -> dict[str, Any] | None:
    """What became of a flow: a field of its own, a field of a step, a step that came or went."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return None
    difference = only_difference(before, after)
    if difference is None or difference.place[0] == "steps":
        return _steps(before, after, difference)
    return _said(difference, "flow", before, after)


def _steps(before: Mapping[str, Any], after: Mapping[str, Any], difference: Difference | None) -> dict[str, Any] | None:
    old, new = _by_pointer(before), _by_pointer(after)
    if len(old) != len(new):
        return _came_or_went(before, after, old, new)
    if difference is None:
        return None
    inside = [pointer for pointer in old if _begins(difference.place, pointer)]
    if not inside:
        return None
    pointer = max(inside, key=len)
    rest = difference.place[len(pointer) :]
    if not rest or len(rest) > _LONGEST:
        return None
    if rest == ("id",):
        return {"did": "renamed", "step": _name(old[pointer]), "new_name": str(new[pointer].get("id", ""))}
    return {"did": difference.did, "place": list(rest), "step": _name(new[pointer])}


def _by_pointer(flow: Mapping[str, Any]) -> _Steps:
    return {
        tuple(int(p) if p.isdigit() else p for p in pointer[1:].split("/")): step
        for pointer, step, _ in walk_steps(flow)
    }


def _came_or_went(
    before: Mapping[str, Any], after: Mapping[str, Any], old: _Steps, new: _Steps
) -> dict[str, Any] | None:
    """Steps that came or went, where nothing else differs but the ways on of those that stayed."""
    did, fewer, more = ("added", old, new) if len(new) > len(old) else ("removed", new, old)
    if {**before, "steps": ()} != {**after, "steps": ()}:
        return None
    stayed, extra = Counter(map(_alone, fewer.values())), list[Mapping[str, Any]]()
    for step in more.values():
        if stayed[_alone(step)] > 0:
            stayed[_alone(step)] -= 1
        else:
            extra.append(step)
    if stayed.total():
        return None
    return {"did": did, "steps": len(extra), **({"step": _name(extra[0])} if len(extra) == 1 else {})}


def _alone(step: Mapping[str, Any]) -> str:
    """Stands for a step without what follows it."""
    return repr({key: value for key, value in step.items() if key != "next"})


def _begins(place: Place, pointer: Place) -> bool:
    return place[: len(pointer)] == pointer


def _name(step: Mapping[str, Any]) -> dict[str, str]:
    """What people know a step by: its id, or what it does and with what."""
    if isinstance(step.get("id"), str) and step["id"]:
        return {"id": step["id"]}
    for kind in ("collect", "action", "link", "call"):
        if kind in step:
            return {kind: str(step[kind])}
    return {"set_slots": ""} if "set_slots" in step else {"noop": ""}
