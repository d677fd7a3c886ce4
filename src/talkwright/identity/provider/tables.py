"""The provider's tables, in the schema `idp`: nothing here points at the studio's rows, and nothing there at these."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, DateTime, ForeignKey, Integer, LargeBinary, MetaData, Table, Text, Uuid, func

SCHEMA = "idp"
_EXACT = Text(collation="C")

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def _instant(name: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _created() -> Column[Any]:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


def _account(*, nullable: bool = False) -> Column[Any]:
    return Column(
        "account", Uuid, ForeignKey(f"{SCHEMA}.accounts.id", ondelete="CASCADE"), nullable=nullable, index=True
    )


accounts = Table(
    "accounts",
    metadata,
    Column("id", Uuid, primary_key=True, comment="the subject in tokens"),
    Column("username", _EXACT, nullable=False, unique=True, comment="folded in case"),
    Column("display", Text, nullable=False),
    Column("email", _EXACT, unique=True, comment="folded in case"),
    Column("password", Text, comment="Argon2id, or null until it is set by a one-time link"),
    _created(),
    _instant("password_set_at"),
    _instant("disabled_at"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", _EXACT, primary_key=True, comment="the key id in tokens"),
    Column("private", LargeBinary, nullable=False, comment="JWK, encrypted"),
    Column("public", Text, nullable=False, comment="JWK"),
    _created(),
    _instant("signs_until", nullable=False),
    _instant("published_until", nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    _account(),
    Column("client", Text, nullable=False),
    _created(),
    _instant("authenticated_at", nullable=False),
    _instant("expires_at", nullable=False),
    _instant("ended_at"),
    comment="One sign-in at one client: all its refresh tokens end with it",
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("session", Uuid, ForeignKey(f"{SCHEMA}.sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    _created(),
    _instant("expires_at", nullable=False),
    _instant("used_at"),
)

codes = Table(
    "codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    _account(),
    Column("client", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("nonce", Text),
    _created(),
    _instant("expires_at", nullable=False),
    _instant("used_at"),
    Column("session", Uuid, comment="what it was traded for: ended when somebody shows the code again"),
)

links = Table(
    "links",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False, comment="first-administrator, password or ticket"),
    _account(nullable=True),
    _created(),
    _instant("expires_at", nullable=False),
    _instant("used_at"),
)

throttles = Table(
    "throttles",
    metadata,
    Column("key", _EXACT, primary_key=True),
    Column("count", Integer, nullable=False),
    _instant("since", nullable=False),
    _instant("blocked_until"),
)
