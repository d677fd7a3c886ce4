"""Alembic's scripts: how the schema `studio` came to be, step by step."""
