"""What is kept for a time only: rows and objects that nobody needs any more go in small steps, until none is left.

Objects are listed before the rows that name them are read: what is stored and entered meanwhile then has its row.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, delete, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.database import leases
from talkwright.database.announcements import forget_old
from talkwright.database.engine import Database
from talkwright.database.settings import RetentionSettings
from talkwright.database.tables import (
    assistants,
    attempt_logs,
    attempts,
    deployments,
    models,
    trainings,
    transitions,
    versions,
    workers,
)
from talkwright.operations.logs import get_logger
from talkwright.storage.keys import MANIFEST, log_key
from talkwright.storage.objects import Entry, ObjectStore

log = get_logger(__name__)

STEP_ROWS = 5_000
"""As many rows go in one transaction, so that no statement takes long."""
KEPT_WORKERS = timedelta(days=1)
KEPT_LEASES = timedelta(hours=1)


async def forget_announcements(database: Database) -> None:
    """Delete announcements that no browser comes back for."""
    await _until_none(database, forget_old)


async def clear_traces(database: Database) -> None:
    """Delete rows that only showed who was there."""
    async with database.transaction() as session:
        gone = func.now() - KEPT_WORKERS
        held = select(attempts.c.worker).where(attempts.c.ended_at.is_(None), attempts.c.worker.is_not(None))
        await session.execute(delete(workers).where(workers.c.heartbeat_at < gone, workers.c.id.not_in(held)))
        await leases.forget_old(session, KEPT_LEASES)


async def clear_attempts(database: Database, kept: RetentionSettings) -> None:
    """Delete the logs of attempts that ended long ago, and later the attempts, but for the latest of open work."""
    old_log = attempts.c.ended_at < func.now() - timedelta(days=kept.kept_log_days)
    lines = select(attempt_logs.c.attempt, attempt_logs.c.number).join(
        attempts, attempts.c.id == attempt_logs.c.attempt
    )
    old = attempts.c.ended_at < func.now() - timedelta(days=kept.kept_attempt_days)
    latest = or_(
        *(
            exists().where(
                table.c.id == attempts.c.work, table.c.attempt == attempts.c.number, table.c.ended_at.is_(None)
            )
            for table in (trainings, deployments)
        )
    )

    async def logs(session: AsyncSession) -> int:
        found = lines.where(old_log).limit(STEP_ROWS)
        key = tuple_(attempt_logs.c.attempt, attempt_logs.c.number)
        return _count(await session.execute(delete(attempt_logs).where(key.in_(found))))

    async def rows(session: AsyncSession) -> int:
        without_log = ~exists().where(attempt_logs.c.attempt == attempts.c.id)
        found = select(attempts.c.id).where(old, ~latest, without_log).limit(STEP_ROWS)
        return _count(await session.execute(delete(attempts).where(attempts.c.id.in_(found))))

    await _until_none(database, logs)
    await _until_none(database, rows)


async def clear_transitions(database: Database, kept: RetentionSettings) -> None:
    """Delete what became of trainings and deployments as long ago as their attempts go, but for those under way."""
    old = transitions.c.at < func.now() - timedelta(days=kept.kept_attempt_days)
    tables = (trainings, deployments)
    under_way = or_(*(exists().where(table.c.id == transitions.c.work, table.c.ended_at.is_(None)) for table in tables))

    async def rows(session: AsyncSession) -> int:
        found = select(transitions.c.sequence).where(old, ~under_way).limit(STEP_ROWS)
        return _count(await session.execute(delete(transitions).where(transitions.c.sequence.in_(found))))

    await _until_none(database, rows)


async def clear_logs(database: Database, store: ObjectStore, kept: RetentionSettings) -> None:
    """Delete the stored logs of attempts that ended long ago or are gone."""
    entries = _settled(await store.entries("logs"), kept)
    recent = attempts.c.ended_at > func.now() - timedelta(days=kept.kept_log_days)
    async with database.transaction() as session:
        query = select(attempts.c.id).where(or_(attempts.c.ended_at.is_(None), recent))
        needed = {log_key(attempt) for attempt in (await session.execute(query)).scalars()}
    await _delete(store, (entry.key for entry in entries if entry.key not in needed))


async def clear_models(database: Database, store: ObjectStore, kept: RetentionSettings) -> None:
    """Delete what no model names and no training comes back for, deleted models, and those of assistants long gone.

    What the database knows nothing of but a manifest names stays as long as those: a restored backup may be behind it.
    A manifest goes before what it names, so that it never names what is gone.
    """
    entries = _settled(await store.entries("models"), kept)
    gone = assistants.c.deleted_at < func.now() - timedelta(days=kept.kept_deleted_days)
    async with database.transaction() as session:
        query = select(models.c.object).join(assistants, assistants.c.id == models.c.assistant)
        query = query.where(models.c.deleted_at.is_(None))
        named = set((await session.execute(query.where(or_(assistants.c.deleted_at.is_(None), ~gone)))).scalars())
        known = {
            str(row.id): row.ended_at is None
            for row in await session.execute(select(trainings.c.id, trainings.c.ended_at))
        }
        under_way = select(attempts.c.work).where(attempts.c.ended_at.is_(None))
        held = {str(work) for work in (await session.execute(under_way)).scalars()}
    open_works = held | {training for training, is_open in known.items() if is_open}
    having_models = {_training_of(key) for key in named}
    unknown = {_training_of(entry.key) for entry in entries if entry.key.endswith(MANIFEST)} - known.keys()
    long_ago = datetime.now(UTC) - timedelta(days=kept.kept_deleted_days)

    def goes(entry: Entry) -> bool:
        training = _training_of(entry.key)
        if entry.key in named or training in open_works or (training in unknown and entry.changed > long_ago):
            return False
        return not (entry.key.endswith(MANIFEST) and training in having_models)

    gone_keys = [entry.key for entry in entries if goes(entry)]
    await _delete(store, sorted(gone_keys, key=lambda key: not key.endswith(MANIFEST)))


async def clear_projects(database: Database, store: ObjectStore, kept: RetentionSettings) -> None:
    """Delete the project archives of versions that no training waits for; a training makes its version's anew."""
    keys = {_version_of(key): key for key in await store.keys("projects")}
    recent = func.now() - timedelta(days=kept.kept_project_days)
    wanted = and_(
        trainings.c.version == versions.c.id, or_(trainings.c.ended_at.is_(None), trainings.c.created_at > recent)
    )
    async with database.transaction() as session:
        query = select(versions.c.id).where(or_(versions.c.created_at > recent, exists().where(wanted)))
        needed = set((await session.execute(query)).scalars())
    await _delete(store, (key for version, key in keys.items() if version is not None and version not in needed))


def _settled(entries: Iterable[Entry], kept: RetentionSettings) -> list[Entry]:
    """Those that were not stored just now: what names them may be on its way."""
    before = datetime.now(UTC) - timedelta(hours=kept.kept_unnamed_hours)
    return [entry for entry in entries if entry.changed < before]


async def _delete(store: ObjectStore, keys: Iterable[str]) -> None:
    for key in keys:
        await store.delete(key)
        log.info("object.collected", key=key)


async def _until_none(database: Database, step: Callable[[AsyncSession], Awaitable[int]]) -> None:
    while True:
        async with database.transaction() as session:
            if not await step(session):
                return


def _count(done: object) -> int:
    return int(getattr(done, "rowcount", 0))


def _training_of(key: str) -> str:
    return key.split("/")[2] if key.count("/") == 3 else ""


def _version_of(key: str) -> UUID | None:
    try:
        return UUID(key.removeprefix("projects/").removesuffix(".tar.gz"))
    except ValueError:
        return None
