"""The studio as a client of an OpenID provider, whichever it is: discovery, sign-in, refresh, sign-out, keys."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2

from talkwright.identity.tokens import TokenError

METADATA_FRESH_SECONDS = 600.0
TIMEOUT_SECONDS = 10.0
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderDownError(Exception):
    """The provider doesn't answer, or answers nonsense; nothing is known about the person."""


class GrantRefusedError(Exception):
    """The provider answered, and said no: the code or refresh token is not good any more."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave."""

    access: str
    refresh: str | None
    identity: str | None
    expires_in: int


@dataclass(frozen=True, slots=True)
class Proof:
    """The secrets of one sign-in between sending a browser away and its coming back (PKCE S256, state, nonce)."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Proof:
        """Fresh random values."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(64))

    @property
    def challenge(self) -> str:
        """The verifier's S256 challenge (RFC 7636)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class OpenIdClient:
    """One client of one provider. `internal_url` is where this process reaches what browsers reach as `issuer`."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        issuer: str,
        client_id: str,
        *,
        client_secret: str | None = None,
        internal_url: str | None = None,
        scopes: str = "openid profile email",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self._http = http
        self._secret = client_secret
        self._internal = (internal_url or issuer).rstrip("/")
        self._scopes = scopes
        self._clock = clock
        self._metadata: Mapping[str, Any] | None = None
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def metadata(self) -> Mapping[str, Any]:
        """The provider's discovery document, whose issuer must be ours to the letter; raises ProviderDownError."""
        async with self._lock:
            if self._metadata is None or self._clock() - self._read_at > METADATA_FRESH_SECONDS:
                try:
                    self._metadata = await self._discover()
                    self._read_at = self._clock()
                except ProviderDownError:
                    if self._metadata is None:
                        raise
            return self._metadata

    async def authorization_url(self, redirect_uri: str, proof: Proof) -> str:
        """Where to send a browser that wants to sign in."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": self._scopes,
            "state": proof.state,
            "nonce": proof.nonce,
            "code_challenge": proof.challenge,
            "code_challenge_method": "S256",
        }
        return _with_query((await self.metadata())["authorization_endpoint"], query)

    async def exchange(self, code: str, redirect_uri: str, proof: Proof) -> Tokens:
        """Trade the code for tokens; raises GrantRefusedError or ProviderDownError."""
        return await self._token(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": proof.verifier,
            }
        )

    async def refresh(self, refresh_token: str | None) -> Tokens:
        """Trade the refresh token for new ones; raises GrantRefusedError (also without one) or ProviderDownError."""
        if refresh_token is None:
            raise GrantRefusedError("no refresh token")
        return await self._token({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def end_session_url(self, id_token: str | None, redirect_uri: str) -> str | None:
        """Where to send a browser to sign out at the provider too, or None where it has no such page."""
        try:
            endpoint = (await self.metadata()).get("end_session_endpoint")
        except ProviderDownError:
            return None
        if not isinstance(endpoint, str):
            return None
        query = {"client_id": self.client_id, "post_logout_redirect_uri": redirect_uri}
        return _with_query(endpoint, query | ({"id_token_hint": id_token} if id_token else {}))

    async def keys(self) -> Mapping[str, Any]:
        """The provider's key set; raises TokenError, so that a key cache keeps what it has."""
        try:
            return await self._json(await self._endpoint("jwks_uri"))
        except ProviderDownError as error:
            raise TokenError(str(error)) from error

    async def _discover(self) -> Mapping[str, Any]:
        document = await self._json(f"{self._internal}/.well-known/openid-configuration")
        if document.get("issuer") != self.issuer:
            raise ProviderDownError("The provider calls itself by another issuer than TALKWRIGHT_OIDC_ISSUER says.")
        if not all(isinstance(document.get(name), str) for name in _NEEDED):
            raise ProviderDownError("The provider's discovery document lacks an endpoint that is needed.")
        return document

    async def _endpoint(self, name: str) -> str:
        """An endpoint as this process reaches it: under the internal address instead of the public one."""
        url = str((await self.metadata())[name])
        public = self.issuer.rstrip("/")
        return self._internal + url.removeprefix(public) if url.startswith(f"{public}/") else url

    async def _json(self, url: str) -> Mapping[str, Any]:
        try:
            response = await self._http.get(url, timeout=TIMEOUT_SECONDS)
            document = response.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderDownError(f"The OpenID provider doesn't answer ({type(error).__name__}).") from error
        if response.status_code != 200 or not isinstance(document, dict):
            raise ProviderDownError(f"The OpenID provider answered {response.status_code}.")
        return document

    async def _token(self, form: dict[str, str]) -> Tokens:
        endpoint = await self._endpoint("token_endpoint")
        form["client_id"] = self.client_id
        if self._secret is not None:
            form["client_secret"] = self._secret
        try:
            response = await self._http.post(endpoint, data=form, timeout=TIMEOUT_SECONDS)
            document = response.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderDownError(f"The OpenID provider doesn't answer ({type(error).__name__}).") from error
        if response.status_code in (400, 401, 403):
            raise GrantRefusedError(str(document.get("error", "refused")) if isinstance(document, dict) else "refused")
        if response.status_code != 200 or not isinstance(document, dict) or not document.get("access_token"):
            raise ProviderDownError(f"The OpenID provider answered {response.status_code}.")
        return _tokens(document)


def _tokens(document: Mapping[str, Any]) -> Tokens:
    lifetime = document.get("expires_in")
    refresh, identity = document.get("refresh_token"), document.get("id_token")
    return Tokens(
        access=str(document["access_token"]),
        refresh=refresh if isinstance(refresh, str) else None,
        identity=identity if isinstance(identity, str) else None,
        expires_in=lifetime if isinstance(lifetime, int) and 0 < lifetime < 10**8 else 60,
    )


def _with_query(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
