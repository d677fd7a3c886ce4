"""Who may use the API: a token in the query, a JSON web token in the header, or everybody (wire-protocols 4.1)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import HTTPConnection, Request

from talkwright.engine.serving.answers import ApiError

if TYPE_CHECKING:
    from joserfc.jwk import Key

_SYMMETRIC = ("HS256", "HS384", "HS512")
METHODS = (*_SYMMETRIC, "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_LEAST_SECRET = 16  # bytes: shorter ones are guessed
_MAX_TOKEN = 8192  # characters


@dataclass(frozen=True)
class Caller:
    """Who asks. Somebody who is no admin reaches one conversation alone: the one that is called like them."""

    admin: bool
    username: str | None = None


class JwtReader:
    """Verifies JSON web tokens of one method with one key."""

    def __init__(self, secret: str, method: str = "HS256") -> None:
        """`secret` is a shared secret, or a PEM key (public, or private for its public half) for RS, PS, ES.

        Raises ValueError for an unknown method, a short secret or a key that doesn't fit the method.
        """
        if method not in METHODS:
            raise ValueError(f"The JWT method {method!r} is unknown; there are {', '.join(METHODS)}.")
        if method in _SYMMETRIC and len(secret.encode()) < _LEAST_SECRET:
            raise ValueError(f"The JWT secret must have at least {_LEAST_SECRET} bytes, or it is soon guessed.")
        self._method = method
        self._key = _key(secret, method)

    def claims(self, token: str) -> Mapping[str, Any] | None:
        """The claims of a token that is valid now, else None."""
        from joserfc import jwt  # noqa: PLC0415 - brings cryptography, which a bot without JWT never loads
        from joserfc.errors import JoseError  # noqa: PLC0415 - as above

        if len(token) > _MAX_TOKEN:
            return None
        try:
            claims = jwt.decode(token, self._key, algorithms=[self._method]).claims
            jwt.JWTClaimsRegistry(leeway=5).validate(claims)
        except (JoseError, ValueError, TypeError):
            return None
        return claims


def _key(secret: str, method: str) -> Key:
    from joserfc.errors import JoseError  # noqa: PLC0415 - as above
    from joserfc.jwk import ECKey, OctKey, RSAKey  # noqa: PLC0415 - as above

    try:
        if method in _SYMMETRIC:
            return OctKey.import_key(secret)
        return (ECKey if method.startswith("ES") else RSAKey).import_key(secret)
    except (JoseError, ValueError) as problem:
        raise ValueError(f"The JWT key can't be read as a PEM key for {method}.") from problem


class Access:
    """Decides on each request of the API. With neither token nor JWT it is open to all."""

    def __init__(self, token: str | None = None, jwt: JwtReader | None = None) -> None:
        self._token = token
        self._jwt = jwt

    @property
    def is_open(self) -> bool:
        """Whether everybody may do everything that needs no proof."""
        return self._token is None and self._jwt is None

    def caller(self, request: HTTPConnection) -> Caller:
        """Who asks; either proof satisfies. Raises ApiError (401)."""
        if self.is_open or self._has_token(request):
            return Caller(admin=True)
        caller = self._of_jwt(request)
        if caller is None:
            wanted = [
                *(["the query parameter `token`"] if self._token is not None else []),
                *(["a bearer token in `Authorization`"] if self._jwt is not None else []),
            ]
            raise ApiError(401, "NotAuthenticated", f"This needs {' or '.join(wanted)}: it is missing or not valid.")
        return caller

    def admit(self, request: Request) -> None:
        """Let only those in who may do everything; raises ApiError (401, 403)."""
        if not self.caller(request).admin:
            raise ApiError(403, "NotAuthorized", "This is for the role `admin` alone.")

    def admit_to(self, request: Request, conversation: str) -> None:
        """Let those in who may touch this conversation; raises ApiError (401, 403)."""
        caller = self.caller(request)
        if not caller.admin and caller.username != conversation:
            raise ApiError(403, "NotAuthorized", "The role `user` reaches only the conversation of its own name.")

    def admit_operator(self, request: Request) -> None:
        """Let those in who may change what runs: with an open API that is nobody. Raises ApiError (401, 403)."""
        if self.is_open:
            raise ApiError(
                403,
                "NotAuthorized",
                "Whoever may change the model must be known: start the bot with TALKWRIGHT_ENGINE_TOKEN"
                " or TALKWRIGHT_ENGINE_JWT_SECRET.",
            )
        self.admit(request)

    def _has_token(self, request: HTTPConnection) -> bool:
        if self._token is None:
            return False
        return hmac.compare_digest(request.query_params.get("token", "").encode(), self._token.encode())

    def _of_jwt(self, request: HTTPConnection) -> Caller | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if self._jwt is None or scheme.lower() != "bearer":
            return None
        claims = self._jwt.claims(token.strip())
        if claims is None:
            return None
        user = claims.get("user")
        found = user if isinstance(user, Mapping) else {}
        role, name = found.get("role"), found.get("username")
        if role == "admin":
            return Caller(admin=True)
        return Caller(admin=False, username=name if role == "user" and isinstance(name, str) and name else None)
