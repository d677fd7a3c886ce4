"""What became of each training and deployment and why, and what orchestrators must know of consumers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward."""
    op.create_table(
        "transitions",
        sa.Column("sequence", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("work_kind", sa.Text(), nullable=False),
        sa.Column("work", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="the state before"),
        sa.Column("target", sa.Text(), nullable=False, comment="the state after"),
        sa.Column(
            "attempt",
            sa.Integer(),
            nullable=False,
            comment="number of the attempt that it is about, 0 before the first",
        ),
        sa.Column("who", sa.Text(), nullable=False, comment="the orchestrator that led"),
        sa.Column("why", sa.Text(), nullable=False, comment="in words for people"),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_transitions")),
        schema="studio",
        comment="Every change of a training's or deployment's state; only ever added to",
    )
    op.create_index("ix_transitions_work", "transitions", ["work", "sequence"], schema="studio")
    op.create_index("ix_trainings_served", "trainings", ["assistant", "started_at"], schema="studio")
    for column in (
        sa.Column(
            "protocol",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="how it and orchestrators understand rows",
        ),
        sa.Column(
            "site",
            sa.Text(collation="C"),
            nullable=True,
            comment="where its jobs live on when it ends: others of the same site may go on with them",
        ),
    ):
        op.add_column("workers", column, schema="studio")
