"""What all tables share: the schema, how constraints are named, and the few column types that are used."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, MetaData, Text, Uuid, func

SCHEMA = "studio"
QUEUE = "queue"
"""The schema of procrastinate's own tables."""

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    },
)

EXACT = Text(collation="C")
"""Text that is unique or walked by a cursor: compared by bytes, so that no server's locale changes its order."""


def instant(name: str, *, nullable: bool = True, comment: str | None = None) -> Column[Any]:
    """A point in time with its zone."""
    return Column(name, DateTime(timezone=True), nullable=nullable, comment=comment)


def created() -> Column[Any]:
    """When the row was made, by the database's clock."""
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


def identifier() -> Column[Any]:
    """The row's own UUID."""
    return Column("id", Uuid, primary_key=True)


def reference(name: str, to: str, *, nullable: bool = False, cascade: bool = False, index: bool = False) -> Column[Any]:
    """A UUID that points at another table's row; `to` is `table.column` of this schema."""
    target = ForeignKey(f"{SCHEMA}.{to}", ondelete="CASCADE" if cascade else None)
    return Column(name, Uuid, target, nullable=nullable, index=index)


def one_of(column: str, *values: str) -> CheckConstraint:
    """A column that holds one of a few words; text and a check, because an ENUM can't lose a value."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=column)
