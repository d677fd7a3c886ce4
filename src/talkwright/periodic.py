"""What is due now and then, in one role: clean-up of what is kept for a time only.

procrastinate defers each task once for its hour however many replicas run, and keeps its rows in a schema of its own.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import partial

import procrastinate
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import delete, func, select

from talkwright.database.announcements import forget_old
from talkwright.database.engine import Database, plain_url
from talkwright.database.migrate import QUEUE
from talkwright.database.readiness import unready_reason
from talkwright.database.settings import DatabaseSettings, HomeSettings
from talkwright.database.tables import attempts, leases, models, workers
from talkwright.operations.logs import get_logger
from talkwright.operations.role import RoleContext
from talkwright.storage.objects import ObjectStore, open_store
from talkwright.storage.settings import StorageSettings

log = get_logger(__name__)

POLLING_SECONDS = 60.0
KEPT_WORKERS = timedelta(days=1)
KEPT_LEASES = timedelta(hours=1)
SECTIONS = (DatabaseSettings, HomeSettings, StorageSettings)


async def periodic(context: RoleContext) -> None:
    """Run the tasks until the role stops."""
    settings = context.settings[DatabaseSettings]
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    narrow = settings.model_copy(update={"database_pool_size": 1, "database_pool_overflow": 1})
    database = Database.at(settings.application, narrow)
    context.checks.append(partial(unready_reason, database))
    store = open_store(context.settings[StorageSettings], context.settings[HomeSettings].home)
    app = tasks(settings.direct, database, store)
    try:
        async with app.open_async():
            context.started.set()
            worker = asyncio.create_task(
                app.run_worker_async(
                    fetch_job_polling_interval=POLLING_SECONDS,
                    abort_job_polling_interval=POLLING_SECONDS,
                    update_heartbeat_interval=POLLING_SECONDS / 2,
                    stalled_worker_timeout=POLLING_SECONDS * 2,
                    listen_notify=False,  # its listener wakes ten times a second
                    install_signal_handlers=False,
                    delete_jobs="always",
                )
            )
            stopping = asyncio.create_task(context.stopping.wait())
            await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if worker.done():
                worker.result()
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
    finally:
        await database.close()


def tasks(direct_url: str, database: Database, store: ObjectStore) -> procrastinate.App:
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
        async with database.transaction() as session:
            await forget_old(session)

    @app.periodic(cron="17 * * * *")
    @app.task(name="forget_workers", queueing_lock="forget_workers")
    async def forget_workers(timestamp: int) -> None:
        """Consumers that ended and leases that ran out go after a while."""
        del timestamp
        await clear_traces(database)

    @app.periodic(cron="27 3 * * *")
    @app.task(name="collect_models", queueing_lock="collect_models")
    async def collect_models(timestamp: int) -> None:
        """Model files that no model row names, left by attempts that were lost, go the next night."""
        del timestamp
        await clear_models(database, store)

    return app


async def clear_traces(database: Database) -> None:
    """Delete rows that only showed who was there."""
    async with database.transaction() as session:
        gone = func.now() - KEPT_WORKERS
        held = select(attempts.c.worker).where(attempts.c.ended_at.is_(None), attempts.c.worker.is_not(None))
        await session.execute(delete(workers).where(workers.c.heartbeat_at < gone, workers.c.id.not_in(held)))
        await session.execute(delete(leases).where(leases.c.expires_at < func.now() - KEPT_LEASES))


async def clear_models(database: Database, store: ObjectStore) -> None:
    """Delete model objects that no row names and whose training has ended."""
    async with database.transaction() as session:
        named = set((await session.execute(select(models.c.object))).scalars())
        running = set((await session.execute(select(attempts.c.work).where(attempts.c.ended_at.is_(None)))).scalars())
    for key in await store.keys("models"):
        training = key.split("/")[2] if key.count("/") == 3 else ""
        if key not in named and training not in {str(work) for work in running}:
            await store.delete(key)
            log.info("model.collected", key=key)
