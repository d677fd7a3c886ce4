"""People: users and their identities, sign-ins, grants and the audit (ARCHITECTURE, People and manners)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from talkwright.database.tables.base import EXACT, created, identifier, instant, metadata, one_of, reference

users = Table(
    "users",
    metadata,
    identifier(),
    Column("kind", Text, nullable=False, server_default="person"),
    Column("display", Text, nullable=False),
    Column("email", Text),
    created(),
    instant("disabled_at"),
    instant("tokens_not_before"),
    instant("anonymised_at"),
    one_of("kind", "person", "service", "system"),
)

providers = Table(
    "providers",
    metadata,
    identifier(),
    Column("kind", Text, nullable=False),
    Column("issuer", EXACT, nullable=False, unique=True),
    created(),
    one_of("kind", "builtin", "openid"),
)

identities = Table(
    "identities",
    metadata,
    reference("provider", "providers.id"),
    Column("subject", EXACT, nullable=False),
    reference("user", "users.id", index=True),
    Column("username", Text),
    created(),
    instant("seen_at"),
    PrimaryKeyConstraint("provider", "subject"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    identifier(),
    reference("user", "users.id", index=True),
    reference("provider", "providers.id"),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("csrf", Text, nullable=False),
    Column("provider_session", Text),
    Column("tokens", LargeBinary, comment="access, refresh and id token, encrypted"),
    instant("access_expires_at"),
    Column("roles", Text, nullable=False, server_default="[]", comment="JSON list: studio-wide roles of the token"),
    created(),
    instant("issued_at", nullable=False),
    instant("refresh_claimed_until"),
    instant("expires_at", nullable=False),
    instant("ended_at"),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("state_hash", LargeBinary, primary_key=True),
    Column("secret_hash", LargeBinary, comment="of the browser that began it"),
    Column("payload", LargeBinary, nullable=False, comment="nonce, verifier and where to go next, encrypted"),
    created(),
    instant("expires_at", nullable=False),
)

grants = Table(
    "grants",
    metadata,
    identifier(),
    reference("user", "users.id"),
    reference("assistant", "assistants.id", nullable=True, cascade=True),
    Column("role", EXACT, nullable=False),
    created(),
    reference("granted_by", "users.id", nullable=True),
    UniqueConstraint("user", "assistant", "role"),
    Index("uq_grants_studio", "user", "role", unique=True, postgresql_where=text("assistant IS NULL")),
    Index("ix_grants_assistant", "assistant"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    instant("at", nullable=False),
    Column("actor", Uuid),
    Column("via", Text, nullable=False, comment="browser, bearer, command or system"),
    Column("sign_in", Uuid),
    Column("address", Text),
    Column("action", Text, nullable=False),
    Column("assistant", Uuid),
    Column("target", Text),
    Column("before_hash", LargeBinary),
    Column("after_hash", LargeBinary),
    Column("outcome", Text, nullable=False),
    Column("request_id", Text),
    Column("details", Text, nullable=False, server_default="{}", comment="JSON: ids and numbers, no names or texts"),
    Index("ix_audit_assistant", "assistant", "id"),
    one_of("outcome", "done", "refused", "failed"),
)
