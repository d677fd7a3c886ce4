"""The schema of the PostgreSQL store: numbered steps of SQL, each taken once, whoever runs them and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import psycopg

SCHEMA = "talkwright_engine"
_LOCK = 7_310_462_981  # of the advisory lock under which steps are taken
_FIRST = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS {SCHEMA}.steps (
    number integer PRIMARY KEY, name text NOT NULL, taken_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True)
class Step:
    """One step: its number, its name and its SQL."""

    number: int
    name: str
    sql: str


def steps() -> tuple[Step, ...]:
    """All steps of this version, in order."""
    folder = files("talkwright.engine.stores") / "steps"
    found = [
        Step(int(number), name.removesuffix(".sql"), item.read_text(encoding="utf-8"))
        for item in folder.iterdir()
        if item.name.endswith(".sql")
        for number, _, name in [item.name.partition("_")]
    ]
    return tuple(sorted(found, key=lambda step: step.number))


def migrate(url: str) -> Sequence[str]:
    """Brings the schema up to date and returns the names of the steps taken.

    Waits while another process does the same. A step that fails leaves nothing behind. Raises psycopg.Error.
    """
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            link.execute(_FIRST)
            missing = [step for step in steps() if step.number not in _taken(link)]
            for step in missing:
                with link.transaction():
                    link.execute(step.sql.encode())
                    link.execute(
                        f"INSERT INTO {SCHEMA}.steps (number, name) VALUES (%s, %s)",  # noqa: S608 - a constant
                        [step.number, step.name],
                    )
        finally:
            link.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    return [step.name for step in missing]


def _taken(link: psycopg.Connection[Any]) -> set[int]:
    rows = link.execute(f"SELECT number FROM {SCHEMA}.steps").fetchall()  # noqa: S608 - a constant
    return {row[0] for row in rows}
