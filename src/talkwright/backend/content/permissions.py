"""Which permission a kind of content needs, to be read and to be changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from talkwright.backend.content.words import plural
from talkwright.backend.errors import ProblemError, not_found
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
    """Refuse a change as a whole, naming every permission that it lacks and the kinds of items that need them.

    Raises ProblemError 403, or 404 for a stranger to the assistant.
    """
    held = principal.permissions_in(assistant)
    if not held:
        raise not_found("assistant", refusal=True)
    missing = {kind: WRITE[kind] for kind in sorted(set(kinds)) if WRITE[kind] not in held}
    if not missing:
        return
    permissions = sorted(set(missing.values()))
    reasons = "; ".join(
        f"{permission} for {_listed(plural(kind) for kind, needed in missing.items() if needed == permission)}"
        for permission in permissions
    )
    raise ProblemError(
        403,
        "forbidden",
        "You may not make this change",
        f"It needs {reasons}. Nothing was changed; ask an administrator for a role that has this.",
        permission=permissions[0],
        permissions=permissions,
    )


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
