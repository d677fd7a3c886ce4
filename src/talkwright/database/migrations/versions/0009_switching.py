"""Which bot an assistant's talk goes to: how often it moved, who sleeps, and who was woken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward."""
    op.create_table(
        "talks",
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.Text(collation="C"), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_talks_assistant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("assistant", "environment", name=op.f("pk_talks")),
        schema="studio",
        comment="How often the talk of an assistant went to another deployment, or to none",
    )
    instant = sa.DateTime(timezone=True)
    for column in (
        sa.Column("slept_at", instant, nullable=True, comment="stopped as nobody talked to it; a message wakes it"),
        sa.Column("wake_requested_at", instant, nullable=True, comment="when somebody last talked to it as it slept"),
    ):
        op.add_column("deployments", column, schema="studio")
    op.create_index(
        "ix_deployments_asleep",
        "deployments",
        ["assistant", "environment", "sequence"],
        schema="studio",
        postgresql_where=sa.text("slept_at IS NOT NULL"),
    )
    op.create_index("ix_chats_talked", "chats", ["assistant", "environment", "talked_at"], schema="studio")
