"""When what is due: the tasks of one role that clear away what is kept for a time only.

procrastinate defers each task once for its hour however many replicas run, and keeps its rows in a schema of its own.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import NoReturn

import procrastinate
import psycopg
from psycopg.conninfo import conninfo_to_dict

from talkwright import retention
from talkwright.database.engine import Database, plain_url
from talkwright.database.outage import DIRECT_SETTING, Outage, said_by, trouble_of
from talkwright.database.readiness import unready_reason, until_ready
from talkwright.database.settings import DatabaseSettings, HomeSettings, RetentionSettings
from talkwright.database.tables.base import QUEUE
from talkwright.operations.logs import get_logger
from talkwright.operations.role import RoleContext
from talkwright.operations.waiting import first_of
from talkwright.storage.objects import ObjectStore, open_store
from talkwright.storage.settings import StorageSettings

log = get_logger(__name__)

WORKER = "clean-up"
POLLING_SECONDS = 60.0
STALLED_SECONDS = POLLING_SECONDS * 2
PAUSE_SECONDS = 5.0
STOP_SECONDS = 2.0
SECTIONS = (DatabaseSettings, HomeSettings, StorageSettings, RetentionSettings)


async def periodic(context: RoleContext) -> None:
    """Run the tasks until the role stops."""
    settings = context.settings[DatabaseSettings]
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    narrow = settings.model_copy(update={"database_pool_size": 1, "database_pool_overflow": 1})
    database = Database.at(settings.application, narrow)
    context.checks.append(partial(unready_reason, database))
    store = open_store(context.settings[StorageSettings], context.settings[HomeSettings].home)
    try:
        await first_of(_run(context, database, store), context.stopping.wait())
    finally:
        await database.close()


async def _run(context: RoleContext, database: Database, store: ObjectStore) -> NoReturn:
    """Keep a worker until cancelled; the role has started while one could do its first step."""
    direct = context.settings[DatabaseSettings].direct
    outage = Outage.at(direct, DIRECT_SETTING)
    while True:
        await until_ready(database)
        app = tasks(direct, database, store, context.settings[RetentionSettings])
        try:
            async with await psycopg.AsyncConnection.connect(plain_url(direct), connect_timeout=10):
                pass  # the worker's pool would only say that it got none
            async with app.open_async():
                await app.job_manager.prune_stalled_workers(STALLED_SECONDS)  # a change, as all that it does
                outage.answered(WORKER, anew=True)
                context.started.set()
                await _work(app, database)
        except (procrastinate.exceptions.ConnectorException, psycopg.OperationalError) as error:
            cause = error.__cause__ or error
            outage.failed(cause, WORKER)
            if trouble_of(cause) is None:
                log.exception("periodic.interrupted", said=said_by(cause))
        context.started.clear()
        await asyncio.sleep(PAUSE_SECONDS)


async def _work(app: procrastinate.App, database: Database) -> None:
    """Do what is due while the worker lives. Raises ConnectorException where the database ended it."""
    worker = asyncio.create_task(
        app.run_worker_async(
            fetch_job_polling_interval=POLLING_SECONDS,
            abort_job_polling_interval=POLLING_SECONDS,
            update_heartbeat_interval=POLLING_SECONDS / 2,
            stalled_worker_timeout=STALLED_SECONDS,
            listen_notify=False,  # its listener wakes ten times a second
            install_signal_handlers=False,
            delete_jobs="always",
        )
    )
    try:
        while not worker.done():
            await unready_reason(database)  # so that it is told, and told to be over
            await first_of(asyncio.shield(worker), seconds=POLLING_SECONDS / 2)
        await worker
    finally:
        worker.cancel()
        await asyncio.wait({worker}, timeout=STOP_SECONDS)  # it tells the database, which may be gone already


def tasks(direct_url: str, database: Database, store: ObjectStore, kept: RetentionSettings) -> procrastinate.App:
    """The application with all periodic tasks."""
    given = conninfo_to_dict(plain_url(direct_url))
    connector = procrastinate.PsycopgConnector(
        kwargs={**given, "options": f"-c search_path={QUEUE}"}, min_size=1, max_size=3
    )
    app = procrastinate.App(connector=connector)

    @app.periodic(cron="7 * * * *")
    @app.task(name="forget_announcements", queueing_lock="forget_announcements")
    async def forget_announcements(timestamp: int) -> None:
        """Announcements are kept for a day."""
        del timestamp
        await retention.forget_announcements(database)

    @app.periodic(cron="17 * * * *")
    @app.task(name="forget_workers", queueing_lock="forget_workers")
    async def forget_workers(timestamp: int) -> None:
        """Consumers that ended and leases that ran out go after a while."""
        del timestamp
        await retention.clear_traces(database)

    @app.periodic(cron="27 3 * * *")
    @app.task(name="collect_models", queueing_lock="collect_models")
    async def collect_models(timestamp: int) -> None:
        """Model files that no model row names, left by attempts that were lost, go after a night or two."""
        del timestamp
        await retention.clear_models(database, store, kept)

    @app.periodic(cron="37 3 * * *")
    @app.task(name="clear_attempts", queueing_lock="clear_attempts")
    async def clear_attempts(timestamp: int) -> None:
        """Logs and attempts are kept for as long as the settings say."""
        del timestamp
        await retention.clear_attempts(database, kept)
        await retention.clear_transitions(database, kept)
        await retention.clear_logs(database, store, kept)

    @app.periodic(cron="47 3 * * *")
    @app.task(name="clear_projects", queueing_lock="clear_projects")
    async def clear_projects(timestamp: int) -> None:
        """Project archives lie in the storage for trainings only."""
        del timestamp
        await retention.clear_projects(database, store, kept)

    return app
