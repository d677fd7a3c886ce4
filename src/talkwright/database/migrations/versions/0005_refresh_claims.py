"""The right to refresh a sign-in stands beside the end of its token, which therefore stays known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward."""
    column = sa.Column("refresh_claimed_until", sa.DateTime(timezone=True), nullable=True)
    op.add_column("sign_ins", column, schema="studio")
    op.drop_column("sign_ins", "seen_at", schema="studio")
