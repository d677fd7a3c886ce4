"""A studio that nobody uses, with one model running: its CPU, and the statements that its database gets.

    python benchmarks/idle.py [SECONDS]

The embedded server writes each statement of the application into its log while this measures.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import psycopg
from _figures import tell
from _studio import data_folder, running_studio

from talkwright.database.embedded.account import find_place

SETTLE_SECONDS = 10
_STATEMENT = re.compile(rb"LOG: +(?:statement|execute [^:]*): (?!BEGIN|COMMIT|ROLLBACK)", re.IGNORECASE)


def log_statements(home: Path) -> None:
    """Have the server log what sessions of the application that begin from now on ask."""
    password = json.loads((home / "postgres.json").read_text())["postgres"]
    port = int((find_place(home).folder / "data" / "postmaster.pid").read_text().splitlines()[3])
    with psycopg.connect(
        host="127.0.0.1", port=port, user="postgres", password=password, dbname="postgres", autocommit=True
    ) as link:
        link.execute("ALTER ROLE talkwright_app SET log_statement = 'all'")


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with data_folder() as home:
        with running_studio(home) as studio:
            studio.become_administrator()
            studio.wait_for_example()
            log_statements(home)
        with running_studio(home) as studio:
            log = find_place(home).folder / "postgres.log"
            _quiet(log)
            size, cpu, began = log.stat().st_size, studio.cpu_seconds(), time.monotonic()
            time.sleep(seconds)
            spent, elapsed = studio.cpu_seconds() - cpu, time.monotonic() - began
            with log.open("rb") as file:
                file.seek(size)
                asked = len(_STATEMENT.findall(file.read()))
    tell("idle-studio-cpu", 100 * spent / elapsed, "% of a core", f"over {elapsed:.0f} s")
    tell("idle-studio-queries", asked / elapsed, "a second", f"{asked} statements")


def _quiet(log: Path) -> None:
    """Wait until the start is over: nothing asked for a while but signs of life."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        size = log.stat().st_size
        time.sleep(SETTLE_SECONDS)
        with log.open("rb") as file:
            file.seek(size)
            if len(_STATEMENT.findall(file.read())) < 2 * SETTLE_SECONDS:
                return
    raise SystemExit("The studio did not come to rest.")


if __name__ == "__main__":
    main()
