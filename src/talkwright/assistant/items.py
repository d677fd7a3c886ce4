"""Items: the pieces of content that people edit, whatever file they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The kinds of content (ARCHITECTURE, Words)."""

    FLOW = "flow"
    RESPONSE = "response"
    SLOT = "slot"
    ACTION = "action"
    INTENT = "intent"
    ENTITY = "entity"
    SYNONYM = "synonym"
    REGEX = "regex"
    LOOKUP = "lookup"
    PROMPT = "prompt"
    CONFIG = "config"
    ENDPOINTS = "endpoints"
    CREDENTIALS = "credentials"
    DOMAIN = "domain"
    TEST = "test"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One stretch of one file that belongs to an item.

    `file` is its path, `place` the key of its section there ('' = the file itself), with '{}' or '[]' behind it where
    the part stands inside such brackets and so has no lines of its own.
    `anchors` holds the JSON values of the YAML anchors that the source uses and that are defined outside of it, so that
    a part can be parsed on its own.
    """

    file: str
    place: str
    source: str
    anchors: Mapping[str, Any] = field(default_factory=dict)

    @property
    def section(self) -> str:
        """The key of the section, without brackets."""
        return self.place.rstrip("[]{}")

    @property
    def inline(self) -> bool:
        """Whether the part stands inside brackets."""
        return self.place.endswith(("[]", "{}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item as read: `body` = parse(source of its parts), JSON values only.

    An intent may have a domain part and NLU parts.
    """

    kind: Kind
    name: str
    body: Any
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ItemBody:
    """An item without its text: kind, name and JSON body."""

    kind: str
    name: str
    body: Any
