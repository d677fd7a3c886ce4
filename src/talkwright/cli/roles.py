"""One command for each role of the studio; each loads what it needs and nothing else."""

from __future__ import annotations

import logging
import os
import sys

from talkwright.cli.parent import end_with_parent
from talkwright.operations.logs import configure_logging
from talkwright.operations.role import RoleMain, run_role


def migrate() -> None:
    """Prepare the database: repeatable, one at a time."""
    # Each command loads its own parts only, here and below.
    from talkwright.database.migrate import STUDIO, MigrationError  # noqa: PLC0415 - as said above
    from talkwright.database.migrate import migrate as bring_forward  # noqa: PLC0415 - as above
    from talkwright.database.settings import DatabaseSettings  # noqa: PLC0415 - as above
    from talkwright.identity.provider.source import SOURCE  # noqa: PLC0415 - as above
    from talkwright.operations.config import load  # noqa: PLC0415 - as above

    end_with_parent()
    configure_logging("migrate")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # what was migrated is said once, by our own line
    try:
        bring_forward(load(DatabaseSettings)[0], sources=(STUDIO, SOURCE))
    except MigrationError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


def backend() -> None:
    """Serve the studio: pages, API and sign-in."""
    from talkwright.cli.serving import serve_backend  # noqa: PLC0415 - as above

    _run("backend", serve_backend)


def training_orchestrator() -> None:
    """Admit, assign and end trainings."""
    from talkwright.modelservice.roles import training_orchestrator as main  # noqa: PLC0415 - as above

    _run("training-orchestrator", main)


def training_consumer() -> None:
    """Run training jobs, one at a time."""
    from talkwright.modelservice.roles import training_consumer as main  # noqa: PLC0415 - as above

    _run("training-consumer", main)


def running_orchestrator() -> None:
    """Start, switch and stop deployments."""
    from talkwright.modelservice.roles import running_orchestrator as main  # noqa: PLC0415 - as above

    _run("running-orchestrator", main)


def running_consumer() -> None:
    """Hold one running model."""
    from talkwright.modelservice.roles import running_consumer as main  # noqa: PLC0415 - as above

    _run("running-consumer", main)


def periodic() -> None:
    """Do what is due now and then: clean-up and retention."""
    from talkwright.periodic import periodic as main  # noqa: PLC0415 - as above

    _run("periodic", main)


def _run(name: str, main: RoleMain) -> None:
    end_with_parent()
    run_role(name, main)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # all is closed in order; taking the interpreter apart would only delay the end of `up`
