"""The engine that each assistant is trained for and run by, and how a running model is talked to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward."""
    op.add_column(
        "assistants",
        sa.Column(
            "engine",
            sa.Text(),
            server_default="talkwright",
            nullable=False,
            comment="what its next training is made with; earlier models keep theirs",
        ),
        schema="studio",
    )
    op.add_column(
        "attempts",
        sa.Column("protocol", sa.Text(), nullable=True, comment="how chats talk to it; null: as to our own engine"),
        schema="studio",
    )
