"""The person (or service account) behind a request, with all that decides what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from talkwright.identity.roles import permissions_of

Via = Literal["browser", "bearer", "system"]
_NONE: Mapping[UUID, frozenset[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who acts: `roles` hold for the whole studio, `grants` are roles for one assistant each."""

    user_id: UUID
    display: str
    roles: frozenset[str] = frozenset()
    grants: Mapping[UUID, frozenset[str]] = field(default_factory=lambda: _NONE)
    via: Via = "browser"
    sign_in: UUID | None = None
    csrf: str | None = None

    @property
    def permissions(self) -> frozenset[str]:
        """What the person may do everywhere in the studio."""
        return permissions_of(self.roles)

    def permissions_in(self, assistant: UUID) -> frozenset[str]:
        """What the person may do in one assistant."""
        return permissions_of(self.roles | self.grants.get(assistant, frozenset()))


def allowed(principal: Principal, permission: str, assistant: UUID | None = None) -> bool:
    """Whether the person may do this: the only check there is (ARCHITECTURE, People and manners)."""
    if assistant is None:
        return permission in principal.permissions
    return permission in principal.permissions_in(assistant)


def visible_assistants(principal: Principal, permission: str = "assistants:read") -> frozenset[UUID] | None:
    """The assistants in which the person has this permission, None for all; lists filter by it inside SQL."""
    if permission in principal.permissions:
        return None
    return frozenset(assistant for assistant in principal.grants if permission in principal.permissions_in(assistant))
