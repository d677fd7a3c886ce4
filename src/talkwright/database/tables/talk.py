"""Chats: what people say to a deployment from the studio, kept by the studio (ARCHITECTURE, Conversations)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from talkwright.database.tables.base import EXACT, created, identifier, instant, metadata, one_of, reference

chats = Table(
    "chats",
    metadata,
    identifier(),
    reference("assistant", "assistants.id", cascade=True),
    Column("title", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False),
    Column("environment", EXACT, nullable=False, server_default="try"),
    created(),
    reference("created_by", "users.id"),
    Column("deployment", Uuid, comment="the one whose tracker holds this chat's events"),
    Column("attempt", Uuid, comment="the attempt of that deployment, as a restarted engine remembers nothing"),
    Column("last_event", BigInteger, nullable=False, server_default="0"),
    Column("turns", Integer, nullable=False, server_default="0"),
    Column("state", Text, comment="JSON: the fold's state after the last event"),
    instant("talked_at"),
    Index("ix_chats_assistant", "assistant", "id"),
    Index("ix_chats_talked", "assistant", "environment", "talked_at"),
)

chat_messages = Table(
    "chat_messages",
    metadata,
    reference("chat", "chats.id", cascade=True),
    Column("turn", Integer, nullable=False),
    Column("message", EXACT, nullable=False, comment="the client's id: one sent again gets the stored answer"),
    Column("kind", Text, nullable=False, server_default="message"),
    Column("state", Text, nullable=False, server_default="sent"),
    Column("request", Text, nullable=False, comment="JSON {text, title}"),
    Column("answer", Text, comment="JSON: what was answered"),
    Column("deployment", Uuid),
    Column("model", EXACT),
    instant("at", nullable=False),
    instant("ended_at"),
    PrimaryKeyConstraint("chat", "turn"),
    UniqueConstraint("chat", "message"),
    one_of("kind", "message", "restart"),
    one_of("state", "sent", "answered", "failed"),
)

chat_events = Table(
    "chat_events",
    metadata,
    reference("chat", "chats.id", cascade=True),
    Column("seq", BigInteger, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("type", EXACT, nullable=False),
    Column("timestamp", Float, nullable=False),
    Column("model", EXACT, comment="the model that answered"),
    Column("body", Text, nullable=False, comment="byte for byte what the engine's event broker would publish"),
    PrimaryKeyConstraint("chat", "seq"),
    Index("ix_chat_events_turn", "chat", "turn"),
)
