"""The first start of a studio: import an example, train it and have it run, by the same ways as a person would."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

from talkwright.backend.context import Authenticator, Services
from talkwright.backend.errors import ProblemError
from talkwright.backend.interchange.service import import_as_new, read_example
from talkwright.backend.interchange.settings import ExampleSettings
from talkwright.backend.quotas.settings import QuotaSettings
from talkwright.backend.settings import BackendSettings
from talkwright.backend.trainings.schemas import NewTraining
from talkwright.backend.trainings.service import request_training
from talkwright.cli.parent import end_with_parent
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.settings import DatabaseSettings, HomeSettings
from talkwright.identity.audit import Origin
from talkwright.identity.principal import Principal
from talkwright.identity.roles import SUPERUSER
from talkwright.operations.config import load
from talkwright.operations.logs import configure_logging, get_logger
from talkwright.storage.objects import ObjectStore, open_store
from talkwright.storage.settings import StorageSettings

log = get_logger(__name__)


async def first_start(example: str) -> None:
    """Import the example as an assistant of everybody's and queue its training. Raises ProblemError."""
    settings = load(DatabaseSettings, HomeSettings, StorageSettings, ExampleSettings, BackendSettings, QuotaSettings)
    project, title = await read_example(settings[ExampleSettings].examples_root, example)
    assistant, origin = uuid7(), Origin(via="system", actor=SYSTEM_USER)
    studio = Principal(user_id=SYSTEM_USER, display="Talkwright", roles=frozenset({SUPERUSER}), via="system")
    database = Database.at(settings[DatabaseSettings].application)
    try:
        services = Services(
            settings=settings[BackendSettings],
            database=database,
            authenticator=cast(Authenticator, None),  # nobody signs in here
            instance="",
            extensions={
                ObjectStore: open_store(settings[StorageSettings], settings[HomeSettings].home),
                QuotaSettings: settings[QuotaSettings],
            },
        )
        async with services.transaction() as session:
            await import_as_new(session, studio, origin, project, assistant=assistant, title=title)
        log.info("example.imported", example=example, assistant=str(assistant))
        await request_training(services, assistant, SYSTEM_USER, NewTraining(id=uuid7(), deploy=True), origin)
        log.info("example.training_queued", assistant=str(assistant))
    finally:
        await database.close()


def main() -> int:
    """Do it for the example named on the command line; gives the exit code."""
    end_with_parent()
    configure_logging("first-start")
    try:
        asyncio.run(first_start(sys.argv[1]))
    except ProblemError as error:
        log.warning("example.refused", title=error.title, detail=error.detail, code=error.code)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
