"""Permissions, and the nine built-in roles that bundle them (studio-features 1.15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ASSISTANTS = frozenset(
    {"assistants:create", "assistants:read", "assistants:delete", "assistants:import", "assistants:export"}
)
CONTENT = frozenset(
    {"content:read", "flows:write", "responses:write", "nlu:write", "slots:write", "files:write"}
    | {"settings:read", "settings:write"}
)
WORK = frozenset({"trainings:read", "trainings:write", "deployments:write", "chats:read", "chats:write"})
CONVERSATIONS = frozenset(
    {
        "conversations:read",
        "conversations:tag",
        "conversations:annotate",
        "conversations:assign",
        "conversations:delete",
    }
)
STUDIO = frozenset({"users:manage"})

PERMISSIONS = ASSISTANTS | CONTENT | WORK | CONVERSATIONS | STUDIO
"""Every permission there is: `area:verb`."""

_LOOK = frozenset({"assistants:read", "content:read", "trainings:read", "chats:read"})
_TRY = _LOOK | {"chats:write"}


@dataclass(frozen=True, slots=True)
class Role:
    """A named bundle of permissions: `key` stands in rows and tokens, `title` on pages."""

    key: str
    title: str
    permissions: frozenset[str]


BUILT_IN: tuple[Role, ...] = (
    Role("superuser", "Superuser", PERMISSIONS),
    Role(
        "lead-annotator",
        "Lead annotator",
        _TRY
        | {"responses:write", "nlu:write"}
        | {"conversations:read", "conversations:tag", "conversations:annotate", "conversations:assign"},
    ),
    Role("annotator", "Annotator", frozenset({"assistants:read", "conversations:read", "conversations:annotate"})),
    Role(
        "flow-builder",
        "Flow builder",
        _TRY | {"flows:write", "responses:write", "slots:write", "nlu:write", "trainings:write", "deployments:write"},
    ),
    Role("nlu-editor", "NLU editor", _TRY | {"nlu:write"}),
    Role("business-user", "Business user", _TRY),
    Role("developer", "Developer", ASSISTANTS | CONTENT | WORK),
    Role(
        "conversation-analyst",
        "Conversation analyst",
        frozenset({"assistants:read"} | (CONVERSATIONS - {"conversations:assign"})),
    ),
    Role("conversation-viewer", "Conversation viewer", frozenset({"assistants:read", "conversations:read"})),
)

SUPERUSER = "superuser"
_BY_KEY = {role.key: role for role in BUILT_IN}
_BY_FOLDED = {"".join(filter(str.isalnum, role.key)): role.key for role in BUILT_IN}


def role(key: str) -> Role | None:
    """The built-in role with this key."""
    return _BY_KEY.get(key)


def roles_from_claim(names: Iterable[object]) -> frozenset[str]:
    """The keys of the roles that a token names; `SuperUser` and `super_user` are one, unknown names are skipped."""
    folded = ("".join(filter(str.isalnum, name.casefold())) for name in names if isinstance(name, str))
    return frozenset(_BY_FOLDED[name] for name in folded if name in _BY_FOLDED)


def permissions_of(keys: Iterable[str]) -> frozenset[str]:
    """All that the roles with these keys allow together; unknown keys allow nothing."""
    return frozenset().union(*(_BY_KEY[key].permissions for key in keys if key in _BY_KEY))
