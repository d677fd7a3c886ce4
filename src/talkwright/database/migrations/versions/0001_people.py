"""People, announcements and the instance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward."""
    op.create_table(
        "announcement_scopes",
        sa.Column("scope", sa.Text(collation="C"), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_announcement_scopes")),
        schema="studio",
        comment="The lock under which a scope's announcements get their numbers in order",
    )
    op.create_table(
        "announcements",
        sa.Column("scope", sa.Text(collation="C"), nullable=False, comment="an assistant's id, or studio"),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False, comment="JSON"),
        sa.Column(
            "change_id",
            sa.Uuid(),
            nullable=True,
            comment="the change that it tells of, so that its author knows the echo",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "id", name=op.f("pk_announcements")),
        schema="studio",
    )
    op.create_index("ix_announcements_at", "announcements", ["at"], unique=False, schema="studio")
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False, comment="browser, bearer, command or system"),
        sa.Column("sign_in", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("assistant", sa.Uuid(), nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("before_hash", sa.LargeBinary(), nullable=True),
        sa.Column("after_hash", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column(
            "details",
            sa.Text(),
            server_default="{}",
            nullable=False,
            comment="JSON: ids and numbers, no names or texts",
        ),
        sa.CheckConstraint("outcome IN ('done', 'refused', 'failed')", name=op.f("ck_audit_outcome")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        schema="studio",
    )
    op.create_index("ix_audit_assistant", "audit", ["assistant", "id"], unique=False, schema="studio")
    op.create_table(
        "instance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("single", sa.Boolean(), server_default="true", nullable=False, comment="there is only one row"),
        sa.Column("name", sa.Text(), server_default="Talkwright", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
        sa.UniqueConstraint("single", name=op.f("uq_instance_single")),
        schema="studio",
    )
    op.create_table(
        "providers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('builtin', 'openid')", name=op.f("ck_providers_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
        sa.UniqueConstraint("issuer", name=op.f("uq_providers_issuer")),
        schema="studio",
    )
    op.create_table(
        "schema_info",
        sa.Column("single", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column(
            "min_code", sa.Integer(), nullable=False, comment="the oldest code generation that may use this schema"
        ),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_schema_info")),
        schema="studio",
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True, comment="of the browser that began it"),
        sa.Column(
            "payload", sa.LargeBinary(), nullable=False, comment="nonce, verifier and where to go next, encrypted"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_sign_in_attempts")),
        schema="studio",
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="person", nullable=False),
        sa.Column("display", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tokens_not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("anonymised_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('person', 'service', 'system')", name=op.f("ck_users_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        schema="studio",
    )
    op.create_table(
        "identities",
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["provider"], ["studio.providers.id"], name=op.f("fk_identities_provider")),
        sa.ForeignKeyConstraint(["user"], ["studio.users.id"], name=op.f("fk_identities_user")),
        sa.PrimaryKeyConstraint("provider", "subject", name=op.f("pk_identities")),
        schema="studio",
    )
    op.create_index(op.f("ix_identities_user"), "identities", ["user"], unique=False, schema="studio")
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("provider_session", sa.Text(), nullable=True),
        sa.Column("tokens", sa.LargeBinary(), nullable=True, comment="access, refresh and id token, encrypted"),
        sa.Column("access_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "roles", sa.Text(), server_default="[]", nullable=False, comment="JSON list: studio-wide roles of the token"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["provider"], ["studio.providers.id"], name=op.f("fk_sign_ins_provider")),
        sa.ForeignKeyConstraint(["user"], ["studio.users.id"], name=op.f("fk_sign_ins_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_sign_ins_secret_hash")),
        schema="studio",
    )
    op.create_index(op.f("ix_sign_ins_user"), "sign_ins", ["user"], unique=False, schema="studio")
