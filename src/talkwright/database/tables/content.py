"""Content: assistants, items with revisions, files, changes, facts and versions (ARCHITECTURE, Content)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from talkwright.database.tables.base import EXACT, created, identifier, instant, metadata, one_of, reference

KINDS = (
    *("flow", "response", "slot", "action", "intent", "entity", "synonym", "regex", "lookup", "prompt"),
    *("config", "endpoints", "credentials", "domain", "test", "file"),
)
"""The kinds of content, as `assistant.items.Kind` has them (a test compares)."""

assistants = Table(
    "assistants",
    metadata,
    identifier(),
    Column("name", EXACT, nullable=False),
    Column("live_name", EXACT, comment="the name while it exists; null once it is deleted"),
    Column("title", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("additional_languages", Text, nullable=False, server_default="[]", comment="JSON list"),
    Column("last_change", Integer, nullable=False, server_default="0"),
    Column("last_version", Integer, nullable=False, server_default="0"),
    created(),
    reference("created_by", "users.id"),
    instant("deleted_at"),
    Column(
        "engine",
        Text,
        nullable=False,
        server_default="talkwright",
        comment="what its next training is made with; earlier models keep theirs",
    ),
    UniqueConstraint("live_name", name="uq_assistants_live_name", deferrable=True, initially="DEFERRED"),
)

assistant_names = Table(
    "assistant_names",
    metadata,
    reference("assistant", "assistants.id", cascade=True),
    Column("name", EXACT, nullable=False),
    instant("since", nullable=False),
    instant("until"),
    PrimaryKeyConstraint("assistant", "since"),
    Index("ix_assistant_names_name", "name"),
)

texts = Table(
    "texts",
    metadata,
    reference("assistant", "assistants.id", cascade=True),
    Column("sha256", LargeBinary, nullable=False),
    Column("text", Text),
    Column("data", LargeBinary, comment="instead of text where the bytes are none"),
    Column("origin", Text, comment="JSON: where it first came from, {file, place} | {conversation, event} | {person}"),
    PrimaryKeyConstraint("assistant", "sha256"),
    CheckConstraint("(text IS NULL) <> (data IS NULL)", name="one_form"),
)

changes = Table(
    "changes",
    metadata,
    identifier(),
    reference("assistant", "assistants.id", cascade=True),
    Column("number", Integer, nullable=False),
    reference("author", "users.id"),
    instant("at", nullable=False),
    Column("source", Text, nullable=False),
    Column("command", Text, nullable=False, comment="JSON {name, arguments}; the history's words come from it"),
    Column("reverts", Integer),
    Column("answer", Text, nullable=False, comment="JSON: what was answered, for the same change sent again"),
    UniqueConstraint("assistant", "number"),
    one_of("source", "editor", "create", "import", "push", "git", "restore", "revert"),
)

items = Table(
    "items",
    metadata,
    identifier(),
    reference("assistant", "assistants.id", cascade=True),
    Column("kind", EXACT, nullable=False),
    Column("name", EXACT, nullable=False),
    Column("live_name", EXACT, comment="the name while the item exists; null once it is deleted"),
    Column("revision", Integer, nullable=False, comment="the number of the latest revision"),
    Column("digest", LargeBinary, comment="of the latest revision"),
    Column("title", Text),
    Column("summary", Text, nullable=False, server_default=""),
    Column("extra", Text, nullable=False, server_default="{}", comment="JSON: figures that lists show, by kind"),
    Column("search", Text, nullable=False, server_default="", comment="name, title and summary with the case folded"),
    Column("errors", Integer, nullable=False, server_default="0"),
    Column("warnings", Integer, nullable=False, server_default="0"),
    Column("hints", Integer, nullable=False, server_default="0"),
    Column("changed_in", Integer, nullable=False, comment="number of the latest change"),
    instant("changed_at", nullable=False),
    reference("changed_by", "users.id"),
    UniqueConstraint(
        "assistant", "kind", "live_name", name="uq_items_live_name", deferrable=True, initially="DEFERRED"
    ),
    Index("ix_items_name", "assistant", "kind", "name"),
    one_of("kind", *KINDS),
)

revisions = Table(
    "revisions",
    metadata,
    reference("item", "items.id", cascade=True),
    Column("number", Integer, nullable=False),
    reference("assistant", "assistants.id", cascade=True),
    Column("change", Integer, nullable=False),
    Column("name", EXACT, nullable=False),
    Column("deleted", Boolean, nullable=False, server_default="false"),
    Column("body", Text, comment="JSON, always what the sources parse to"),
    Column("digest", LargeBinary),
    Column("keys", Text, comment="JSON pointer → step key, for flows"),
    Column("patch", Text, comment="JSON: the edit that made this revision"),
    PrimaryKeyConstraint("item", "number"),
    ForeignKeyConstraint(
        ["assistant", "change"],
        ["studio.changes.assistant", "studio.changes.number"],
        name="fk_revisions_change",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("ix_revisions_change", "assistant", "change"),
)

revision_parts = Table(
    "revision_parts",
    metadata,
    Column("item", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("assistant", Uuid, nullable=False),
    Column("file", EXACT, nullable=False),
    Column("place", Text, nullable=False),
    Column("source", LargeBinary, nullable=False, comment="sha-256 of the text"),
    Column("anchors", Text, comment="JSON: values of YAML anchors that are defined outside of the part"),
    PrimaryKeyConstraint("item", "revision", "position"),
    ForeignKeyConstraint(
        ["item", "revision"],
        ["studio.revisions.item", "studio.revisions.number"],
        name="fk_revision_parts_revision",
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["assistant", "source"], ["studio.texts.assistant", "studio.texts.sha256"], name="fk_revision_parts_source"
    ),
)

files = Table(
    "files",
    metadata,
    identifier(),
    reference("assistant", "assistants.id", cascade=True),
    Column("path", EXACT, nullable=False),
    Column("live_path", EXACT),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("assistant", "live_path", name="uq_files_live_path", deferrable=True, initially="DEFERRED"),
)

file_revisions = Table(
    "file_revisions",
    metadata,
    reference("file", "files.id", cascade=True),
    Column("number", Integer, nullable=False),
    Column("assistant", Uuid, nullable=False),
    Column("change", Integer, nullable=False),
    Column("path", EXACT, nullable=False),
    Column("deleted", Boolean, nullable=False, server_default="false"),
    Column("skeleton", Text, comment="JSON: raw stretches as text, item parts as references to the item's uuid"),
    Column("style", Text, comment="JSON: line ends, blanks per level and the like"),
    Column("data", LargeBinary, comment="sha-256 of the bytes, where the file is no text"),
    PrimaryKeyConstraint("file", "number"),
    Index("ix_file_revisions_change", "assistant", "change"),
)

facts = Table(
    "facts",
    metadata,
    reference("assistant", "assistants.id", cascade=True),
    reference("item", "items.id", cascade=True),
    Column("position", Integer, nullable=False),
    Column("relation", Text, nullable=False),
    Column("kind", EXACT, nullable=False),
    Column("name", EXACT, nullable=False),
    Column("path", Text, nullable=False, server_default=""),
    Column("step", Text),
    Column("text", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("item", "position"),
    Index("ix_facts_name", "assistant", "kind", "name"),
    one_of("relation", "declares", "refers"),
)

asked = Table(
    "asked",
    metadata,
    reference("assistant", "assistants.id", cascade=True),
    reference("item", "items.id", cascade=True),
    Column("kind", EXACT, nullable=False),
    Column("name", EXACT, nullable=False, comment="what validation of the item looked at; * for all of a kind"),
    PrimaryKeyConstraint("item", "kind", "name"),
    Index("ix_asked_name", "assistant", "kind", "name"),
)

problems = Table(
    "problems",
    metadata,
    reference("assistant", "assistants.id", cascade=True),
    reference("item", "items.id", cascade=True, nullable=True),
    Column("position", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("kind", Text),
    Column("name", Text),
    Column("step", Text),
    Column("path", Text, nullable=False, server_default=""),
    Column("line", Integer),
    Column("file", Text),
    Column("fix", Text, nullable=False, server_default="[]", comment="JSON list of edits"),
    UniqueConstraint("assistant", "item", "position"),
    one_of("severity", "error", "warning", "hint"),
)

versions = Table(
    "versions",
    metadata,
    identifier(),
    reference("assistant", "assistants.id", cascade=True),
    Column("number", Integer, nullable=False),
    Column("name", EXACT, nullable=False),
    Column("change", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("choice", Text, nullable=False, server_default="{}", comment="JSON: flow → draft or published"),
    Column("description", Text, nullable=False, server_default=""),
    created(),
    reference("created_by", "users.id"),
    UniqueConstraint("assistant", "number"),
    UniqueConstraint("name"),
    Index("ix_versions_digest", "assistant", "digest"),
)

version_items = Table(
    "version_items",
    metadata,
    reference("version", "versions.id", cascade=True),
    Column("item", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    PrimaryKeyConstraint("version", "item"),
    ForeignKeyConstraint(
        ["item", "revision"], ["studio.revisions.item", "studio.revisions.number"], name="fk_version_items_revision"
    ),
)

version_files = Table(
    "version_files",
    metadata,
    reference("version", "versions.id", cascade=True),
    Column("file", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    PrimaryKeyConstraint("version", "file"),
    ForeignKeyConstraint(
        ["file", "revision"],
        ["studio.file_revisions.file", "studio.file_revisions.number"],
        name="fk_version_files_revision",
    ),
)
