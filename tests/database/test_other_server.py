"""What touches the database works on a PostgreSQL that is older and poorer than ours, as the application's role."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.services.other_postgres import HOW, found, other_server

TESTS = Path(__file__).parents[1]
ROOMS = (
    "database",
    "backend/content/test_changes.py",
    "backend/content/test_concurrency.py",
    "backend/content/test_lists.py",
    "backend/content/test_model.py",
    "backend/events/test_stream.py",
    "rights",
    "modelservice/test_leases.py",
    "modelservice/test_keeper.py",
    "cli/test_backup.py::test_a_backup_round_trips_into_an_empty_place_and_not_onto_another_studio",
    "upgrades/test_upgrades.py::test_a_dump_is_migrated_to_what_the_code_says_and_loses_nothing",
)
LEAST_VERSION = 14
OWN_SERVERS = ("database/test_embedded.py", "database/test_trouble.py", "database/test_other_server.py")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_tests_of_the_database_pass_on_the_machines_own_server() -> None:
    programs = found()
    if programs is None:
        pytest.skip(reason=f"there is no other PostgreSQL here; {HOW}")
    chosen = [str(TESTS / room) for room in ROOMS]
    ignored = [f"--ignore={TESTS / path}" for path in OWN_SERVERS]
    with other_server(programs) as server:
        print(f"PostgreSQL {server.version} of {programs}")  # noqa: T201 - the run shall say which one it was
        assert server.version >= LEAST_VERSION
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-k", "not embedded", *ignored, *chosen],
            env=environment | {"TEST_POSTGRES_URL": server.url},
            cwd=TESTS.parent,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6000:]
