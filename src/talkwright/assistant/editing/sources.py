"""The old text of a value, so that undo, duplicate and restore bring back what a person wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from talkwright.assistant.editing.patching import Path, parse_pointer, value_at
from talkwright.assistant.editing.splicing import NotSpliceableError, Splicer
from talkwright.assistant.editing.texts import Excerpt, excerpt_to_json
from talkwright.assistant.editing.trees import base_spot, chain
from talkwright.assistant.items import Item, Kind
from talkwright.assistant.project.bodies import DOCUMENT_KINDS, NLU_KINDS, TEXT_KINDS, body_of
from talkwright.assistant.project.parts import parse_part
from talkwright.assistant.project.values import style_of
from talkwright.assistant.yamls import YamlError


def excerpt_at(item: Item, pointer: str) -> dict[str, Any]:
    """`{"value": …, "source": …}` for what stands at `pointer` of an item, to be merged into an operation.

    `source` holds the item's whole text, and the value's own as an excerpt where it has one. Raises EditError where
    nothing stands there.
    """
    path = parse_pointer(pointer)
    excerpt = _excerpt(item, path)
    source: dict[str, Any] = {"whole": [part.source for part in item.parts]}
    if excerpt is not None:
        source["excerpt"] = excerpt_to_json(excerpt)
    return {"value": value_at(item.body, path), "source": source}


def restored(item: Item, patch: Iterable[Mapping[str, Any]]) -> Item:
    """The edited item with the whole old text that an operation brought along, where that says the same.

    So that undoing the last edit brings back every blank and comment.
    """
    for operation in patch:
        source = operation.get("source")
        whole = source.get("whole") if isinstance(source, Mapping) else None
        if not isinstance(whole, list) or len(whole) != len(item.parts):
            continue
        parts = tuple(replace(part, source=text) for part, text in zip(item.parts, whole, strict=True))
        try:
            body = body_of(item.kind, parts)
        except YamlError:
            continue
        if json.dumps(body) == json.dumps(item.body):
            return replace(item, parts=parts)
    return item


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
