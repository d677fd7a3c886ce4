"""Codes, sessions and tokens: what the provider hands out, and takes back when somebody shows a thing twice."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from joserfc.errors import JoseError
from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.identity.provider.accounts import Account, account_of
from talkwright.identity.provider.clients import Client
from talkwright.identity.provider.keys import Signer
from talkwright.identity.provider.tables import accounts, codes, refresh_tokens, sessions
from talkwright.identity.secrets import hashed

CODE_LIFETIME = timedelta(seconds=60)


class GrantError(Exception):
    """A code or refresh token is not good; `description` is for the client's developer."""

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A session that tokens are made for, and the id of its new refresh token."""

    session: UUID
    refresh_id: str
    account: Account
    scope: str
    nonce: str | None
    authenticated_at: int
    seconds_left: int


class Issuer:
    """Makes codes and tokens under one issuer's name."""

    def __init__(self, database: Database, signer: Signer, issuer: str, audience: str) -> None:
        self.name = issuer
        self._database = database
        self._signer = signer
        self._audience = audience

    async def code(self, session: AsyncSession, account: Account, client: Client, asked: Mapping[str, str]) -> str:
        """A code that one client can trade once, within a minute, with the verifier of `code_challenge`."""
        code = secrets.token_urlsafe(32)
        await session.execute(codes.delete().where(codes.c.expires_at < func.now() - timedelta(hours=1)))
        await session.execute(
            insert(codes).values(
                code_hash=hashed(code),
                account=account.id,
                client=client.id,
                redirect_uri=asked["redirect_uri"],
                challenge=asked["code_challenge"],
                scope=asked.get("scope", "openid"),
                nonce=asked.get("nonce"),
                expires_at=func.now() + CODE_LIFETIME,
            )
        )
        return code

    async def trade_code(self, client: Client, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        """Tokens for a code; one that is shown twice ends what the first got (RFC 6749 4.1.2). Raises GrantError."""
        async with self._database.transaction() as session:
            row = (
                await session.execute(select(codes).where(codes.c.code_hash == hashed(code)).with_for_update())
            ).one_or_none()
            if row is not None and row.used_at is not None:
                await _end(session, row.session)
                grant = None
            else:
                grant = await self._grant_of_code(session, row, client, redirect_uri, verifier)
        if grant is None:
            raise GrantError("The code is wrong, was used before, or has expired.")
        return await self.answer(client, grant)

    async def _grant_of_code(
        self, session: AsyncSession, row: Any, client: Client, redirect_uri: str, verifier: str
    ) -> Grant | None:
        if row is None or row.client != client.id or row.redirect_uri != redirect_uri:
            return None
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        is_right = hmac.compare_digest(challenge.encode(), row.challenge.encode())
        query = select(accounts, (codes.c.expires_at > func.now()).label("in_time")).join(
            codes, codes.c.account == accounts.c.id
        )
        owner = (
            await session.execute(query.where(codes.c.code_hash == row.code_hash, accounts.c.disabled_at.is_(None)))
        ).one_or_none()
        new = uuid7()
        values = {"used_at": func.now(), "session": new}
        await session.execute(update(codes).where(codes.c.code_hash == row.code_hash).values(values))
        if not is_right or owner is None or not owner.in_time:
            return None
        return await self.open_session(session, account_of(owner), client, row.scope, row.nonce, session_id=new)

    async def open_session(
        self,
        session: AsyncSession,
        account: Account,
        client: Client,
        scope: str,
        nonce: str | None = None,
        *,
        session_id: UUID | None = None,
    ) -> Grant:
        """Begin a session of an account that has just proved who it is."""
        new = session_id or uuid7()
        await session.execute(sessions.delete().where(sessions.c.expires_at < func.now() - timedelta(days=1)))
        await session.execute(
            insert(sessions).values(
                id=new,
                account=account.id,
                client=client.id,
                authenticated_at=func.now(),
                expires_at=func.now() + timedelta(seconds=client.session_seconds),
            )
        )
        return Grant(
            session=new,
            refresh_id=await _new_refresh_id(session, new, client, client.session_seconds),
            account=account,
            scope=scope,
            nonce=nonce,
            authenticated_at=int(time.time()),
            seconds_left=client.session_seconds,
        )

    async def refresh(self, client: Client, token: str) -> dict[str, Any]:
        """New tokens for a refresh token; one that was rotated away ends its session. Raises GrantError.

        A token may be shown again as long as what came of it was not used: then the answer was lost on its way, and
        who asked must not lose the session by it. What was lost is withdrawn; whoever shows that ends the session.
        """
        claims = await self._own(token, "Refresh", client)
        async with self._database.transaction() as session:
            grant = await self._rotate(session, claims, client)
        if grant is None:
            raise GrantError("The refresh token was used before, has expired, or was revoked.")
        return await self.answer(client, grant)

    async def _rotate(self, session: AsyncSession, claims: Mapping[str, Any], client: Client) -> Grant | None:
        own = refresh_tokens.c.id_hash == hashed(str(claims["jti"]))
        later = refresh_tokens.alias()
        query = (
            select(
                (refresh_tokens.c.expires_at <= func.now()).label("is_withdrawn"),
                exists()
                .where(later.c.session == refresh_tokens.c.session, later.c.used_at > refresh_tokens.c.used_at)
                .label("is_behind"),
                sessions.c.id.label("session"),
                func.extract("epoch", sessions.c.authenticated_at).label("authenticated_at"),
                func.extract("epoch", sessions.c.expires_at - func.now()).label("seconds_left"),
                accounts,
            )
            .join(sessions, sessions.c.id == refresh_tokens.c.session)
            .join(accounts, accounts.c.id == sessions.c.account)
            .where(
                own,
                sessions.c.ended_at.is_(None),
                sessions.c.expires_at > func.now(),
                sessions.c.client == client.id,
                accounts.c.disabled_at.is_(None),
            )
            .with_for_update(of=sessions)
        )
        row = (await session.execute(query)).one_or_none()
        if row is None:
            return None
        if row.is_withdrawn or (row.is_behind and client.rotates):
            await _end(session, row.session)
            return None
        if client.rotates:
            unused = (refresh_tokens.c.session == row.session, refresh_tokens.c.used_at.is_(None), ~own)
            await session.execute(update(refresh_tokens).where(*unused).values(expires_at=func.now()))
        await session.execute(update(refresh_tokens).where(own).values(used_at=func.now()))
        return Grant(
            session=row.session,
            refresh_id=await _new_refresh_id(session, row.session, client, int(row.seconds_left)),
            account=account_of(row),
            scope=str(claims.get("scope", "openid")),
            nonce=None,
            authenticated_at=int(row.authenticated_at),
            seconds_left=int(row.seconds_left),
        )

    async def account_of_access(self, token: str) -> tuple[dict[str, Any], Account | None]:
        """The claims of an access token of ours and the account, if its session still lives; raises GrantError."""
        claims = await self._own(token, "Bearer", None)
        async with self._database.transaction() as session:
            query = (
                select(accounts)
                .join(sessions, sessions.c.account == accounts.c.id)
                .where(
                    sessions.c.id == UUID(str(claims["sid"])),
                    sessions.c.ended_at.is_(None),
                    accounts.c.disabled_at.is_(None),
                )
            )
            row = (await session.execute(query)).one_or_none()
        return claims, None if row is None else account_of(row)

    async def end_session(self, token: str) -> dict[str, Any] | None:
        """End the session of an id or refresh token of ours, also of one that has expired; None for a foreign one."""
        try:
            claims = await self._signer.verify(token)
            session_id = UUID(str(claims["sid"]))
        except (JoseError, ValueError, KeyError):
            return None
        async with self._database.transaction() as session:
            await _end(session, session_id)
        return claims

    async def _own(self, token: str, kind: str, client: Client | None) -> dict[str, Any]:
        try:
            claims = await self._signer.verify(token)
        except (JoseError, ValueError) as error:
            raise GrantError("The token is not one of ours.") from error
        if claims.get("typ") != kind or float(claims.get("exp", 0)) <= time.time():
            raise GrantError("The token has expired, or is of another kind.")
        if client is not None and claims.get("azp") != client.id:
            raise GrantError("The token was made for another client.")
        return claims

    async def answer(self, client: Client, grant: Grant) -> dict[str, Any]:
        """The token endpoint's answer for a session (wire-protocols 1.3)."""
        now = int(time.time())
        lives = _refresh_seconds(client, grant.seconds_left)
        access_lives = max(1, min(client.access_seconds, grant.seconds_left))
        common = {
            "iss": self.name,
            "sub": str(grant.account.id),
            "azp": client.id,
            "sid": str(grant.session),
            "iat": now,
            "auth_time": grant.authenticated_at,
        }
        person = {"preferred_username": grant.account.username, "name": grant.account.display}
        if grant.account.email:
            person["email"] = grant.account.email
        sign = self._signer.sign
        access = await sign(
            common
            | person
            | {"typ": "Bearer", "aud": self._audience, "exp": now + access_lives, "jti": secrets.token_urlsafe(16)}
            | {"scope": grant.scope}
        )
        refresh = await sign(
            common
            | {"typ": "Refresh", "aud": self.name, "exp": now + lives, "jti": grant.refresh_id, "scope": grant.scope}
        )
        answer = {
            "access_token": access,
            "expires_in": access_lives,
            "refresh_expires_in": lives,
            "refresh_token": refresh,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "session_state": str(grant.session),
            "scope": grant.scope,
        }
        if "openid" in grant.scope.split():
            identity = common | person | {"typ": "ID", "aud": client.id, "exp": now + access_lives}
            answer["id_token"] = await sign(identity | ({"nonce": grant.nonce} if grant.nonce else {}))
        return answer


def _refresh_seconds(client: Client, seconds_left: int) -> int:
    return max(1, min(client.refresh_seconds, seconds_left))


async def _new_refresh_id(session: AsyncSession, session_id: UUID, client: Client, seconds_left: int) -> str:
    refresh_id = secrets.token_urlsafe(24)
    lives = timedelta(seconds=_refresh_seconds(client, seconds_left))
    values = {"id_hash": hashed(refresh_id), "session": session_id, "expires_at": func.now() + lives}
    await session.execute(insert(refresh_tokens).values(**values))
    return refresh_id


async def _end(session: AsyncSession, session_id: UUID | None) -> None:
    await session.execute(
        update(sessions).where(sessions.c.id == session_id, sessions.c.ended_at.is_(None)).values(ended_at=func.now())
    )
