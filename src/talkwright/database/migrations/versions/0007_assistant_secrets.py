"""Secrets of assistants, which only their jobs get."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward."""
    op.create_table(
        "assistant_secrets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False, comment="what the project writes as ${NAME}"),
        sa.Column(
            "value",
            sa.LargeBinary(),
            nullable=False,
            comment="encrypted; nobody reads it but the consumers of jobs",
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assistant"],
            ["studio.assistants.id"],
            name=op.f("fk_assistant_secrets_assistant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["studio.users.id"], name=op.f("fk_assistant_secrets_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assistant_secrets")),
        sa.UniqueConstraint("assistant", "name", name=op.f("uq_assistant_secrets_assistant_name")),
        schema="studio",
    )
