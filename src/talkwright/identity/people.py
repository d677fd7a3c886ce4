"""People and what they hold: link, disable, grant. The rules are the same for pages and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.announcements import STUDIO, announce
from talkwright.database.ids import uuid7
from talkwright.database.tables import assistants, grants, identities, providers, users
from talkwright.identity import sign_ins
from talkwright.identity.audit import Origin, record
from talkwright.identity.directory import HELD, register
from talkwright.identity.principal import Principal
from talkwright.identity.roles import SUPERUSER, permissions_of, role


class PeopleError(Exception):
    """It can't be done so; `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


async def administrator_exists(session: AsyncSession) -> bool:
    """Whether somebody who isn't disabled holds the superuser role for the whole studio."""
    return bool((await session.execute(select(_administrators().exists()))).scalar_one())


async def find(session: AsyncSession, name: str) -> UUID:
    """The person whom a provider calls so, or with this id or address; raises PeopleError for none or several."""
    query = (
        select(users.c.id)
        .distinct()
        .outerjoin(identities, identities.c.user == users.c.id)
        .where(
            users.c.kind != "system",
            or_(
                func.lower(identities.c.username) == name.strip().lower(),
                func.lower(users.c.email) == name.strip().lower(),
            ),
        )
    )
    found = list((await session.execute(query)).scalars())
    if not found:
        try:
            wanted = UUID(name)
        except ValueError:
            wanted = None
        if wanted is not None and await _exists(session, wanted):
            return wanted
        raise PeopleError("no-such-person", f"There is nobody called {name}.")
    if len(found) > 1:
        raise PeopleError("several-people", f"Several people are called {name}: give the id of one of them.")
    return UUID(str(found[0]))


async def people(session: AsyncSession, *, after: UUID | None = None, limit: int = 100) -> list[Any]:
    """A page of people in the order they came, in one statement; `held` is a list of [assistant or null, role]."""
    names = (
        select(func.json_agg(func.json_build_array(providers.c.kind, identities.c.username, identities.c.subject)))
        .where(identities.c.user == users.c.id, providers.c.id == identities.c.provider)
        .correlate(users)
        .scalar_subquery()
        .label("names")
    )
    seen = (
        select(func.max(identities.c.seen_at))
        .where(identities.c.user == users.c.id)
        .correlate(users)
        .scalar_subquery()
        .label("seen_at")
    )
    query = select(users, HELD, names, seen).where(users.c.kind == "person").order_by(users.c.id).limit(limit)
    if after is not None:
        query = query.where(users.c.id > after)
    return list((await session.execute(query)).all())


async def register_administrator(session: AsyncSession, provider: UUID, subject: str, username: str) -> UUID:
    """Make the first administrator; raises PeopleError where there is one. Holds a lock until the commit."""
    await _lock_administrators(session)
    if await administrator_exists(session):
        raise PeopleError("administrator-exists", "There is an administrator already.")
    person = await register(session, provider, subject, username=username, display=username)
    await session.execute(insert(grants).values(id=uuid7(), user=person, role=SUPERUSER))
    return person


async def grant(
    session: AsyncSession,
    actor: Principal,
    origin: Origin,
    *,
    user: UUID,
    key: str,
    assistant: UUID | None = None,
) -> None:
    """Give a role for the studio or one assistant; nobody gives what he lacks himself. Twice is as once."""
    _may_hand_out(actor, key, assistant)
    await _lock_person(session, user)
    if assistant is not None:
        known = select(assistants.c.id).where(assistants.c.id == assistant).with_for_update(read=True)
        if (await session.execute(known)).first() is None:
            raise PeopleError("no-such-assistant", "There is no such assistant.")
    held = select(grants.c.id).where(
        grants.c.user == user, grants.c.role == key, grants.c.assistant.is_not_distinct_from(assistant)
    )
    if (await session.execute(held)).first() is None:
        values = {"id": uuid7(), "user": user, "role": key, "assistant": assistant, "granted_by": actor.user_id}
        await session.execute(insert(grants).values(values))
        await record(session, origin, "grant", assistant=assistant, target=user, details={"role": key})
        tell(session, user)


async def revoke(
    session: AsyncSession,
    actor: Principal,
    origin: Origin,
    *,
    user: UUID,
    key: str,
    assistant: UUID | None = None,
) -> None:
    """Take a role back; the last administrator keeps his."""
    _may_hand_out(actor, key, assistant)
    if assistant is None and key == SUPERUSER:
        await _keep_one_administrator(session, without=user)
    gone = await session.execute(
        grants.delete()
        .where(grants.c.user == user, grants.c.role == key, grants.c.assistant.is_not_distinct_from(assistant))
        .returning(grants.c.id)
    )
    if gone.first() is not None:
        await record(session, origin, "revoke", assistant=assistant, target=user, details={"role": key})
        tell(session, user)


