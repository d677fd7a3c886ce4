"""The dialogue stack as a value: a tuple of frames, last on top; each frame a JSON map that is never changed in place.

`diff` and `patched` speak the JSON patches that `stack` events carry (dialogue-semantics 5.1). Frames are compared by
identity first, so a move that changes one step id costs one comparison and gives a patch of one operation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from talkwright.assistant.pointers import pointer_join, pointer_split

Frame = Mapping[str, Any]
Stack = tuple[Frame, ...]

FLOW_FRAME = "flow"
COLLECT_PATTERN = "pattern_collect_information"


def diff(old: Stack, new: Stack) -> str | None:
    """The JSON patch from `old` to `new` as text; None if they are the same."""
    shared = 0
    for before, after in zip(old, new, strict=False):
        if before is not after and before != after:
            break
        shared += 1
    changes: list[dict[str, Any]] = []
    common = min(len(old), len(new))
    if shared == common - 1 and old[shared].get("frame_id") == new[shared].get("frame_id"):
        changes += _frame_changes(shared, old[shared], new[shared])
        shared += 1
    changes += [{"op": "remove", "path": f"/{index}"} for index in range(len(old) - 1, shared - 1, -1)]
    changes += [{"op": "add", "path": f"/{index}", "value": new[index]} for index in range(shared, len(new))]
    return json.dumps(changes) if changes else None


def _frame_changes(index: int, old: Frame, new: Frame) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = []
    for key, value in new.items():
        path = pointer_join("", index, key)
        if key not in old:
            changes.append({"op": "add", "path": path, "value": value})
        elif old[key] != value:
            changes.append({"op": "replace", "path": path, "value": value})
    changes += [{"op": "remove", "path": pointer_join("", index, key)} for key in old if key not in new]
    return changes


class PatchError(ValueError):
    """A patch that doesn't fit the stack it is applied to."""


def patched(stack: Sequence[Any], update: str) -> Stack:
    """The stack after a patch given as text; raises PatchError. What is no frame stays out, whatever bot wrote it."""
    try:
        operations = json.loads(update)
        document: Any = list(stack)
        for operation in operations:
            document = _operate(document, operation)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as problem:
        raise PatchError(f"This stack update doesn't fit the stack before it: {problem}") from problem
    return tuple(frame for frame in document if isinstance(frame, Mapping)) if isinstance(document, list) else ()


def _operate(document: Any, operation: Mapping[str, Any]) -> Any:
    op, path = operation["op"], pointer_split(operation["path"])
    match op:
        case "add":
            return _with(document, path, lambda _: operation["value"], insert=True)
        case "replace":
            return _with(document, path, lambda _: operation["value"])
        case "remove":
            return _without(document, path)
        case "copy":
            value = _at(document, pointer_split(operation["from"]))
            return _with(document, path, lambda _: value, insert=True)
        case "move":
            source = pointer_split(operation["from"])
            value = _at(document, source)
            return _with(_without(document, source), path, lambda _: value, insert=True)
        case "test":
            if _at(document, path) != operation["value"]:
                raise PatchError("a `test` operation failed")
            return document
        case _:
            raise PatchError(f"unknown operation {op!r}")


def _at(document: Any, path: list[str]) -> Any:
    for key in path:
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def _with(document: Any, path: list[str], change: Callable[[Any], Any], *, insert: bool = False) -> Any:
    """A copy of the document with one place changed; everything beside the path is shared."""
    if not path:
        return change(document)
    key, rest = path[0], path[1:]
    if isinstance(document, list):
        copy = list(document)
        if insert and not rest:
            index = len(copy) if key == "-" else int(key)
            if not 0 <= index <= len(copy):
                raise PatchError("a list index lies outside the list")
            copy.insert(index, change(None))
        else:
            copy[int(key)] = _with(copy[int(key)], rest, change, insert=insert)
        return copy
    if not rest:
        return {**document, key: change(document.get(key))}
    return {**document, key: _with(document[key], rest, change, insert=insert)}


def _without(document: Any, path: list[str]) -> Any:
    if not path:
        return []
    key, rest = path[0], path[1:]
    if isinstance(document, list):
        copy = list(document)
        if rest:
            copy[int(key)] = _without(copy[int(key)], rest)
        else:
            del copy[int(key)]
        return copy
    if rest:
        return {**document, key: _without(document[key], rest)}
    return {name: value for name, value in document.items() if name != key}


def is_user_frame(frame: Frame) -> bool:
    """Whether the frame runs a flow that the user (or a link or call) started."""
    return frame.get("type") == FLOW_FRAME


def is_base_frame(frame: Frame) -> bool:
    """Whether it is a regular or interrupt user frame: the lowest of a flow's group (5.8)."""
    return frame.get("type") == FLOW_FRAME and frame.get("frame_type") in ("regular", "interrupt")


def top_user_frame(stack: Stack, *, ignore_call: bool = False) -> Frame | None:
    """The topmost user frame; with `ignore_call` the topmost that is no call."""
    for frame in reversed(stack):
        if is_user_frame(frame) and not (ignore_call and frame.get("frame_type") == "call"):
            return frame
    return None


def open_question(stack: Stack) -> Frame | None:
    """The collect frame that asks now: the topmost one."""
    for frame in reversed(stack):
        if frame.get("type") == COLLECT_PATTERN:
            return frame
    return None


def frame_that_asks(stack: Stack) -> Frame | None:
    """The frame whose step opened the question that is open: the one below its collect frame."""
    for asked, below in zip(reversed(stack), reversed(stack[:-1]), strict=False):
        if asked.get("type") == COLLECT_PATTERN:
            return below
    return None


def running_flows(stack: Stack) -> set[str]:
    """The topmost user flow and, where it was called, the topmost one that was not."""
    found = (top_user_frame(stack), top_user_frame(stack, ignore_call=True))
    return {str(frame["flow_id"]) for frame in found if frame is not None}


def context_of(stack: Stack) -> Frame:
    """What conditions and templates see as `context` (1.7): the top frame; an open question sees the one below too."""
    if not stack:
        return {}
    top = stack[-1]
    if top.get("type") == COLLECT_PATTERN and len(stack) > 1:
        below = stack[-2]
        return {**below, **top, "flow_id": below.get("flow_id"), "step_id": below.get("step_id")}
    return top
