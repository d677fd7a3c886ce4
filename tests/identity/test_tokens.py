"""Access tokens: what is accepted, and all that must not be.

ASVS 5.0: 9.1.1 and 9.1.2 (signature, allowed algorithms), 9.1.3 (keys of the provider alone), 9.2.1 (times), 9.2.2
(kind of token), 9.2.3 and 10.3.1 (audience), 10.3.3 (issuer and subject).
"""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from talkwright.identity.tokens import KEYS_PAUSE_SECONDS, KeyCache, TokenError, TokenVerifier

pytestmark = pytest.mark.anyio
ISSUER = "https://id.example.com/realms/acme"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "two", "use": "sig", "alg": "RS256"})


class Keys:
    """A provider's key set that counts how often it is read."""

    def __init__(self, *keys: RSAKey | ECKey) -> None:
        self.keys = list(keys)
        self.reads = 0
        self.is_down = False
        self.now = 1000.0

    async def fetch(self) -> Mapping[str, Any]:
        self.reads += 1
        if self.is_down:
            raise TokenError("down")
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def verifier(self) -> TokenVerifier:
        return TokenVerifier(ISSUER, "talkwright", "realm_access.roles", KeyCache(self.fetch, lambda: self.now))


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    values = {"iss": ISSUER, "aud": "talkwright", "sub": "ada", "iat": now, "exp": now + 300, "typ": "Bearer"}
    return {name: value for name, value in (values | changes).items() if value is not None}


def token(key: RSAKey = KEY, **changes: Any) -> str:
    return jwt.encode({"alg": "RS256", "kid": key.kid or ""}, claims(**changes), key)


async def test_a_good_token_says_who_and_which_roles() -> None:
    roles = {"realm_access": {"roles": ["SuperUser", "flow_builder", "offline_access", 7]}}
    got = await Keys(KEY).verifier().access(token(name="Ada", preferred_username="ada", **roles))
    assert (got.subject, got.display, got.roles) == ("ada", "Ada", frozenset({"superuser", "flow-builder"}))


async def test_the_audience_may_be_one_of_several() -> None:
    assert (await Keys(KEY).verifier().access(token(aud=["account", "talkwright"]))).subject == "ada"


class Later(int):
    """So many seconds from the moment of the test."""


def at(changes: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    return {name: now + int(value) if isinstance(value, Later) else value for name, value in changes.items()}


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": Later(-120)},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"nbf": Later(600)},
        {"iat": Later(600)},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"aud": "account"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"typ": "ID"},
        {"typ": "Refresh"},
    ],
    ids=str,
)
async def test_a_token_with_a_wrong_claim_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TokenError):
        await Keys(KEY).verifier().access(token(**at(changes)))


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _unsigned() -> str:
    return ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": "none", "kid": "one"}, claims())) + "."


def _signed_with_the_public_key() -> str:
    text = ".".join(_base64(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "one"}, claims()))
    return f"{text}.{_base64(hmac.digest(KEY.as_pem(private=False), text.encode(), 'sha256'))}"


def _with_another_signature() -> str:
    head, body, _ = token().split(".")
    return f"{head}.{body}.{token(OTHER).split('.')[2]}"


def _of_a_key_that_claims_the_name() -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims(), OTHER)


@pytest.mark.parametrize(
    "forge", [_unsigned, _signed_with_the_public_key, _with_another_signature, _of_a_key_that_claims_the_name]
)
async def test_forged_tokens_are_refused(forge: Any) -> None:
    with pytest.raises(TokenError):
        await Keys(KEY).verifier().access(forge())


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "ä.ö.ü", "e30.e30.e30"])
async def test_rubbish_is_refused_without_harm(text: str) -> None:
    with pytest.raises(TokenError):
        await Keys(KEY).verifier().access(text)


async def test_a_token_that_is_cut_drawn_out_or_huge_is_refused() -> None:
    for text in (token()[:-10], token() + "A", token() * 40, "x" * 20_000):
        with pytest.raises(TokenError):
            await Keys(KEY).verifier().access(text)


async def test_a_rotated_key_is_read_when_it_is_first_seen() -> None:
    keys = Keys(KEY)
    verifier = keys.verifier()
    await verifier.access(token())
    keys.keys.append(OTHER)
    keys.now += KEYS_PAUSE_SECONDS + 1
    await verifier.access(token(OTHER))
    await verifier.access(token())
    assert keys.reads == 2


async def test_unknown_keys_do_not_make_us_ask_the_provider_again_and_again() -> None:
    keys = Keys(KEY)
    verifier = keys.verifier()
    for _ in range(50):
        with pytest.raises(TokenError):
            await verifier.access(token(OTHER))
    assert keys.reads == 2


async def test_known_keys_serve_on_while_the_provider_is_down() -> None:
    keys = Keys(KEY)
    verifier = keys.verifier()
    await verifier.access(token())
    keys.is_down = True
    keys.now += 3600
    assert (await verifier.access(token())).subject == "ada"


async def test_a_provider_that_was_down_at_first_is_asked_again_at_once() -> None:
    keys = Keys(KEY)
    keys.is_down = True
    verifier = keys.verifier()
    with pytest.raises(TokenError):
        await verifier.access(token())
    keys.is_down = False
    assert (await verifier.access(token())).subject == "ada"


async def test_elliptic_keys_are_accepted_too() -> None:
    key = ECKey.generate_key("P-256", {"kid": "curve"})
    signed = jwt.encode({"alg": "ES256", "kid": "curve"}, claims(), key)
    assert (await Keys(key).verifier().access(signed)).subject == "ada"
