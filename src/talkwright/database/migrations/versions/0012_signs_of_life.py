"""Consumers say for how long a sign of life of theirs holds: whoever looks need not know their settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; of consumers of the release before, which say nothing, a minute is believed."""
    op.add_column(
        "workers",
        sa.Column(
            "lease_seconds",
            sa.Float(),
            nullable=False,
            server_default="60",
            comment="seconds without a sign of life after which it counts as gone",
        ),
        schema="studio",
    )
