"""Anchors across items: each item keeps its meaning when the item that defines its anchor is edited or deleted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from talkwright.assistant.items import Part
from talkwright.assistant.project.parts import aliases
from talkwright.assistant.yaml_writing import flow_text
from talkwright.assistant.yamls import YamlError, load_marked


def settled(pieces: Sequence[str], parts: Sequence[Part | None]) -> list[str]:
    """The pieces of a file with every alias written out whose anchor no longer gives the value that its item has.

    `parts` holds, for each piece, the part that it is the source of, or None.
    """
    text = "".join(pieces)
    expected = {name: value for part in parts if part for name, value in part.anchors.items()}
    try:
        root = load_marked(text, expected)
    except YamlError:
        return list(pieces)
    written = sorted(aliases(root), key=lambda node: node.start)
    result: list[str] = []
    start = 0
    for piece, part in zip(pieces, parts, strict=True):
        end = start + len(piece)
        edited = piece
        for alias in reversed(written):
            if part is None or not start <= alias.start < end or (alias.anchor or "") not in part.anchors:
                continue
            inside = alias.target is not None and start <= alias.target.start < end
            wanted = part.anchors[alias.anchor or ""]
            if inside or (alias.target is not None and _same(alias.value, wanted)):
                continue
            edited = edited[: alias.start - start] + flow_text(wanted) + edited[alias.end - start :]
        result.append(edited)
        start = end
    return result


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
