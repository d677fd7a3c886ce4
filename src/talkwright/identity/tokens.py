"""Access tokens: checked against the provider's published keys, which are cached and re-read when they rotate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from talkwright.identity.roles import roles_from_claim

log = structlog.get_logger(__name__)

ALGORITHMS = ["RS256", "PS256", "ES256"]
"""Signatures that are accepted. Never `none`, never HMAC: a public key must not pass for a shared secret."""
LEEWAY_SECONDS = 30
KEYS_FRESH_SECONDS = 600.0
KEYS_PAUSE_SECONDS = 10.0
MAX_TOKEN_LENGTH = 16_384
_NO_ACCESS = frozenset({"id", "refresh", "offline", "logout"})

_BROKEN = (JoseError, ValueError, KeyError, TypeError, RecursionError)

FetchKeys = Callable[[], Awaitable[Mapping[str, Any]]]


class TokenError(Exception):
    """The token is not accepted; the message is for the log and the developer, it holds nothing of the token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What we read from a token of the provider."""

    subject: str
    issued_at: datetime
    expires_at: datetime
    session: str | None
    username: str
    display: str
    email: str | None
    roles: frozenset[str]


class KeyCache:
    """The provider's public keys: kept ten minutes, re-read at an unknown key id, but at most once in ten seconds."""

    def __init__(self, fetch: FetchKeys, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: KeySet | None = None
        self._read_at = float("-inf")
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def keys_for(self, key_id: str | None) -> KeySet:
        """The keys among which `key_id` should be; raises TokenError where none could be read at all."""
        async with self._lock:
            if self._keys is None or self._clock() - self._read_at > KEYS_FRESH_SECONDS:
                await self._read()
            elif not _has(self._keys, key_id) and self._clock() - self._asked_at >= KEYS_PAUSE_SECONDS:
                self._asked_at = self._clock()
                await self._read()
            if self._keys is None:
                raise TokenError("the provider's keys can't be read now")
            return self._keys

    async def _read(self) -> None:
        """Read the keys; while the provider is down those that are known serve on."""
        try:
            document = await self._fetch()
            self._keys = KeySet.import_key_set({"keys": [key for key in document["keys"] if _is_public(key)]})
            self._read_at = self._clock()
        except (OSError, KeyError, TypeError, ValueError, JoseError, TokenError) as error:
            log.warning("provider_keys_unread", error=type(error).__name__)
            if self._keys is not None:
                self._read_at = self._clock() - KEYS_FRESH_SECONDS + KEYS_PAUSE_SECONDS


def _has(keys: KeySet, key_id: str | None) -> bool:
    return key_id is None or any(key.kid == key_id for key in keys)


def _is_public(key: Mapping[str, Any]) -> bool:
    return key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"


class TokenVerifier:
    """Checks tokens of one issuer, made for one audience."""

    def __init__(self, issuer: str, audience: str, roles_claim: str, keys: KeyCache) -> None:
        self.issuer = issuer
        self.audience = audience
        self._roles_claim = roles_claim
        self._keys = keys

    async def access(self, token: str) -> Claims:
        """The claims of an access token (wire-protocols 1.3, ASVS 9.1); raises TokenError for any doubt."""
        raw = await self._verified(token, audience=self.audience)
        if str(raw.get("typ", "")).casefold() in _NO_ACCESS:
            raise TokenError("it is no access token")
        return self.claims(raw)

    async def given(self, token: str) -> Claims:
        """The claims of an access token that the token endpoint gave us itself: made for whomever it says."""
        return self.claims(await self._verified(token, audience=None))

    async def identity(self, token: str, client: str, nonce: str | None) -> Claims:
        """The claims of an id token that answers our own request; raises TokenError."""
        raw = await self._verified(token, audience=client)
        if nonce is not None and raw.get("nonce") != nonce:
            raise TokenError("its nonce is not the one we sent")
        return self.claims(raw)

    async def _verified(self, token: str, audience: str | None) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_LENGTH:
            raise TokenError("it is too long")
        keys = await self._keys.keys_for(_key_id(token))
        try:
            raw = dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)
        except _BROKEN as error:
            raise TokenError(f"it can't be verified ({type(error).__name__})") from None
        self._check(raw, audience)
        return raw

    def _check(self, raw: Mapping[str, Any], audience: str | None) -> None:
        now = time.time()
        if raw.get("iss") != self.issuer:
            raise TokenError("it is of another issuer")
        made_for = raw.get("aud")
        if audience is not None and audience not in (made_for if isinstance(made_for, list) else [made_for]):
            raise TokenError("it is made for somebody else")
        if not isinstance(raw.get("sub"), str) or not raw["sub"]:
            raise TokenError("it names nobody")
        if _number(raw, "exp") <= now - LEEWAY_SECONDS:
            raise TokenError("it has expired")
        if _number(raw, "iat") > now + LEEWAY_SECONDS:
            raise TokenError("it is from the future")
        if "nbf" in raw and _number(raw, "nbf") > now + LEEWAY_SECONDS:
            raise TokenError("it is not valid yet")

    def claims(self, raw: Mapping[str, Any]) -> Claims:
        """Read the claims that we use."""
        username = str(raw.get("preferred_username") or raw.get("email") or raw["sub"])
        session = raw.get("sid")
        return Claims(
            subject=raw["sub"],
            issued_at=datetime.fromtimestamp(_number(raw, "iat"), UTC),
            expires_at=datetime.fromtimestamp(_number(raw, "exp"), UTC),
            session=session if isinstance(session, str) else None,
            username=username,
            display=str(raw.get("name") or username),
            email=raw["email"] if isinstance(raw.get("email"), str) else None,
            roles=roles_from_claim(_at_path(raw, self._roles_claim)),
        )


def _key_id(token: str) -> str | None:
    """The key that the header names; refuses other algorithms before any key is read for them."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except _BROKEN as error:
        raise TokenError(f"it is malformed ({type(error).__name__})") from None
    if header.get("alg") not in ALGORITHMS:
        raise TokenError("its algorithm is not accepted")
    key_id = header.get("kid")
    return key_id if isinstance(key_id, str) else None


def _number(raw: Mapping[str, Any], name: str) -> float:
    value = raw.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise TokenError(f"its {name} is no time")
    return value


def _at_path(raw: Mapping[str, Any], path: str) -> Iterable[object]:
    value: Any = raw
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, list) else []
