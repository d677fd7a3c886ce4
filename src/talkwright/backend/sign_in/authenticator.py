"""Who is behind a request: a browser's cookie or a program's bearer token, each one statement away."""

from __future__ import annotations

from dataclasses import replace

import structlog
from starlette.requests import HTTPConnection

from talkwright.backend.audit import origin_of
from talkwright.backend.errors import ProblemError
from talkwright.backend.sign_in.cookies import secret_of
from talkwright.database.engine import Database
from talkwright.identity import sign_ins
from talkwright.identity.audit import record
from talkwright.identity.client import GrantRefusedError, ProviderDownError
from talkwright.identity.connection import Connection
from talkwright.identity.directory import Person, admit, person_by_subject
from talkwright.identity.principal import Principal, Via
from talkwright.identity.secrets import SecretsError
from talkwright.identity.sign_ins import SignIn
from talkwright.identity.tokens import TokenError

log = structlog.get_logger(__name__)


class OpenIdAuthenticator:
    """Finds people by what one provider says of them."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection

    async def authenticate(self, request: HTTPConnection) -> Principal | None:
        """The person, or None for a stranger; a bearer token that is not good is refused, never ignored."""
        header = request.headers.get("Authorization")
        if header is not None:
            kind, _, token = header.partition(" ")
            if kind.lower() != "bearer" or not token:
                raise _bad_token("Only bearer tokens are taken.")
            return await self._by_token(token.strip(), request)
        secret = secret_of(request)
        return None if secret is None else await self._by_cookie(secret, request)

    async def _by_token(self, token: str, request: HTTPConnection) -> Principal:
        try:
            claims = await self._connection.verifier.access(token)
        except TokenError as error:
            log.info("token_refused", reason=str(error))
            raise _bad_token(f"The access token is not accepted: {error}.") from error
        async with self._database.transaction() as session:
            provider = await self._connection.provider(session)
            person = await person_by_subject(session, provider, claims.subject)
            if person is None:
                admitted = await admit(session, provider, claims)
                person = admitted.person
                if admitted.is_new:
                    origin = replace(origin_of(request), via="bearer", actor=person.id)
                    await record(session, origin, "admit", target=person.id)
        if not person.accepts(claims.issued_at):
            raise _bad_token("The access token was revoked.")
        return _principal(person, claims.roles, "bearer")

    async def _by_cookie(self, secret: str, request: HTTPConnection) -> Principal | None:
        async with self._database.transaction() as session:
            found = await sign_ins.find(session, secret)
        if found is not None and found.is_stale:
            found = await self._refreshed(found, secret, request)
        if found is None:
            return None
        return _principal(found.person, found.roles, "browser", found)

    async def _refreshed(self, found: SignIn, secret: str, request: HTTPConnection) -> SignIn | None:
        """Ask the provider anew. Of many requests at once one asks; the others go on with what is known."""
        async with self._database.transaction() as session:
            sealed = await sign_ins.claim_refresh(session, found.id)
        if sealed is None:
            return _within_grace(found)
        try:
            tokens = sign_ins.opened(self._connection.keyring, sealed)
            fresh = await self._connection.client.refresh(tokens.refresh)
            claims = await self._connection.claims_of(fresh)
        except ProviderDownError as error:
            log.warning("provider_down", reason=str(error))
            return _within_grace(found)
        except (GrantRefusedError, TokenError, SecretsError) as error:
            log.info("sign_in_ended", sign_in=str(found.id), reason=type(error).__name__)
            origin = replace(origin_of(request), actor=found.person.id, sign_in=found.id)
            async with self._database.transaction() as session:
                await sign_ins.end(session, found.id)
                reason = {"reason": type(error).__name__}
                await record(session, origin, "sign-in-ended", outcome="refused", target=found.id, details=reason)
            return None
        if fresh.refresh is None:
            fresh = type(fresh)(fresh.access, tokens.refresh, fresh.identity or tokens.identity, fresh.expires_in)
        async with self._database.transaction() as session:
            await sign_ins.keep_refreshed(session, self._connection.keyring, found.id, fresh, claims)
            return await sign_ins.find(session, secret)


def _within_grace(found: SignIn) -> SignIn:
    """A sign-in that could not be refreshed goes on for a while; then it waits for the provider."""
    if found.is_beyond_grace:
        raise provider_down()
    return found


def provider_down() -> ProblemError:
    """The answer while the provider doesn't answer us."""
    return ProblemError(
        503,
        "identity-provider-unavailable",
        "The sign-in service doesn't answer",
        "Nothing is lost. Try again in a minute; if it stays so, tell an administrator.",
        headers={"Retry-After": "20"},
    )


def _bad_token(detail: str) -> ProblemError:
    return ProblemError(
        401,
        "invalid-token",
        "The access token is not good",
        detail,
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def _principal(person: Person, roles: frozenset[str], via: Via, found: SignIn | None = None) -> Principal:
    return Principal(
        user_id=person.id,
        display=person.display,
        roles=person.roles | roles,
        grants=person.grants,
        via=via,
        sign_in=found.id if found else None,
        csrf=found.csrf if found else None,
    )
