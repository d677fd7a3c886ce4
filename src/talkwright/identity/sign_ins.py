"""Sign-ins: a browser's cookie, hashed, and the provider's tokens behind it, encrypted."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.ids import uuid7
from talkwright.database.tables import sign_in_attempts, sign_ins, users
from talkwright.identity.client import Proof, Tokens
from talkwright.identity.directory import PERSON, Person, person_of
from talkwright.identity.secrets import Keyring, hashed
from talkwright.identity.tokens import Claims

ATTEMPT_MINUTES = 15
KEPT = timedelta(days=30)
"""How long a sign-in that is over stays, for whoever reads the audit."""
REFRESH_CLAIM_SECONDS = 20
"""How long the request that refreshes has, before another one may try."""
PROVIDER_GRACE = timedelta(hours=1)
"""How long a sign-in goes on after its token's end while the provider doesn't answer."""
_IS_STALE = sign_ins.c.access_expires_at <= func.now()
TOKENS_PURPOSE = "sign-in-tokens"
ATTEMPT_PURPOSE = "sign-in-attempt"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A live sign-in with its person; `roles` are those of the newest token, which is stale after its end."""

    id: UUID
    person: Person
    csrf: str
    roles: frozenset[str]
    issued_at: datetime
    expires_at: datetime
    is_stale: bool
    is_beyond_grace: bool
    tokens: bytes | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that was begun: what we proved to the provider with, and where the browser wanted to go."""

    proof: Proof
    next: str


async def begin_attempt(session: AsyncSession, keyring: Keyring, attempt: Attempt, browser_secret: str) -> None:
    """Keep an attempt until its answer comes, for the browser that began it."""
    payload = json.dumps({"proof": asdict(attempt.proof), "next": attempt.next}).encode()
    await session.execute(delete(sign_in_attempts).where(sign_in_attempts.c.expires_at < func.now()))
    await session.execute(
        insert(sign_in_attempts).values(
            state_hash=hashed(attempt.proof.state),
            secret_hash=hashed(browser_secret),
            payload=keyring.encrypt(payload, ATTEMPT_PURPOSE),
            expires_at=func.now() + timedelta(minutes=ATTEMPT_MINUTES),
        )
    )


async def take_attempt(session: AsyncSession, keyring: Keyring, state: str, browser_secret: str) -> Attempt | None:
    """The attempt of this state, once, and only for the browser that began it."""
    statement = delete(sign_in_attempts).where(
        sign_in_attempts.c.state_hash == hashed(state),
        sign_in_attempts.c.secret_hash == hashed(browser_secret),
        sign_in_attempts.c.expires_at > func.now(),
    )
    payload = (await session.execute(statement.returning(sign_in_attempts.c.payload))).scalar_one_or_none()
    if payload is None:
        return None
    values = json.loads(keyring.decrypt(payload, ATTEMPT_PURPOSE))
    return Attempt(Proof(**values["proof"]), values["next"])


async def open_sign_in(
    session: AsyncSession,
    keyring: Keyring,
    *,
    person: UUID,
    provider: UUID,
    secret: str,
    csrf: str,
    tokens: Tokens,
    claims: Claims,
    hours: int,
) -> UUID:
    """Keep a sign-in that the provider confirmed; `secret` is the cookie's value, of which only the hash is kept."""
    sign_in = uuid7()
    await session.execute(delete(sign_ins).where(sign_ins.c.expires_at < func.now() - KEPT))
    await session.execute(
        insert(sign_ins).values(
            id=sign_in,
            user=person,
            provider=provider,
            secret_hash=hashed(secret),
            csrf=csrf,
            provider_session=claims.session,
            tokens=_sealed(keyring, tokens),
            access_expires_at=claims.expires_at,
            roles=json.dumps(sorted(claims.roles)),
            issued_at=claims.issued_at,
            expires_at=func.now() + timedelta(hours=hours),
        )
    )
    return sign_in


async def find(session: AsyncSession, secret: str) -> SignIn | None:
    """The live sign-in of a cookie, with its person, in one statement."""
    query = (
        select(
            *PERSON,
            sign_ins.c.id.label("sign_in"),
            sign_ins.c.csrf,
            sign_ins.c.roles,
            sign_ins.c.issued_at,
            sign_ins.c.expires_at,
            sign_ins.c.tokens,
            _IS_STALE.label("is_stale"),
            (sign_ins.c.access_expires_at <= func.now() - PROVIDER_GRACE).label("is_beyond_grace"),
        )
        .join(sign_ins, sign_ins.c.user == users.c.id)
        .where(
            sign_ins.c.secret_hash == hashed(secret),
            sign_ins.c.ended_at.is_(None),
            sign_ins.c.expires_at > func.now(),
        )
    )
    row: Any = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    person = person_of(row)
    if not person.accepts(row.issued_at):
        return None
    return SignIn(
        id=row.sign_in,
        person=person,
        csrf=row.csrf,
        roles=frozenset(json.loads(row.roles)),
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        is_stale=bool(row.is_stale),
        is_beyond_grace=bool(row.is_beyond_grace),
        tokens=row.tokens,
    )


async def claim_refresh(session: AsyncSession, sign_in: UUID) -> bytes | None:
    """Take the right to refresh: of all requests that find the token expired, one gets the sealed tokens, others None.

    The claim ends by itself after a few seconds, so no transaction stays open while the provider is asked, and a
    process that dies in between holds nobody up.
    """
    is_free = or_(sign_ins.c.refresh_claimed_until.is_(None), sign_ins.c.refresh_claimed_until <= func.now())
    statement = (
        update(sign_ins)
        .where(sign_ins.c.id == sign_in, _IS_STALE, is_free, sign_ins.c.ended_at.is_(None))
        .values(refresh_claimed_until=func.now() + timedelta(seconds=REFRESH_CLAIM_SECONDS))
    )
    tokens: bytes | None = (await session.execute(statement.returning(sign_ins.c.tokens))).scalar_one_or_none()
    return tokens


async def keep_refreshed(
    session: AsyncSession, keyring: Keyring, sign_in: UUID, tokens: Tokens, claims: Claims
) -> None:
    """Keep what the provider gave at a refresh."""
    await session.execute(
        update(sign_ins)
        .where(sign_ins.c.id == sign_in, sign_ins.c.ended_at.is_(None))
        .values(
            tokens=_sealed(keyring, tokens),
            access_expires_at=claims.expires_at,
            roles=json.dumps(sorted(claims.roles)),
            issued_at=claims.issued_at,
            refresh_claimed_until=None,
        )
    )


async def end(session: AsyncSession, sign_in: UUID) -> None:
    """End one sign-in and forget its tokens."""
    await session.execute(
        update(sign_ins)
        .where(sign_ins.c.id == sign_in, sign_ins.c.ended_at.is_(None))
        .values(ended_at=func.now(), tokens=None)
    )


async def end_all(session: AsyncSession, person: UUID) -> None:
    """End every sign-in of a person."""
    await session.execute(
        update(sign_ins)
        .where(sign_ins.c.user == person, sign_ins.c.ended_at.is_(None))
        .values(ended_at=func.now(), tokens=None)
    )


def opened(keyring: Keyring, sealed: bytes) -> Tokens:
    """The tokens of a sign-in; raises SecretsError where their key is gone."""
    return Tokens(**json.loads(keyring.decrypt(sealed, TOKENS_PURPOSE)))


def _sealed(keyring: Keyring, tokens: Tokens) -> bytes:
    return keyring.encrypt(json.dumps(asdict(tokens)).encode(), TOKENS_PURPOSE)
