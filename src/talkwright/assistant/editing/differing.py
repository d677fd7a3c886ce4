"""From one value to another in the smallest operations, so that replacing a whole list touches only what differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from talkwright.assistant.editing.patching import pointer_of, same

_MOST = 40


def finer(old: Any, new: Any, path: tuple[str, ...]) -> list[dict[str, Any]]:
    """Operations that lead from `old` to `new` at `path`; one replace when they share nothing or differ much."""
    operations: list[dict[str, Any]] = []
    for operation in _differences(old, new, path):
        operations.append(operation)
        if len(operations) > _MOST:
            return [_replace(path, new)]
    return operations


def key_differences(old: dict[str, Any], new: dict[str, Any]) -> list[dict[str, Any]]:
    """Operations that lead from one map to another, each below one key: for items whose keys are parts of their own."""
    return list(_map_differences(old, new, ()))


def _replace(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": pointer_of(path), "value": value}


def _differences(old: Any, new: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() & new.keys():
        yield from _map_differences(old, new, path)
    elif isinstance(old, list) and isinstance(new, list) and old and new:
        yield from _list_differences(old, new, path)
    else:
        yield _replace(path, new)


def _map_differences(old: dict[str, Any], new: dict[str, Any], path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for key in old:
        if key not in new:
            yield {"op": "remove", "path": pointer_of((*path, key))}
    order = list(new)
    for position in range(len(order) - 1, -1, -1):
        key = order[position]
        if key in old:
            yield from _differences(old[key], new[key], (*path, key))
            continue
        following = {"before": order[position + 1]} if position + 1 < len(order) else {}
        yield {"op": "add", "path": pointer_of((*path, key)), "value": new[key], **following}


def _list_differences(old: list[Any], new: list[Any], path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if not same(old[i], new[i])), shorter)
    tail = next((i for i in range(shorter - head) if not same(old[-1 - i], new[-1 - i])), shorter - head)
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    both = min(len(before), len(after))
    for position in range(both):
        yield from _differences(before[position], after[position], (*path, str(head + position)))
    for position in range(len(before) - 1, both - 1, -1):
        yield {"op": "remove", "path": pointer_of((*path, str(head + position)))}
    for position in range(both, len(after)):
        yield {"op": "add", "path": pointer_of((*path, str(head + position))), "value": after[position]}
