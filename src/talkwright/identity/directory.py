"""The directory: which person a provider's subject is, and what they hold; the queries behind every request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.ids import uuid7
from talkwright.database.tables import grants, identities, providers, users
from talkwright.identity.tokens import Claims

ProviderKind = Literal["builtin", "openid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as requests need them; `roles` hold studio-wide, `grants` in one assistant each."""

    id: UUID
    display: str
    disabled: bool
    tokens_not_before: datetime | None
    roles: frozenset[str]
    grants: dict[UUID, frozenset[str]]

    def accepts(self, issued_at: datetime) -> bool:
        """Whether what was issued at this time still counts (token times have whole seconds)."""
        if self.disabled:
            return False
        limit = self.tokens_not_before
        return limit is None or issued_at >= limit.replace(microsecond=0)


HELD = (
    select(func.json_agg(func.json_build_array(grants.c.assistant, grants.c.role)))
    .where(grants.c.user == users.c.id)
    .correlate(users)
    .scalar_subquery()
    .label("held")
)
"""All grants of the person of the row as one JSON value, so that a request costs one statement."""
PERSON = (users.c.id, users.c.display, users.c.disabled_at, users.c.tokens_not_before, HELD)


def person_of(row: Any) -> Person:
    """Read the columns of PERSON."""
    held: Iterable[list[str | None]] = row.held or ()
    everywhere: set[str] = set()
    somewhere: dict[UUID, frozenset[str]] = {}
    for assistant, role in held:
        if assistant is None:
            everywhere.add(str(role))
        else:
            somewhere[UUID(assistant)] = somewhere.get(UUID(assistant), frozenset()) | {str(role)}
    return Person(
        id=row.id,
        display=row.display,
        disabled=row.disabled_at is not None,
        tokens_not_before=row.tokens_not_before,
        roles=frozenset(everywhere),
        grants=somewhere,
    )


async def ensure_provider(session: AsyncSession, kind: ProviderKind, issuer: str) -> UUID:
    """The row of a provider. The built-in one is the same provider whatever its address is."""
    match = providers.c.kind == "builtin" if kind == "builtin" else providers.c.issuer == issuer
    row = (await session.execute(select(providers.c.id, providers.c.issuer).where(match))).one_or_none()
    if row is not None:
        if row.issuer != issuer:
            await session.execute(update(providers).where(providers.c.id == row.id).values(issuer=issuer))
        return UUID(str(row.id))
    statement = upsert(providers).values(id=uuid7(), kind=kind, issuer=issuer)
    statement = statement.on_conflict_do_update(index_elements=["issuer"], set_={"issuer": issuer})
    return UUID(str((await session.execute(statement.returning(providers.c.id))).scalar_one()))


async def person_by_subject(session: AsyncSession, provider: UUID, subject: str) -> Person | None:
    """The person whom a provider calls by this subject."""
    query = (
        select(*PERSON)
        .join(identities, identities.c.user == users.c.id)
        .where(identities.c.provider == provider, identities.c.subject == subject)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else person_of(row)


@dataclass(frozen=True, slots=True)
class Admitted:
    """The person of a verified token; `is_new` where this token was the first that we saw of them."""

    person: Person
    is_new: bool


async def admit(session: AsyncSession, provider: UUID, claims: Claims) -> Admitted:
    """The person of a verified token: made at their first sign-in, then kept as the provider calls them."""
    person = await person_by_subject(session, provider, claims.subject)
    if person is None:
        made = uuid7()
        owner = await register(
            session,
            provider,
            claims.subject,
            username=claims.username,
            display=claims.display,
            email=claims.email,
            new=made,
            seen=True,
        )
        person = await person_by_subject(session, provider, claims.subject)
        if person is None:
            raise LookupError("A person who was just registered is gone again.")
        return Admitted(person, is_new=owner == made)
    await session.execute(
        update(identities)
        .where(identities.c.provider == provider, identities.c.subject == claims.subject)
        .values(seen_at=func.now(), username=claims.username)
    )
    if not person.disabled:
        await session.execute(
            update(users).where(users.c.id == person.id).values(display=claims.display, email=claims.email)
        )
    return Admitted(person, is_new=False)


async def register(
    session: AsyncSession,
    provider: UUID,
    subject: str,
    *,
    username: str,
    display: str,
    email: str | None = None,
    user: UUID | None = None,
    new: UUID | None = None,
    seen: bool = False,
) -> UUID:
    """Make a person (with the id `new`) for a provider's subject, or give an existing one (`user`) this way to sign in.

    `seen` where they just signed in; who is only invited has not been seen yet.
    Returns the person whom the subject belongs to: where two requests register the same one, the first wins.
    """
    person = user or new or uuid7()
    if user is None:
        await session.execute(insert(users).values(id=person, display=display, email=email))
    seen_at = func.now() if seen else None
    statement = upsert(identities).values(
        provider=provider, subject=subject, user=person, username=username, seen_at=seen_at
    )
    statement = statement.on_conflict_do_nothing(index_elements=["provider", "subject"])
    if (await session.execute(statement.returning(identities.c.user))).scalar_one_or_none() is not None:
        return person
    if user is None:
        await session.execute(users.delete().where(users.c.id == person))
    owner = select(identities.c.user).where(identities.c.provider == provider, identities.c.subject == subject)
    return UUID(str((await session.execute(owner)).scalar_one()))
