"""One OpenID provider as the studio uses it: the client, the check of its tokens, and its row in the directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import httpx2
from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.identity.client import OpenIdClient, Tokens
from talkwright.identity.directory import ProviderKind, ensure_provider
from talkwright.identity.secrets import Keyring
from talkwright.identity.settings import IdentitySettings
from talkwright.identity.tokens import Claims, KeyCache, TokenError, TokenVerifier


@dataclass(kw_only=True)
class Connection:
    """Made once per process."""

    kind: ProviderKind
    client: OpenIdClient
    verifier: TokenVerifier
    keyring: Keyring
    sign_in_hours: int
    _provider: UUID | None = field(default=None, init=False)

    async def provider(self, session: AsyncSession) -> UUID:
        """The provider's row, made when it is first needed, and remembered once the transaction that made it stands."""
        if self._provider is not None:
            return self._provider
        made = await ensure_provider(session, self.kind, self.client.issuer)

        def remember(_: object) -> None:
            self._provider = made

        listen(session.sync_session, "after_commit", remember, once=True)
        return made

    async def claims_of(self, tokens: Tokens, nonce: str | None = None) -> Claims:
        """Who the tokens are of, as the token endpoint gave them.

        The id token says who somebody is, the access token what they may do; an access token that isn't readable for
        us (the standard allows that) leaves the id token to say both. Raises TokenError.
        """
        who = (
            None
            if tokens.identity is None
            else await self.verifier.identity(tokens.identity, self.client.client_id, nonce)
        )
        if who is None and nonce is not None:
            raise TokenError("the provider gave no id token")
        try:
            may = await self.verifier.given(tokens.access)
        except TokenError:
            if who is None:
                raise
            return who
        if who is not None and who.subject != may.subject:
            raise TokenError("the two tokens are of different people")
        return may


def connect(
    settings: IdentitySettings,
    keyring: Keyring,
    http: httpx2.AsyncClient,
    *,
    builtin_issuer: str,
    builtin_internal_url: str | None = None,
) -> Connection:
    """The provider that the settings name; `builtin_issuer` is the one of this studio's own address."""
    is_builtin = settings.identity_provider == "builtin"
    issuer = builtin_issuer if is_builtin else settings.oidc_issuer or ""
    secret = settings.oidc_client_secret
    client = OpenIdClient(
        http,
        issuer,
        "talkwright" if is_builtin else settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret and not is_builtin else None,
        internal_url=builtin_internal_url if is_builtin else settings.oidc_internal_url,
        scopes="openid profile email" if is_builtin else settings.oidc_scopes,
    )
    audience = "talkwright" if is_builtin else settings.audience

    async def keys() -> Mapping[str, object]:
        return await client.keys()

    return Connection(
        kind="builtin" if is_builtin else "openid",
        client=client,
        verifier=TokenVerifier(issuer, audience, settings.oidc_roles_claim, KeyCache(keys)),
        keyring=keyring,
        sign_in_hours=settings.sign_in_hours,
    )
