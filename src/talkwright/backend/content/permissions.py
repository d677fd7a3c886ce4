"""Which permission a kind of content needs, to be read and to be changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from talkwright.backend.security import demand
from talkwright.identity.principal import Principal, allowed

WRITE: Mapping[str, str] = {
    "flow": "flows:write",
    "action": "flows:write",
    "response": "responses:write",
    "slot": "slots:write",
    "intent": "nlu:write",
    "entity": "nlu:write",
    "synonym": "nlu:write",
    "regex": "nlu:write",
    "lookup": "nlu:write",
    "config": "settings:write",
    "endpoints": "settings:write",
    "credentials": "settings:write",
    "domain": "settings:write",
    "prompt": "files:write",
    "test": "files:write",
    "file": "files:write",
}
SETTINGS = ("config", "credentials", "endpoints")
"""Kinds that only those read who have `settings:read`: addresses and secrets stand there."""


def hidden_kinds(principal: Principal, assistant: UUID) -> tuple[str, ...]:
    """The kinds that a person doesn't see in an assistant."""
    return () if allowed(principal, "settings:read", assistant) else SETTINGS


def demand_write(principal: Principal, assistant: UUID, kinds: Iterable[str]) -> None:
    """Raise the refusal for the first kind that the person may not change."""
    for kind in sorted(set(kinds)):
        demand(principal, WRITE[kind], assistant)
