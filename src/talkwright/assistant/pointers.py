"""JSON pointers (RFC 6901): how problems, references, edits and patches name a place inside a body."""

from __future__ import annotations

from typing import Any


def pointer_join(pointer: str, *parts: object) -> str:
    """A pointer extended by `parts`; from '' on, the pointer of these parts."""
    for part in parts:
        if type(part) is int:
            pointer += f"/{part}"
            continue
        text = str(part)
        if "~" in text or "/" in text:
            text = text.replace("~", "~0").replace("/", "~1")
        pointer += "/" + text
    return pointer


def pointer_split(pointer: str) -> list[str]:
    """The parts of a pointer, unescaped."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def pointed_at(body: Any, pointer: str) -> Any:
    """What stands at a pointer; raises LookupError where nothing does."""
    for part in pointer_split(pointer):
        body = body[int(part)] if isinstance(body, list) else body[part]
    return body
