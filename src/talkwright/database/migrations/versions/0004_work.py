"""Work, models and chats."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward."""
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("work_kind", sa.Text(), nullable=False),
        sa.Column("work", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Uuid(), nullable=True, comment="the one it was assigned to"),
        sa.Column(
            "epoch", sa.BigInteger(), server_default="0", nullable=False, comment="of the lease that its writes check"
        ),
        sa.Column("state", sa.Text(), server_default="assigned", nullable=False),
        sa.Column("job", sa.Text(), nullable=True, comment="JSON: the executor's handle"),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=True, comment="the job's token, encrypted"),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("progress", sa.Float(), server_default="0", nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("log_position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("log_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("problems", sa.Text(), server_default="[]", nullable=False, comment="JSON list"),
        sa.Column("result", sa.Text(), nullable=True, comment="JSON: what came out, as the model of a training"),
        sa.Column("stop_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('assigned', 'running', 'ready', 'stopping', 'ended')", name=op.f("ck_attempts_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("work_kind", "work", "number", name=op.f("uq_attempts_work_kind_work_number")),
        schema="studio",
    )
    op.create_index(
        "ix_attempts_worker",
        "attempts",
        ["worker"],
        unique=False,
        schema="studio",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "leases",
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_leases")),
        schema="studio",
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(collation="C"), nullable=False),
        sa.Column("capacity", sa.Integer(), server_default="1", nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("process", sa.Integer(), nullable=True),
        sa.Column("engines", sa.Text(), server_default="[]", nullable=False, comment="JSON list: engines it can run"),
        sa.Column("draining", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
        schema="studio",
    )
    op.create_index(
        "ix_workers_role",
        "workers",
        ["role"],
        unique=False,
        schema="studio",
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "attempt_logs",
        sa.Column("attempt", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.Text(), server_default="info", nullable=False),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("progress", sa.Float(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt"], ["studio.attempts.id"], name=op.f("fk_attempt_logs_attempt"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("attempt", "number", name=op.f("pk_attempt_logs")),
        schema="studio",
    )
    op.create_table(
        "chats",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(collation="C"), server_default="try", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("deployment", sa.Uuid(), nullable=True, comment="the one whose tracker holds this chat's events"),
        sa.Column(
            "attempt",
            sa.Uuid(),
            nullable=True,
            comment="the attempt of that deployment, as a restarted engine remembers nothing",
        ),
        sa.Column("last_event", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("turns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), nullable=True, comment="JSON: the fold's state after the last event"),
        sa.Column("talked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_chats_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["studio.users.id"], name=op.f("fk_chats_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
        schema="studio",
    )
    op.create_index("ix_chats_assistant", "chats", ["assistant", "id"], unique=False, schema="studio")
    op.create_table(
        "chat_events",
        sa.Column("chat", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(collation="C"), nullable=False),
        sa.Column("timestamp", sa.Float(), nullable=False),
        sa.Column("model", sa.Text(collation="C"), nullable=True, comment="the model that answered"),
        sa.Column(
            "body", sa.Text(), nullable=False, comment="byte for byte what the engine's event broker would publish"
        ),
        sa.ForeignKeyConstraint(["chat"], ["studio.chats.id"], name=op.f("fk_chat_events_chat"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("chat", "seq", name=op.f("pk_chat_events")),
        schema="studio",
    )
    op.create_index("ix_chat_events_turn", "chat_events", ["chat", "turn"], unique=False, schema="studio")
    op.create_table(
        "chat_messages",
        sa.Column("chat", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column(
            "message",
            sa.Text(collation="C"),
            nullable=False,
            comment="the client's id: one sent again gets the stored answer",
        ),
        sa.Column("kind", sa.Text(), server_default="message", nullable=False),
        sa.Column("state", sa.Text(), server_default="sent", nullable=False),
        sa.Column("request", sa.Text(), nullable=False, comment="JSON {text, title}"),
        sa.Column("answer", sa.Text(), nullable=True, comment="JSON: what was answered"),
        sa.Column("deployment", sa.Uuid(), nullable=True),
        sa.Column("model", sa.Text(collation="C"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('message', 'restart')", name=op.f("ck_chat_messages_kind")),
        sa.CheckConstraint("state IN ('sent', 'answered', 'failed')", name=op.f("ck_chat_messages_state")),
        sa.ForeignKeyConstraint(["chat"], ["studio.chats.id"], name=op.f("fk_chat_messages_chat"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("chat", "turn", name=op.f("pk_chat_messages")),
        sa.UniqueConstraint("chat", "message", name=op.f("uq_chat_messages_chat_message")),
        schema="studio",
    )
    op.create_table(
        "models",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Text(collation="C"), nullable=False, comment="what the engine stamps into events"),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Uuid(), nullable=False),
        sa.Column("training", sa.Uuid(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False, comment="key in the object storage"),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_models_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["studio.versions.id"], name=op.f("fk_models_version"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("model_id", name=op.f("uq_models_model_id")),
        schema="studio",
    )
    op.create_index(op.f("ix_models_assistant"), "models", ["assistant"], unique=False, schema="studio")
    op.create_index(op.f("ix_models_training"), "models", ["training"], unique=False, schema="studio")
    op.create_index(op.f("ix_models_version"), "models", ["version"], unique=False, schema="studio")
    op.create_table(
        "trainings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="order of arrival"),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("deploy", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("environment", sa.Text(collation="C"), server_default="try", nullable=False),
        sa.Column("engine", sa.Text(), server_default="talkwright", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False, comment="number of the latest attempt"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("problems", sa.Text(), server_default="[]", nullable=False, comment="JSON list"),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name=op.f("ck_trainings_state")
        ),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_trainings_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["studio.users.id"], name=op.f("fk_trainings_created_by")),
        sa.ForeignKeyConstraint(
            ["version"], ["studio.versions.id"], name=op.f("fk_trainings_version"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainings")),
        sa.UniqueConstraint("sequence", name=op.f("uq_trainings_sequence")),
        schema="studio",
    )
    op.create_index("ix_trainings_assistant", "trainings", ["assistant", "sequence"], unique=False, schema="studio")
    op.create_index(
        "ix_trainings_open",
        "trainings",
        ["sequence"],
        unique=False,
        schema="studio",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_index("ix_trainings_version", "trainings", ["version"], unique=False, schema="studio")
    op.create_table(
        "deployments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=False), nullable=False, comment="order of arrival"),
        sa.Column("assistant", sa.Uuid(), nullable=False),
        sa.Column("environment", sa.Text(collation="C"), server_default="try", nullable=False),
        sa.Column("version", sa.Uuid(), nullable=False),
        sa.Column("model", sa.Uuid(), nullable=True),
        sa.Column("training", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column(
            "active", sa.Boolean(), server_default="false", nullable=False, comment="its environment's talk goes here"
        ),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False, comment="number of the latest attempt"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'starting', 'running', 'stopping', 'stopped', 'failed')",
            name=op.f("ck_deployments_state"),
        ),
        sa.ForeignKeyConstraint(
            ["assistant"], ["studio.assistants.id"], name=op.f("fk_deployments_assistant"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["studio.users.id"], name=op.f("fk_deployments_created_by")),
        sa.ForeignKeyConstraint(["model"], ["studio.models.id"], name=op.f("fk_deployments_model"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["version"], ["studio.versions.id"], name=op.f("fk_deployments_version"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
        sa.UniqueConstraint("sequence", name=op.f("uq_deployments_sequence")),
        schema="studio",
    )
    op.create_index("ix_deployments_assistant", "deployments", ["assistant", "sequence"], unique=False, schema="studio")
    op.create_index(
        "ix_deployments_open",
        "deployments",
        ["sequence"],
        unique=False,
        schema="studio",
        postgresql_where=sa.text("state NOT IN ('stopped', 'failed')"),
    )
    op.create_index(
        "uq_deployments_active",
        "deployments",
        ["assistant", "environment"],
        unique=True,
        schema="studio",
        postgresql_where=sa.text("active"),
    )
