"""The default system flows that repair a conversation and what they say, in the public format, as items to build on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from talkwright.assistant import yamls
from talkwright.assistant.items import ItemBody, Kind

FILES = ("flows.yml", "responses.yml")
SECTIONS: Mapping[str, Kind] = {"flows": Kind.FLOW, "responses": Kind.RESPONSE}


@cache
def default_items() -> tuple[ItemBody, ...]:
    """The default patterns and their responses (dialogue-semantics 5.11), read once."""
    items: list[ItemBody] = []
    for file in FILES:
        text = resources.files(__name__).joinpath(file).read_text(encoding="utf-8")
        document: Mapping[str, Mapping[str, Any]] = yamls.load(text)
        for section, kind in SECTIONS.items():
            items += [ItemBody(kind.value, name, body) for name, body in document.get(section, {}).items()]
    return tuple(items)
