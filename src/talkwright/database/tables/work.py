"""Work: trainings, deployments, attempts, leases, workers and models; and announcements (ARCHITECTURE, Work)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from talkwright.database.states import DeploymentState, TrainingState
from talkwright.database.tables.base import EXACT, created, identifier, instant, metadata, one_of, reference

trainings = Table(
    "trainings",
    metadata,
    identifier(),
    Column("sequence", BigInteger, Identity(), nullable=False, unique=True, comment="order of arrival"),
    reference("assistant", "assistants.id", cascade=True),
    reference("version", "versions.id", cascade=True),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("deploy", Boolean, nullable=False, server_default="true"),
    Column("environment", EXACT, nullable=False, server_default="try"),
    Column("engine", Text, nullable=False, server_default="talkwright"),
    Column("attempt", Integer, nullable=False, server_default="0", comment="number of the latest attempt"),
    Column("reason", Text),
    Column("problems", Text, nullable=False, server_default="[]", comment="JSON list"),
    instant("not_before"),
    instant("cancel_requested_at"),
    created(),
    reference("created_by", "users.id"),
    instant("started_at"),
    instant("ended_at"),
    Column("traceparent", Text),
    Index("ix_trainings_assistant", "assistant", "sequence"),
    Index("ix_trainings_open", "sequence", postgresql_where=text("state IN ('queued', 'running')")),
    Index("ix_trainings_version", "version"),
    Index("ix_trainings_served", "assistant", "started_at"),
    one_of("state", *TrainingState),
)

models = Table(
    "models",
    metadata,
    identifier(),
    Column("model_id", EXACT, nullable=False, unique=True, comment="what the engine stamps into events"),
    reference("assistant", "assistants.id", cascade=True, index=True),
    reference("version", "versions.id", cascade=True, index=True),
    Column("training", Uuid, index=True),
    Column("engine", Text, nullable=False),
    Column("object", Text, nullable=False, comment="key in the object storage"),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    created(),
    instant("deleted_at", comment="when a person deleted it; its object is collected, and what ran of it stays known"),
    reference("deleted_by", "users.id", nullable=True),
)

deployments = Table(
    "deployments",
    metadata,
    identifier(),
    Column("sequence", BigInteger, Identity(), nullable=False, unique=True, comment="order of arrival"),
    reference("assistant", "assistants.id", cascade=True),
    Column("environment", EXACT, nullable=False, server_default="try"),
    reference("version", "versions.id", cascade=True),
    reference("model", "models.id", cascade=True, nullable=True),
    Column("training", Uuid),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("active", Boolean, nullable=False, server_default="false", comment="its environment's talk goes here"),
    Column("attempt", Integer, nullable=False, server_default="0", comment="number of the latest attempt"),
    Column("reason", Text),
    instant("not_before"),
    instant("cancel_requested_at"),
    created(),
    reference("created_by", "users.id"),
    instant("ready_at"),
    instant("ended_at"),
    Column("traceparent", Text),
    instant("slept_at", comment="stopped as nobody talked to it; a message wakes it"),
    instant("wake_requested_at", comment="when somebody last talked to it as it slept"),
    Index(
        "ix_deployments_asleep",
        "assistant",
        "environment",
        "sequence",
        postgresql_where=text("slept_at IS NOT NULL"),
    ),
    Index("ix_deployments_assistant", "assistant", "sequence"),
    Index("uq_deployments_active", "assistant", "environment", unique=True, postgresql_where=text("active")),
    Index("ix_deployments_open", "sequence", postgresql_where=text("state NOT IN ('stopped', 'failed')")),
    one_of("state", *DeploymentState),
)

talks = Table(
    "talks",
    metadata,
    reference("assistant", "assistants.id", cascade=True),
    Column("environment", EXACT, nullable=False),
    Column("generation", BigInteger, nullable=False),
    PrimaryKeyConstraint("assistant", "environment"),
    comment="How often the talk of an assistant went to another deployment, or to none",
)

attempts = Table(
    "attempts",
    metadata,
    identifier(),
    Column("work_kind", Text, nullable=False),
    Column("work", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("worker", Uuid, comment="the one it was assigned to"),
    Column("epoch", BigInteger, nullable=False, server_default="0", comment="of the lease that its writes check"),
    Column("state", Text, nullable=False, server_default="assigned"),
    Column("job", Text, comment="JSON: the executor's handle"),
    Column("address", Text),
    Column("secret", LargeBinary, comment="the job's token, encrypted"),
    Column("stage", Text),
    Column("progress", Float, nullable=False, server_default="0"),
    Column("log_position", BigInteger, nullable=False, server_default="0"),
    Column("outcome", Text),
    Column("reason", Text),
    Column("problems", Text, nullable=False, server_default="[]", comment="JSON list"),
    Column("result", Text, comment="JSON: what came out, as the model of a training"),
    instant("stop_requested_at"),
    created(),
    instant("started_at"),
    instant("ready_at"),
    instant("ended_at"),
    Column("protocol", Text, comment="how chats talk to it; null: as to our own engine"),
    UniqueConstraint("work_kind", "work", "number"),
    Index("ix_attempts_worker", "worker", postgresql_where=text("ended_at IS NULL")),
    one_of("state", "assigned", "running", "ready", "stopping", "ended"),
)

transitions = Table(
    "transitions",
    metadata,
    Column("sequence", BigInteger, Identity(), primary_key=True),
    Column("work_kind", Text, nullable=False),
    Column("work", Uuid, nullable=False),
    instant("at", nullable=False),
    Column("source", Text, nullable=False, comment="the state before"),
    Column("target", Text, nullable=False, comment="the state after"),
    Column("attempt", Integer, nullable=False, comment="number of the attempt that it is about, 0 before the first"),
    Column("who", Text, nullable=False, comment="the orchestrator that led"),
    Column("why", Text, nullable=False, comment="in words for people"),
    Index("ix_transitions_work", "work", "sequence"),
    comment="Every change of a training's or deployment's state; only ever added to",
)

assistant_secrets = Table(
    "assistant_secrets",
    metadata,
    identifier(),
    reference("assistant", "assistants.id", cascade=True),
    Column("name", EXACT, nullable=False, comment="what the project writes as ${NAME}"),
    Column("value", LargeBinary, nullable=False, comment="encrypted; nobody reads it but the consumers of jobs"),
    instant("changed_at", nullable=False),
    reference("changed_by", "users.id"),
    UniqueConstraint("assistant", "name"),
)

attempt_logs = Table(
    "attempt_logs",
    metadata,
    reference("attempt", "attempts.id", cascade=True),
    Column("number", BigInteger, nullable=False),
    instant("at", nullable=False),
    Column("level", Text, nullable=False, server_default="info"),
    Column("stage", Text),
    Column("progress", Float),
    Column("message", Text, nullable=False),
    PrimaryKeyConstraint("attempt", "number"),
)

leases = Table(
    "leases",
    metadata,
    Column("key", EXACT, primary_key=True),
    Column("holder", Uuid),
    Column("epoch", BigInteger, nullable=False, server_default="0"),
    instant("expires_at", nullable=False),
)

workers = Table(
    "workers",
    metadata,
    identifier(),
    Column("role", EXACT, nullable=False),
    Column("capacity", Integer, nullable=False, server_default="1"),
    Column("host", Text, nullable=False),
    Column("process", Integer),
    Column("engines", Text, nullable=False, server_default="[]", comment="JSON list: engines it can run"),
    Column("protocol", Integer, nullable=False, server_default="1", comment="how it and orchestrators understand rows"),
    Column("site", EXACT, comment="where its jobs live on when it ends: others of the same site may go on with them"),
    Column("draining", Boolean, nullable=False, server_default="false"),
    instant("started_at", nullable=False),
    instant("heartbeat_at", nullable=False),
    Column(
        "lease_seconds",
        Float,
        nullable=False,
        server_default="60",
        comment="seconds without a sign of life after which it counts as gone",
    ),
    instant("ended_at"),
    Index("ix_workers_role", "role", postgresql_where=text("ended_at IS NULL")),
)

announcement_scopes = Table(
    "announcement_scopes",
    metadata,
    Column("scope", EXACT, primary_key=True),
    Column("last", BigInteger, nullable=False),
    comment="The lock under which a scope's announcements get their numbers in order",
)

announcements = Table(
    "announcements",
    metadata,
    Column("scope", EXACT, nullable=False, comment="an assistant's id, or studio"),
    Column("id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", Text, nullable=False, comment="JSON"),
    Column("change_id", Uuid, comment="the change that it tells of, so that its author knows the echo"),
    instant("at", nullable=False),
    PrimaryKeyConstraint("scope", "id"),
    Index("ix_announcements_at", "at"),
)

instance = Table(
    "instance",
    metadata,
    identifier(),
    Column("single", Boolean, nullable=False, unique=True, server_default="true", comment="there is only one row"),
    Column("name", Text, nullable=False, server_default="Talkwright"),
    created(),
)

schema_info = Table(
    "schema_info",
    metadata,
    Column("single", Boolean, primary_key=True, server_default="true"),
    Column("revision", Text, nullable=False),
    Column("min_code", Integer, nullable=False, comment="the oldest code generation that may use this schema"),
)
