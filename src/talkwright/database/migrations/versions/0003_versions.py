"""Facts, problems and versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward."""
    op.create_table(
        "versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("choice", sa.Text(), server_default="{}", nullable=False, comment="JSON: flow → draft or published"),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_versions_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["studio.users.id"], name=op.f("fk_versions_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
        sa.UniqueConstraint("assistant", "number", name=op.f("uq_versions_assistant_number")),
        sa.UniqueConstraint("name", name=op.f("uq_versions_name")),
        schema="studio",
    )
    op.create_index("ix_versions_digest", "versions", ["assistant", "digest"], unique=False, schema="studio")
    op.create_table(
        "asked",
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "name",
            sa.Text(collation="C"),
            nullable=False,
            comment="what validation of the item looked at; * for all of a kind",
        ),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_asked_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item"], ["studio.items.id"], name=op.f("fk_asked_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item", "kind", "name", name=op.f("pk_asked")),
        schema="studio",
    )
    op.create_index("ix_asked_name", "asked", ["assistant", "kind", "name"], unique=False, schema="studio")
    op.create_table(
        "facts",
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("relation IN ('declares', 'refers')", name=op.f("ck_facts_relation")),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_facts_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item"], ["studio.items.id"], name=op.f("fk_facts_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item", "position", name=op.f("pk_facts")),
        schema="studio",
    )
    op.create_index("ix_facts_name", "facts", ["assistant", "kind", "name"], unique=False, schema="studio")
    op.create_table(
        "problems",
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Uuid(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("fix", sa.Text(), server_default="[]", nullable=False, comment="JSON list of edits"),
        sa.CheckConstraint("severity IN ('error', 'warning', 'hint')", name=op.f("ck_problems_severity")),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_problems_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item"], ["studio.items.id"], name=op.f("fk_problems_item"), ondelete="CASCADE"),
        sa.UniqueConstraint("assistant", "item", "position", name=op.f("uq_problems_assistant_item_position")),
        schema="studio",
    )
    op.create_table(
        "version_files",
        sa.Column("version", sa.Uuid(), nullable=False),
        sa.Column("file", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file", "revision"],
            ["studio.file_revisions.file", "studio.file_revisions.number"],
            name="fk_version_files_revision",
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["studio.versions.id"], name=op.f("fk_version_files_version"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version", "file", name=op.f("pk_version_files")),
        schema="studio",
    )
    op.create_table(
        "version_items",
        sa.Column("version", sa.Uuid(), nullable=False),
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item", "revision"], ["studio.revisions.item", "studio.revisions.number"], name="fk_version_items_revision"
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["studio.versions.id"], name=op.f("fk_version_items_version"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version", "item", name=op.f("pk_version_items")),
        schema="studio",
    )
