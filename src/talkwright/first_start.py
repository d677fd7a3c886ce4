"""The first start of a studio: import an example, train it and have it run, by the same ways as a person would."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

from talkwright.backend.assistants import service
from talkwright.backend.context import Authenticator, Services
from talkwright.backend.errors import ProblemError
from talkwright.backend.interchange.examples import example_folder, list_examples
from talkwright.backend.interchange.importing import creation_change, read
from talkwright.backend.interchange.settings import ExampleSettings
from talkwright.backend.settings import BackendSettings
from talkwright.backend.trainings.schemas import NewTraining
from talkwright.backend.trainings.service import request_training
from talkwright.cli.parent import end_with_parent
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.settings import DatabaseSettings, HomeSettings
from talkwright.identity.principal import Principal
from talkwright.identity.roles import SUPERUSER
from talkwright.operations.config import load
from talkwright.operations.logs import configure_logging, get_logger
from talkwright.storage.objects import ObjectStore, open_store
from talkwright.storage.settings import StorageSettings

log = get_logger(__name__)


async def first_start(example: str) -> None:
    """Import the example as an assistant of everybody's and queue its training. Raises ProblemError."""
    sections = load(DatabaseSettings, HomeSettings, StorageSettings, ExampleSettings)
    database_settings, home, storage, examples = cast(
        tuple[DatabaseSettings, HomeSettings, StorageSettings, ExampleSettings], sections
    )
    folder = example_folder(examples.examples_root, example)
    if folder is None:
        raise ProblemError(404, "not-found", f"There is no example {example}")
    database = Database.at(database_settings.application)
    try:
        services = Services(
            settings=BackendSettings(),
            database=database,
            authenticator=cast(Authenticator, None),  # nobody signs in here
            instance="",
            extensions={ObjectStore: open_store(storage, home.home)},
        )
        project = await read(folder)
        name, language = service.said_by(project)
        title = next(entry["title"] for entry in list_examples(examples.examples_root) if entry["name"] == example)
        row = {"id": uuid7(), "name": name, "title": title, "language": language}
        studio = Principal(user_id=SYSTEM_USER, display="Talkwright", roles=frozenset({SUPERUSER}), via="system")
        async with services.transaction() as session:
            change = creation_change(row["id"], "import-project", "import", {"items": len(project.items)})
            await service.make_assistant(session, studio, row, project, change)
        log.info("example.imported", example=example, assistant=str(row["id"]))
        await request_training(services, row["id"], SYSTEM_USER, NewTraining(id=uuid7(), deploy=True))
        log.info("example.training_queued", assistant=str(row["id"]))
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
