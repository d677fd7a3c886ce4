"""The old text of a value, so that undo, duplicate and restore bring back what a person wrote."""

from __future__ import annotations

from typing import Any

from talkwright.assistant.editing.patching import Path, parse_pointer, value_at
from talkwright.assistant.editing.splicing import NotSpliceableError, Splicer
from talkwright.assistant.editing.texts import Excerpt, excerpt_to_json
from talkwright.assistant.editing.trees import base_spot, chain
from talkwright.assistant.items import Item, Kind
from talkwright.assistant.project.bodies import DOCUMENT_KINDS, NLU_KINDS, TEXT_KINDS
from talkwright.assistant.project.parts import parse_part
from talkwright.assistant.project.values import style_of


def excerpt_at(item: Item, pointer: str) -> dict[str, Any]:
    """`{"value": …, "source": …}` for what stands at `pointer` of an item, to be merged into an operation.

    `source` is left out where the value has no text of its own (behind an alias, or an example in a block).
    Raises EditError where nothing stands there.
    """
    path = parse_pointer(pointer)
    found: dict[str, Any] = {"value": value_at(item.body, path)}
    source = _excerpt(item, path)
    if source is not None:
        found["source"] = excerpt_to_json(source)
    return found


def _excerpt(item: Item, path: Path) -> Excerpt | None:
    if item.kind in TEXT_KINDS or item.kind in NLU_KINDS:
        return None
    for part in item.parts:
        if not part.source:
            continue
        parsed = parse_part(part)
        if part.section and parsed.value is None:
            return None
        spots = chain(base_spot(parsed, part.section), path)
        if len(spots) > len(path):
            try:
                return Splicer(parsed.text, style_of(part.source)).excerpt(spots[-1])
            except NotSpliceableError:
                return None
        if item.kind not in (Kind.DOMAIN, *DOCUMENT_KINDS):
            return None
    return None
