"""The line of an item's text on which a place of its body stands, so that an editor can mark it."""

from __future__ import annotations

from talkwright.assistant.editing.patching import EditError, parse_pointer
from talkwright.assistant.editing.trees import base_spot, chain
from talkwright.assistant.items import Item, Part
from talkwright.assistant.project.parts import parse_part
from talkwright.assistant.yamls import YamlError


def line_of(item: Item, pointer: str) -> int | None:
    """The line, from 1, in the item's first part whose text holds that place or the nearest one around it."""
    if not item.parts or not isinstance(item.body, dict | list):
        return None
    try:
        path = parse_pointer(pointer)
        return _line_in(item.parts[0], path)
    except (EditError, YamlError, IndexError):
        return None


def _line_in(part: Part, path: tuple[str, ...]) -> int | None:
    if not part.source:
        return None
    parsed = parse_part(part)
    spot = chain(base_spot(parsed, part.place), path)[-1]
    start = spot.key.start if spot.key is not None else spot.node.start
    offset = start - (1 if parsed.wrapped else 0)
    return part.source.count("\n", 0, max(offset, 0)) + 1
