"""Alembic's way in: run by `database.migrate` alone, with an open connection and the source whose tables move."""

from __future__ import annotations

from alembic import context

source = context.config.attributes["source"]
connection = context.config.attributes["connection"]

context.configure(
    connection=connection,
    target_metadata=source.metadata,
    version_table_schema=source.schema,
    include_schemas=True,
    include_name=lambda name, kind, _parents: name == source.schema if kind == "schema" else True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