async def set_disabled(session: AsyncSession, actor: Principal, origin: Origin, user: UUID, *, disabled: bool) -> None:
    """Let a person in no more, at once and everywhere, or again. The last administrator can't be disabled."""
    await may_change(session, actor, user)
    if disabled:
        await _keep_one_administrator(session, without=user)
        await end_everything(session, user)
    values = {"disabled_at": func.now() if disabled else None}
    await session.execute(update(users).where(users.c.id == user).values(values))
    await record(session, origin, "disable" if disabled else "enable", target=user)
    tell(session, user)


def tell(session: AsyncSession, user: UUID) -> None:
    """Have the person's open pages look again at what they may see."""
    announce(session, STUDIO, "grant", {"user": str(user)})


async def may_change(session: AsyncSession, actor: Principal, user: UUID) -> None:
    """Lock a person for a change; raises PeopleError where there is none, or he may do more than the actor."""
    await _lock_person(session, user)
    held = await _roles_everywhere(session, user)
    if not permissions_of(held) <= actor.permissions:
        raise PeopleError("beyond-own-rights", "This person may do more than you: ask an administrator.")


async def subjects(session: AsyncSession, user: UUID, provider: UUID) -> list[str]:
    """What a provider calls a person."""
    query = select(identities.c.subject).where(identities.c.user == user, identities.c.provider == provider)
    return list((await session.execute(query)).scalars())


async def end_everything(session: AsyncSession, user: UUID) -> None:
    """End every sign-in of a person and every token made until now, as after a new password."""
    await sign_ins.end_all(session, user)
    await session.execute(update(users).where(users.c.id == user).values(tokens_not_before=func.now()))


async def link(
    session: AsyncSession, origin: Origin, *, user: UUID, provider: UUID, subject: str, username: str
) -> None:
    """Give a person a further way to sign in: grants and history stay. Raises PeopleError where it is another's."""
    await _lock_person(session, user)
    owner = await register(session, provider, subject, username=username, display=username, user=user)
    if owner != user:
        raise PeopleError("already-linked", "That account signs in somebody else already.")
    await record(session, origin, "link", target=user)


def _may_hand_out(actor: Principal, key: str, assistant: UUID | None) -> None:
    wanted = role(key)
    if wanted is None:
        raise PeopleError("no-such-role", f"There is no role called {key}.")
    own = actor.permissions if assistant is None else actor.permissions_in(assistant)
    if not wanted.permissions <= own:
        raise PeopleError("beyond-own-rights", f"The role {wanted.title} allows more than you may do yourself.")


def _administrators(ids: Iterable[UUID] = ()) -> Any:
    query = (
        select(users.c.id)
        .join(grants, grants.c.user == users.c.id)
        .where(grants.c.role == SUPERUSER, grants.c.assistant.is_(None), users.c.disabled_at.is_(None))
    )
    left_out = list(ids)
    return query.where(users.c.id.not_in(left_out)) if left_out else query


async def _lock_administrators(session: AsyncSession) -> None:
    """One transaction at a time decides who is an administrator."""
    await session.execute(select(func.pg_advisory_xact_lock(0x7A1C_0AD1)))


async def _keep_one_administrator(session: AsyncSession, *, without: UUID) -> None:
    await _lock_administrators(session)
    is_one = (await session.execute(select(_administrators().where(users.c.id == without).exists()))).scalar_one()
    others = (await session.execute(select(_administrators([without]).exists()))).scalar_one()
    if is_one and not others:
        raise PeopleError("last-administrator", "This is the last administrator: make another one first.")


async def _exists(session: AsyncSession, user: UUID) -> bool:
    query = select(users.c.id).where(users.c.id == user, users.c.kind != "system")
    return (await session.execute(query)).first() is not None


async def _lock_person(session: AsyncSession, user: UUID) -> None:
    query = select(users.c.id).where(users.c.id == user, users.c.kind != "system").with_for_update()
    if (await session.execute(query)).first() is None:
        raise PeopleError("no-such-person", "There is no such person.")


async def _roles_everywhere(session: AsyncSession, user: UUID) -> set[str]:
    query = select(grants.c.role).where(grants.c.user == user, grants.c.assistant.is_(None))
    return set((await session.execute(query)).scalars())
