"""Accounts of the built-in provider, and the one-time links that make the first one and set passwords."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.ids import uuid7
from talkwright.identity.provider.passwords import hash_password, needs_new_hash, verify_password
from talkwright.identity.provider.tables import accounts, links, sessions
from talkwright.identity.secrets import hashed

Purpose = Literal["first-administrator", "password", "ticket"]
MAX_NAME = 120


class AccountError(Exception):
    """An account can't be made or changed so; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in; `id` is the subject of their tokens."""

    id: UUID
    username: str
    display: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link that still works."""

    purpose: Purpose
    account: UUID | None
    expires_at: datetime


def folded(name: str) -> str:
    """How names and addresses are compared and stored: without case and outer blanks."""
    return name.strip().casefold()


async def create(
    session: AsyncSession, username: str, *, display: str | None = None, email: str | None = None, password: str | None
) -> Account:
    """Make an account; without a password it waits for its one-time link. Raises AccountError."""
    display = (display or username).strip()
    if not username.strip() or len(username) > MAX_NAME or len(display) > MAX_NAME or not username.isprintable():
        raise AccountError(f"The name needs 1 to {MAX_NAME} printable characters.")
    account = Account(uuid7(), folded(username), display, folded(email) if email else None)
    values = {
        "id": account.id,
        "username": account.username,
        "display": account.display,
        "email": account.email,
        "password": None if password is None else await hash_password(password),
        "password_set_at": None if password is None else func.now(),
    }
    try:
        async with session.begin_nested():
            await session.execute(insert(accounts).values(values))
    except IntegrityError as error:
        raise AccountError(f"There is already an account called {username.strip()}, or with that address.") from error
    return account


async def by_login(session: AsyncSession, login: str) -> Any:
    """The row of an enabled account by its name or address, or None."""
    name = folded(login)
    query = select(accounts).where(
        or_(accounts.c.username == name, accounts.c.email == name), accounts.c.disabled_at.is_(None)
    )
    return (await session.execute(query)).first()


async def by_id(session: AsyncSession, account: UUID) -> Account | None:
    """An enabled account."""
    query = select(accounts).where(accounts.c.id == account, accounts.c.disabled_at.is_(None))
    row = (await session.execute(query)).one_or_none()
    return None if row is None else account_of(row)


def account_of(row: Any) -> Account:
    """Read a row of accounts."""
    return Account(row.id, row.username, row.display, row.email)


async def is_password_right(row: Any, password: str) -> bool:
    """Whether this is the account's password; as slow for a row that is None. Needs no transaction."""
    return await verify_password(None if row is None else row.password, password)


async def renew_hash(session: AsyncSession, row: Any, password: str) -> None:
    """Hash the right password again where the stored hash is weaker than today's."""
    if needs_new_hash(row.password):
        values = {"password": await hash_password(password)}
        await session.execute(update(accounts).where(accounts.c.id == row.id).values(values))


async def set_password(session: AsyncSession, account: UUID, password: str) -> None:
    """Set a password; every session of the account ends, and every link that could set another one."""
    values = {"password": await hash_password(password), "password_set_at": func.now()}
    await session.execute(update(accounts).where(accounts.c.id == account).values(values))
    await _end_everything(session, account)


async def disable(session: AsyncSession, account: UUID, *, disabled: bool) -> None:
    """Let an account sign in no more, or again; links made before count no more either."""
    values = {"disabled_at": func.now() if disabled else None}
    await session.execute(update(accounts).where(accounts.c.id == account).values(values))
    if disabled:
        await _end_everything(session, account)


async def _end_everything(session: AsyncSession, account: UUID) -> None:
    await end_sessions(session, account)
    await session.execute(links.delete().where(links.c.account == account))


async def end_sessions(session: AsyncSession, account: UUID) -> None:
    """End all sessions of an account: their refresh tokens are worth nothing any more."""
    await session.execute(
        update(sessions).where(sessions.c.account == account, sessions.c.ended_at.is_(None)).values(ended_at=func.now())
    )


async def make_link(session: AsyncSession, purpose: Purpose, lifetime: timedelta, account: UUID | None = None) -> str:
    """Make the secret of a one-time link; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    await session.execute(links.delete().where(links.c.expires_at < func.now()))
    await session.execute(
        insert(links).values(
            token_hash=hashed(token), purpose=purpose, account=account, expires_at=func.now() + lifetime
        )
    )
    return token


async def find_link(session: AsyncSession, token: str, *purposes: Purpose) -> Link | None:
    """The link of this token if it still works; looking consumes nothing."""
    query = select(links).where(
        links.c.token_hash == hashed(token),
        links.c.purpose.in_(purposes),
        links.c.used_at.is_(None),
        links.c.expires_at > func.now(),
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Link(row.purpose, row.account, row.expires_at)


async def use_link(session: AsyncSession, token: str, *purposes: Purpose) -> Link | None:
    """Consume the link of this token; of two at the same moment one gets it."""
    statement = update(links).where(
        links.c.token_hash == hashed(token),
        links.c.purpose.in_(purposes),
        links.c.used_at.is_(None),
        links.c.expires_at > func.now(),
    )
    row = (await session.execute(statement.values(used_at=func.now()).returning(links))).one_or_none()
    return None if row is None else Link(row.purpose, row.account, row.expires_at)
