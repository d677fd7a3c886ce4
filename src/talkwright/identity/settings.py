"""Which OpenID provider people sign in with, and the keys that encrypt secrets at rest."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from talkwright.operations.config import Section


class IdentitySettings(Section):
    """The OpenID provider, how its tokens are read, and the keys of secrets at rest."""

    identity_provider: Literal["builtin", "openid"] = Field(
        "builtin", description="`builtin` keeps accounts in this studio, `openid` uses TALKWRIGHT_OIDC_ISSUER."
    )
    oidc_issuer: str | None = Field(
        None,
        description="The provider's issuer, exactly as its tokens say it, e.g. `https://id.example.com/realms/acme`.",
    )
    oidc_internal_url: str | None = Field(
        None, description="Where this process reaches the issuer, where that differs from what browsers use."
    )
    oidc_client_id: str = Field("talkwright", description="The studio's client at the provider.")
    oidc_client_secret: SecretStr | None = Field(None, description="Its secret, for a confidential client.")
    oidc_audience: str | None = Field(
        None, description="What access tokens must name in `aud`; unset: the client's own id."
    )
    oidc_scopes: str = Field("openid profile email", description="The scopes that are asked for at sign-in.")
    oidc_roles_claim: str = Field(
        "realm_access.roles", description="The path to the list of studio-wide roles in access tokens."
    )
    secret_keys: SecretStr | None = Field(
        None,
        description="Keys of 32 bytes in base64, separated by commas: the first encrypts, all decrypt. Unset: the file "
        "`secret-keys` in the data folder, made at the first start.",
    )
    sign_in_hours: int = Field(
        24 * 14, description="Hours after which a browser must sign in again, also when it is used.", ge=1
    )

    @model_validator(mode="after")
    def _issuer_given(self) -> Self:
        if self.identity_provider == "openid" and not self.oidc_issuer:
            raise ValueError("TALKWRIGHT_OIDC_ISSUER is not set: TALKWRIGHT_IDENTITY_PROVIDER=openid needs it")
        return self

    @property
    def audience(self) -> str:
        """What an access token must be made for."""
        return self.oidc_audience or self.oidc_client_id
