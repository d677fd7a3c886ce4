"""Assistants and their content."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward."""
    op.create_table(
        "assistants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "live_name",
            sa.Text(collation="C"),
            nullable=True,
            comment="the name while it exists; null once it is deleted",
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("additional_languages", sa.Text(), server_default="[]", nullable=False, comment="JSON list"),
        sa.Column("last_change", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["studio.users.id"], name=op.f("fk_assistants_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assistants")),
        sa.UniqueConstraint("live_name", deferrable=True, initially="DEFERRED", name="uq_assistants_live_name"),
        schema="studio",
    )
    op.create_table(
        "assistant_names",
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_assistant_names_assistant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("assistant", "since", name=op.f("pk_assistant_names")),
        schema="studio",
    )
    op.create_index("ix_assistant_names_name", "assistant_names", ["name"], unique=False, schema="studio")
    op.create_table(
        "changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "command", sa.Text(), nullable=False, comment="JSON {name, arguments}; the history's words come from it"
        ),
        sa.Column("reverts", sa.Integer(), nullable=True),
        sa.Column(
            "answer", sa.Text(), nullable=False, comment="JSON: what was answered, for the same change sent again"
        ),
        sa.CheckConstraint(
            "source IN ('editor', 'create', 'import', 'push', 'git', 'restore', 'revert')",
            name=op.f("ck_changes_source"),
        ),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_changes_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["author"], ["studio.users.id"], name=op.f("fk_changes_author")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sa.UniqueConstraint("assistant", "number", name=op.f("uq_changes_assistant_number")),
        schema="studio",
    )
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("live_path", sa.Text(collation="C"), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_files_assistant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("assistant", "live_path", deferrable=True, initially="DEFERRED", name="uq_files_live_path"),
        schema="studio",
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("assistant", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_grants_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["granted_by"], ["studio.users.id"], name=op.f("fk_grants_granted_by")),
        sa.ForeignKeyConstraint(["user"], ["studio.users.id"], name=op.f("fk_grants_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint("user", "assistant", "role", name=op.f("uq_grants_user_assistant_role")),
        schema="studio",
    )
    op.create_index("ix_grants_assistant", "grants", ["assistant"], unique=False, schema="studio")
    op.create_index(
        "uq_grants_studio",
        "grants",
        ["user", "role"],
        unique=True,
        schema="studio",
        postgresql_where=sa.text("assistant IS NULL"),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "live_name",
            sa.Text(collation="C"),
            nullable=True,
            comment="the name while the item exists; null once it is deleted",
        ),
        sa.Column("revision", sa.Integer(), nullable=False, comment="the number of the latest revision"),
        sa.Column("digest", sa.LargeBinary(), nullable=True, comment="of the latest revision"),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "extra", sa.Text(), server_default="{}", nullable=False, comment="JSON: figures that lists show, by kind"
        ),
        sa.Column(
            "search",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="name, title and summary with the case folded",
        ),
        sa.Column("errors", sa.Integer(), server_default="0", nullable=False),
        sa.Column("warnings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("hints", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_in", sa.Integer(), nullable=False, comment="number of the latest change"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('flow', 'response', 'slot', 'action', 'intent', 'entity', 'synonym', 'regex', 'lookup', "
            "'prompt', 'config', 'endpoints', 'credentials', 'domain', 'test', 'file')",
            name=op.f("ck_items_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_items_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["studio.users.id"], name=op.f("fk_items_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
        sa.UniqueConstraint(
            "assistant", "kind", "live_name", deferrable=True, initially="DEFERRED", name="uq_items_live_name"
        ),
        schema="studio",
    )
    op.create_index("ix_items_name", "items", ["assistant", "kind", "name"], unique=False, schema="studio")
    op.create_table(
        "texts",
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=True, comment="instead of text where the bytes are none"),
        sa.Column(
            "origin",
            sa.Text(),
            nullable=True,
            comment="JSON: where it first came from, {file, place} | {conversation, event} | {person}",
        ),
        sa.CheckConstraint("(text IS NULL) <> (data IS NULL)", name=op.f("ck_texts_one_form")),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_texts_assistant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("assistant", "sha256", name=op.f("pk_texts")),
        schema="studio",
    )
    op.create_table(
        "file_revisions",
        sa.Column("file", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(collation="C"), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "skeleton",
            sa.Text(),
            nullable=True,
            comment="JSON: raw stretches as text, item parts as references to the item's uuid",
        ),
        sa.Column("style", sa.Text(), nullable=True, comment="JSON: line ends, blanks per level and the like"),
        sa.Column("data", sa.LargeBinary(), nullable=True, comment="sha-256 of the bytes, where the file is no text"),
        sa.ForeignKeyConstraint(["file"], ["studio.files.id"], name=op.f("fk_file_revisions_file"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("file", "number", name=op.f("pk_file_revisions")),
        schema="studio",
    )
    op.create_index(
        "ix_file_revisions_change", "file_revisions", ["assistant", "change"], unique=False, schema="studio"
    )
    op.create_table(
        "revisions",
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("body", sa.Text(), nullable=True, comment="JSON, always what the sources parse to"),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("keys", sa.Text(), nullable=True, comment="JSON pointer → step key, for flows"),
        sa.Column("patch", sa.Text(), nullable=True, comment="JSON: the edit that made this revision"),
        sa.ForeignKeyConstraint(
            ["assistant", "change"],
            ["studio.changes.assistant", "studio.changes.number"],
            name="fk_revisions_change",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_revisions_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item"], ["studio.items.id"], name=op.f("fk_revisions_item"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item", "number", name=op.f("pk_revisions")),
        schema="studio",
    )
    op.create_index("ix_revisions_change", "revisions", ["assistant", "change"], unique=False, schema="studio")
    op.create_table(
        "revision_parts",
        sa.Column("item", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("file", sa.Text(collation="C"), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False, comment="sha-256 of the text"),
        sa.Column(
            "anchors",
            sa.Text(),
            nullable=True,
            comment="JSON: values of YAML anchors that are defined outside of the part",
        ),
        sa.ForeignKeyConstraint(
            ["assistant", "source"], ["studio.texts.assistant", "studio.texts.sha256"], name="fk_revision_parts_source"
        ),
        sa.ForeignKeyConstraint(
            ["item", "revision"],
            ["studio.revisions.item", "studio.revisions.number"],
            name="fk_revision_parts_revision",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("item", "revision", "position", name=op.f("pk_revision_parts")),
        schema="studio",
    )
