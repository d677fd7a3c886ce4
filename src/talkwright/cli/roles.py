"""One command for each role of the studio; each loads what it needs and nothing else."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

from talkwright.cli.loading import loading
from talkwright.cli.parent import PARENT_VARIABLE, end_with_parent
from talkwright.operations.config import Section
from talkwright.operations.logs import configure_logging
from talkwright.operations.role import RoleMain, run_role


def migrate() -> None:
    """Prepare the database: repeatable, one at a time."""
    # Each command loads its own parts only, here and below.
    with loading():
        from talkwright.database.migrate import STUDIO, MigrationError  # noqa: PLC0415 - as said above
        from talkwright.database.migrate import migrate as bring_forward  # noqa: PLC0415 - as above
        from talkwright.database.settings import DatabaseSettings  # noqa: PLC0415 - as above
        from talkwright.identity.provider.source import SOURCE  # noqa: PLC0415 - as above
        from talkwright.operations.config import load  # noqa: PLC0415 - as above

    end_with_parent()
    configure_logging("migrate")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # what was migrated is said once, by our own line
    try:
        bring_forward(load(DatabaseSettings)[DatabaseSettings], sources=(STUDIO, SOURCE))
    except MigrationError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


def backend() -> None:
    """Serve the studio: pages, API and sign-in."""
    with loading():
        from talkwright.cli.serving import SECTIONS, serve_backend  # noqa: PLC0415 - as above

    _run("backend", serve_backend, SECTIONS)


def training_orchestrator() -> None:
    """Admit, assign and end trainings."""
    with loading():
        from talkwright.modelservice import roles  # noqa: PLC0415 - as above

    _run("training-orchestrator", roles.training_orchestrator, roles.ORCHESTRATOR_SECTIONS)


def training_consumer() -> None:
    """Run training jobs, one at a time."""
    with loading():
        from talkwright.modelservice import roles  # noqa: PLC0415 - as above

    _run("training-consumer", roles.training_consumer, roles.CONSUMER_SECTIONS)


def running_orchestrator() -> None:
    """Start, switch and stop deployments."""
    with loading():
        from talkwright.modelservice import roles  # noqa: PLC0415 - as above

    _run("running-orchestrator", roles.running_orchestrator, roles.ORCHESTRATOR_SECTIONS)


def running_consumer() -> None:
    """Hold one running model."""
    with loading():
        from talkwright.modelservice import roles  # noqa: PLC0415 - as above

    _run("running-consumer", roles.running_consumer, roles.CONSUMER_SECTIONS)


def periodic() -> None:
    """Do what is due now and then: clean-up and retention."""
    with loading():
        from talkwright.periodic import SECTIONS  # noqa: PLC0415 - as above
        from talkwright.periodic import periodic as main  # noqa: PLC0415 - as above

    _run("periodic", main, SECTIONS)


def _run(name: str, main: RoleMain, sections: Sequence[type[Section]]) -> None:
    end_with_parent()
    if PARENT_VARIABLE not in os.environ:  # `up` has said it for all its roles
        from talkwright.settings import warn_of_unknown_variables  # noqa: PLC0415 - imports the settings of all roles

        for unknown in warn_of_unknown_variables():
            sys.stderr.write(f"{unknown} is no setting of Talkwright; docs/settings.md lists them all.\n")
    run_role(name, main, sections)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # all is closed in order; taking the interpreter apart would only delay the end of `up`
