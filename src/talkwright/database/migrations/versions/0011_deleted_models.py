"""Models that people delete: their rows stay, so that what ran of them stays known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward."""
    op.add_column(
        "models",
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a person deleted it; its object is collected, and what ran of it stays known",
        ),
        schema="studio",
    )
    op.add_column("models", sa.Column("deleted_by", sa.Uuid(), nullable=True), schema="studio")
    op.create_foreign_key(
        op.f("fk_models_deleted_by"),
        "models",
        "users",
        ["deleted_by"],
        ["id"],
        source_schema="studio",
        referent_schema="studio",
    )
