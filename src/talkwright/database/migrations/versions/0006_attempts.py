"""What was written of every attempt several times a second and read by nobody goes."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward."""
    for column in ("message", "log_bytes", "seen_at"):
        op.drop_column("attempts", column, schema="studio")
