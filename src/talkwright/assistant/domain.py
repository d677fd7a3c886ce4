"""The domain as the engine and validation see it: slots, responses, actions, intents, entities, session settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from talkwright.assistant.stories import Form

SlotType = Literal["text", "bool", "float", "categorical", "list", "any", "strict_categorical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotMapping:
    """One way to fill a slot; `conditions` are kept as written."""

    type: str
    keys: Mapping[str, Any] = field(default_factory=dict)
    conditions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRejection:
    """A rule of a slot's own validation (2.1)."""

    condition: str
    utter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotValidation:
    """Checked whenever the slot is set from a message (5.5)."""

    rejections: tuple[SlotRejection, ...]
    refill_utter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One slot; without mappings in the file it has one `from_llm`."""

    name: str
    type: SlotType
    values: tuple[Any, ...] = ()
    initial_value: Any = None
    min_value: float | None = None
    max_value: float | None = None
    influence_conversation: bool = True
    shared_for_coexistence: bool = False
    mappings: tuple[SlotMapping, ...] = (SlotMapping(type="from_llm"),)
    validation: SlotValidation | None = None
    builtin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """One way to say a response; `data` holds buttons, image, custom, attachment and the like as written."""

    text: str | None = None
    id: str | None = None
    condition: str | tuple[Mapping[str, Any], ...] | None = None
    channel: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    translation: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A named response with its variations, in order."""

    name: str
    variations: tuple[Variation, ...]
    builtin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """When a conversation's session ends (2.3): minutes, 0 = never."""

    expiration_minutes: float = 60.0
    carry_over_slots: bool = True
    start_after_expiry: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDeclaration:
    """A custom action that the domain names."""

    name: str
    send_domain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """All of it, built-ins included where the project has flows; `raw` is the domain as JSON, for action servers."""

    slots: Mapping[str, Slot] = field(default_factory=dict)
    responses: Mapping[str, Response] = field(default_factory=dict)
    actions: Mapping[str, ActionDeclaration] = field(default_factory=dict)
    intents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    entities: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    session: SessionConfig = field(default_factory=SessionConfig)
    raw: Mapping[str, Any] = field(default_factory=dict)
