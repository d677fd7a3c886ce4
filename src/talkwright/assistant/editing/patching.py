"""JSON Patch (RFC 6902) on plain values, with `before: key` for the order of keys, on values that never change."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from talkwright.assistant.pointers import pointer_join, pointer_split

MAX_OPERATIONS = 2_000


class EditError(ValueError):
    """An edit that can't be made: `message` says why and what to do; `line` and `column` count from 1 in a source."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


Path = tuple[str, ...]


def parse_pointer(pointer: Any) -> Path:
    """The tokens of a JSON pointer (RFC 6901); raises EditError."""
    if pointer == "":
        return ()
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise EditError("A path begins with '/', as in '/steps/0/next'.")
    return tuple(pointer_split(pointer))


def pointer_of(path: Sequence[str]) -> str:
    """The JSON pointer of tokens."""
    return pointer_join("", *path)


def value_at(body: Any, path: Path) -> Any:
    """The value at a path; raises EditError where there is none."""
    for depth, token in enumerate(path):
        if isinstance(body, dict) and token in body:
            body = body[token]
        elif isinstance(body, list):
            body = body[index_in(body, token, path[: depth + 1])]
        else:
            raise EditError(f"Nothing stands at '{pointer_of(path[: depth + 1])}'; it may have been changed meanwhile.")
    return body


_INDEX = re.compile(r"(?:0|[1-9][0-9]{0,8})\Z")


def index_in(values: list[Any], step: str, path: Path, *, adding: bool = False) -> int:
    """The index that a pointer's last token means in a list; raises EditError."""
    last = len(values) if adding else len(values) - 1
    if step == "-" and adding:
        return last
    if _INDEX.match(step) and int(step) <= last:
        return int(step)
    where = f"'{pointer_of(path)}' is no place in this list of {len(values)}"
    raise EditError(f"{where}; it may have been changed meanwhile.")


def apply_operation(body: Any, operation: Mapping[str, Any]) -> Any:
    """The body after one operation; raises EditError. What does not change is shared with the old body."""
    name = operation.get("op")
    path = parse_pointer(operation.get("path"))
    if name in ("move", "copy"):
        return _moved(body, operation, path, keep=name == "copy")
    if name == "remove":
        return _removed(body, path)
    if name not in ("add", "replace", "test"):
        raise EditError(f"The operation '{name}' is not known; use add, remove, replace, move, copy or test.")
    if "value" not in operation:
        raise EditError(f"The operation '{name}' needs a 'value'.")
    value = operation["value"]
    check_value(value)
    if name == "add":
        return _added(body, path, value, operation.get("before"))
    old = value_at(body, path)
    if name == "replace":
        return _replaced(body, path, value)
    if not same(old, value):
        raise EditError(f"'{pointer_of(path)}' is not what was expected; it may have been changed meanwhile.")
    return body


def _moved(body: Any, operation: Mapping[str, Any], path: Path, *, keep: bool) -> Any:
    origin = parse_pointer(operation.get("from"))
    value = value_at(body, origin)
    if not keep:
        if path[: len(origin)] == origin and len(path) > len(origin):
            raise EditError("A value can't be moved into itself.")
        body = body if path == origin else _removed(body, origin)
    return _added(body, path, value, operation.get("before")) if keep or path != origin else body


def check_value(value: Any) -> None:
    """Raises EditError for what JSON or a file can't hold, or for values nested too deep."""
    stack = [(value, 0)]
    while stack:
        top, depth = stack.pop()
        if depth > 90:
            raise EditError("This value is nested too deep; make it flatter.")
        if isinstance(top, dict):
            stack.extend((inner, depth + 1) for pair in top.items() for inner in pair)
        elif isinstance(top, list):
            stack.extend((inner, depth + 1) for inner in top)
        elif isinstance(top, str):
            _check_text(top)
        elif isinstance(top, float) and not math.isfinite(top):
            raise EditError("A number must be finite.")
        elif top is not None and not isinstance(top, bool | int | float):
            raise EditError("A value must be text, a number, true, false, null, a list or a map.")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise EditError("A text holds half of a character (a lone surrogate); write it anew.") from None
    if "\0" in text:
        raise EditError("A text can't hold the character NUL; delete it.")


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal, 1, 1.0 and true told apart; the order of keys does not count."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _at(body: Any, path: Path, change: Callable[[Any], Any], depth: int = 0) -> Any:
    """The body with `change` made to the value at `path`; containers on the way are copied."""
    if depth == len(path):
        return change(body)
    token = path[depth]
    if isinstance(body, dict) and token in body:
        return {key: _at(value, path, change, depth + 1) if key == token else value for key, value in body.items()}
    if isinstance(body, list):
        index = index_in(body, token, path[: depth + 1])
        return [*body[:index], _at(body[index], path, change, depth + 1), *body[index + 1 :]]
    raise EditError(f"Nothing stands at '{pointer_of(path[: depth + 1])}'; it may have been changed meanwhile.")


def _replaced(body: Any, path: Path, value: Any) -> Any:
    return _at(body, path, lambda _: value)


def _added(body: Any, path: Path, value: Any, before: Any) -> Any:
    if not path:
        return value
    token = path[-1]

    def add(container: Any) -> Any:
        if isinstance(container, list):
            index = index_in(container, token, path, adding=True)
            return [*container[:index], value, *container[index:]]
        if not isinstance(container, dict):
            raise EditError(f"'{pointer_of(path[:-1])}' is neither a list nor a map; nothing can be added there.")
        if token in container and (before is None or before == token or before not in container):
            return {**container, token: value}
        rest = {key: inner for key, inner in container.items() if key != token}
        if before not in rest:
            return {**rest, token: value}
        added: dict[str, Any] = {}
        for key, inner in rest.items():
            if key == before:
                added[token] = value
            added[key] = inner
        return added

    return _at(body, path[:-1], add)


def _removed(body: Any, path: Path) -> Any:
    if not path:
        raise EditError("The whole item can't be removed by a patch; delete the item.")
    token = path[-1]

    def remove(container: Any) -> Any:
        if isinstance(container, list):
            index = index_in(container, token, path)
            return [*container[:index], *container[index + 1 :]]
        if not isinstance(container, dict) or token not in container:
            raise EditError(f"Nothing stands at '{pointer_of(path)}'; it may have been changed meanwhile.")
        return {key: inner for key, inner in container.items() if key != token}

    return _at(body, path[:-1], remove)
