"""How the studio server is reached, and its limits."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from talkwright.operations.config import Section

MIB = 1024 * 1024


class BackendSettings(Section):
    """The studio server: address, public URL, trusted proxies and limits."""

    host: str = Field("127.0.0.1", description="The address on which the studio listens.")
    port: int = Field(8390, description="The port of the studio; `up` takes the next free one where it is taken.", ge=0)
    public_url: str | None = Field(
        None,
        description="The address that people type, e.g. `https://studio.example.com`. It decides redirects, the "
        "cookie's Secure flag and the allowed Origin. Unset: `http://127.0.0.1:<port>`.",
    )
    allowed_hosts: str = Field(
        "", description="Further host names, separated by commas, under which requests are answered."
    )
    trusted_proxies: str = Field(
        "", description="Addresses or networks, separated by commas, whose `X-Forwarded-*` headers count."
    )
    request_limit: int = Field(4 * MIB, description="The largest request body, in bytes, archives apart.", ge=1024)
    archive_limit: int = Field(64 * MIB, description="The largest project archive that is taken, in bytes.", ge=1024)
    request_drain_seconds: int = Field(
        2, ge=1, description="Most seconds for which a backend that ends goes on with open requests, such as turns."
    )
    web_root: Path | None = Field(None, description="The folder of the built web client, where it is another.")

    @field_validator("public_url")
    @classmethod
    def _whole_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ValueError("must be like https://studio.example.com, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def base_url(self) -> str:
        """The public URL without a slash at its end."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether people reach the studio over TLS."""
        return self.base_url.startswith("https://")
