"""Setting, listing and deleting an assistant's secrets; what runs starts again with them."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.assistant.build import merged_document
from talkwright.assistant.items import ItemBody
from talkwright.assistant.variables import SETTINGS, named_variables
from talkwright.backend.errors import ProblemError, not_found
from talkwright.backend.names import Person
from talkwright.backend.secrets.schemas import MOST_SECRETS, Changed, Secret, Secrets
from talkwright.database import assistant_secrets as repository
from talkwright.database.announcements import announce
from talkwright.database.assistants import lives
from talkwright.database.deployments import deploy_again
from talkwright.database.heads import head_bodies
from talkwright.database.ids import uuid7
from talkwright.identity.audit import Origin, record
from talkwright.identity.secrets import Keyring, SecretsError
from talkwright.operations import tracing

_OWN_PREFIX = "TALKWRIGHT_"
_PRINTABLE = re.compile(r"[\x20-\x7e]+")


async def list_secrets(session: AsyncSession, keys: Keyring, assistant: UUID, given: frozenset[str]) -> Secrets:
    """What is set, and what the project names and nobody has set; a secret that no key opens any more is not set."""
    sealed = await repository.sealed_secrets(session, assistant)
    listed = {str(row["name"]): row for row in await repository.list_secrets(session, assistant)}
    rows = {name: row for name, row in listed.items() if _opened(keys, sealed.get(name, b"")) is not None}
    named = await _named(session, assistant)
    return Secrets(
        items=[
            Secret(
                name=name,
                set=name in rows,
                given=name in given,
                named_in=list(named.get(name, ())),
                changed_at=rows[name]["changed_at"] if name in rows else None,
                by=Person(id=rows[name]["changed_by"], name=rows[name]["by_name"]) if name in rows else None,
            )
            for name in sorted({*listed, *named})
        ]
    )


async def set_secret(
    session: AsyncSession, keys: Keyring, assistant: UUID, name: str, *, value: str, by: UUID, origin: Origin
) -> Changed:
    """Set a secret, or another value for it. Raises ProblemError for names and values that no job could be given."""
    _check(name, value)
    if not await lives(session, assistant, hold=True):
        raise not_found("assistant")
    sealed = await repository.sealed_secrets(session, assistant)
    if name not in sealed and len(sealed) >= MOST_SECRETS:
        detail = f"An assistant has at most {MOST_SECRETS}. Delete one that nothing names any more."
        raise ProblemError(409, "too-many-secrets", "There are too many secrets", detail)
    row = await repository.set_secret(session, assistant, name, keys.encrypt(value.encode(), repository.PURPOSE), by)
    await record(session, origin, "secrets.set", assistant=assistant, target=row)
    is_same = name in sealed and _opened(keys, sealed[name]) == value
    return await _changed(session, assistant, name, by, restart=not is_same)


async def delete_secret(session: AsyncSession, assistant: UUID, name: str, by: UUID, origin: Origin) -> Changed:
    """Delete a secret; raises 404 where there is none."""
    if not await lives(session, assistant, hold=True):
        raise not_found("assistant")
    row = await repository.delete_secret(session, assistant, name)
    if row is None:
        raise not_found("secret")
    await record(session, origin, "secrets.delete", assistant=assistant, target=row)
    return await _changed(session, assistant, name, by, restart=True)


async def _changed(session: AsyncSession, assistant: UUID, name: str, by: UUID, *, restart: bool) -> Changed:
    """Tell open pages, and have what runs start again with the secrets as they are now."""
    announce(session, assistant, "secret", {})
    successor = uuid7()
    restarting = restart and await deploy_again(
        session, successor, assistant=assistant, by=by, traceparent=tracing.header()
    )
    return Changed(name=name, restarting=successor if restarting else None)


async def _named(session: AsyncSession, assistant: UUID) -> dict[str, tuple[str, ...]]:
    bodies = await head_bodies(session, assistant, SETTINGS)
    files = [ItemBody(kind, name, body) for (kind, name), body in bodies.items()]
    merged: dict[str, Any] = {
        kind: merged_document([file for file in files if file.kind == kind], kind, []) for kind in SETTINGS
    }
    return named_variables(merged)


def _check(name: str, value: str) -> None:
    if name.upper().startswith(_OWN_PREFIX):
        detail = f"Names that begin with {_OWN_PREFIX} are Talkwright's own and are never filled in. Choose another."
        raise ProblemError(422, "own-name", "This name can't be set", detail)
    if not _PRINTABLE.fullmatch(value) or value != value.strip():
        detail = "A value is one line of letters, digits and signs, without spaces around it. Copy it anew."
        raise ProblemError(422, "unusable-value", "This value can't be used", detail)


def _opened(keys: Keyring, sealed: bytes) -> str | None:
    """The value as it was; None where its key is gone."""
    try:
        return keys.decrypt(sealed, repository.PURPOSE).decode()
    except SecretsError:
        return None
