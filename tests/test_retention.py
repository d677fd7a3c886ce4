"""What is cleared away after its time, and what stays."""

import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select, text, update
from tests.services.modelservice import Service, service_at

from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.leases import Taken, hold_chat, let_go_of_chat
from talkwright.database.settings import RetentionSettings
from talkwright.database.tables import (
    announcements,
    assistants,
    attempt_logs,
    attempts,
    chats,
    leases,
    models,
    trainings,
    transitions,
    workers,
)
from talkwright.database.workers import register_worker
from talkwright.retention import (
    clear_attempts,
    clear_logs,
    clear_models,
    clear_projects,
    clear_traces,
    clear_transitions,
    forget_announcements,
)
from talkwright.storage.keys import archive_key, log_key, manifest_key, project_key
from talkwright.storage.objects import Entry, ObjectStore

pytestmark = pytest.mark.anyio
KEPT = RetentionSettings(kept_log_days=30, kept_attempt_days=90, kept_project_days=7, kept_deleted_days=30)


@pytest.fixture
async def service(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with service_at(fresh_database_url, tmp_path) as service:
        yield service


def days_ago(days: int) -> Any:
    return func.now() - timedelta(days=days)


async def training(service: Service, assistant: UUID, *, days: int, state: str = "succeeded", attempt: int = 1) -> UUID:
    """A training of a new version, as old as this and ended unless it runs."""
    new = await service.train(assistant, {"config.yml": b"language: en\n"})
    ended = None if state == "running" else days_ago(days)
    async with service.database.transaction() as session:
        values = {"state": state, "created_at": days_ago(days), "ended_at": ended, "attempt": attempt}
        await session.execute(update(trainings).where(trainings.c.id == new).values(**values))
        moved = "UPDATE studio.versions SET created_at = now() - make_interval(days => :days) WHERE id = :id"
        row = await service.row("training", new)
        await session.execute(text(moved), {"days": days, "id": row.version})
    return new


async def attempt(service: Service, work: UUID, number: int, *, days: int) -> UUID:
    """An attempt that ended so long ago, with a line of log."""
    new = uuid7()
    async with service.database.transaction() as session:
        ended = {"state": "ended", "outcome": "lost_job", "ended_at": days_ago(days)}
        await session.execute(insert(attempts).values(id=new, work_kind="training", work=work, number=number, **ended))
        await session.execute(insert(attempt_logs).values(attempt=new, number=1, at=func.now(), message="said"))
    return new


async def left(service: Service, column: Any) -> set[Any]:
    async with service.database.transaction() as session:
        return set((await session.execute(select(column))).scalars())


async def test_logs_go_before_attempts_and_open_work_keeps_its_latest(service: Service) -> None:
    assistant = await service.assistant("kept")
    ended = await training(service, assistant, days=100)
    running = await training(service, assistant, days=200, state="running", attempt=2)
    _, middle, new = [await attempt(service, ended, number, days=days) for number, days in enumerate((100, 60, 10), 1)]
    _, latest = await attempt(service, running, 1, days=150), await attempt(service, running, 2, days=120)
    await clear_attempts(service.database, KEPT)
    assert await left(service, attempt_logs.c.attempt) == {new}
    assert await left(service, attempts.c.id) == {middle, new, latest}


async def test_what_became_of_work_goes_with_its_attempts_unless_it_is_under_way(service: Service) -> None:
    assistant = await service.assistant("told")
    ended = await training(service, assistant, days=100)
    running = await training(service, assistant, days=200, state="running")
    row = {"work_kind": "training", "source": "queued", "target": "running", "attempt": 1, "who": "o", "why": "w"}
    async with service.database.transaction() as session:
        for work, days in ((ended, 100), (ended, 10), (running, 150)):
            await session.execute(insert(transitions).values(row | {"work": work, "at": days_ago(days)}))
    await clear_transitions(service.database, KEPT)
    async with service.database.transaction() as session:
        rows = (await session.execute(select(transitions.c.work, transitions.c.at))).all()
    assert sorted(str(row.work) for row in rows) == sorted(map(str, (ended, running)))


async def test_all_old_announcements_go_at_once(service: Service) -> None:
    async with service.database.transaction() as session:
        rows = "INSERT INTO studio.announcements (scope, id, kind, payload, at) SELECT 's', n, 'x', '{}', "
        await session.execute(text(f"{rows} now() - interval '2 days' FROM generate_series(1, 10001) n"))
        await session.execute(text(f"{rows} now() FROM generate_series(10002, 10003) n"))
    await forget_announcements(service.database)
    assert await left(service, announcements.c.id) == {10002, 10003}


async def test_consumers_that_are_long_gone_are_forgotten_and_living_ones_stay(database: Database) -> None:
    old, new = uuid7(), uuid7()
    async with database.transaction() as session:
        for worker in (old, new):
            await register_worker(session, worker, "training-consumer", host="here", process=1, lease_seconds=15)
        statement = text("UPDATE studio.workers SET heartbeat_at = now() - interval '2 days' WHERE id = :id")
        await session.execute(statement, {"id": old})
    await clear_traces(database)
    async with database.transaction() as session:
        assert set((await session.execute(select(workers.c.id))).scalars()) == {new}


async def test_leases_that_ran_out_go_but_for_one_that_was_left_to_a_chats_next_turn(service: Service) -> None:
    talked, gone, process = uuid7(), uuid7(), uuid7()
    async with service.database.transaction() as session:
        given = {"assistant": await service.assistant("talked"), "language": "en", "created_by": SYSTEM_USER}
        await session.execute(insert(chats).values(id=talked, **given))
        for chat in (talked, gone):
            await hold_chat(session, chat, process, 60)
            await let_go_of_chat(session, chat, process, in_order=False)
        await session.execute(update(leases).values(expires_at=days_ago(30)))
    await clear_traces(service.database)
    async with service.database.transaction() as session:
        assert [await hold_chat(session, chat, process, 60) for chat in (talked, gone)] == [Taken.LEFT, Taken.IN_ORDER]


async def test_project_archives_stay_for_trainings_that_wait_or_were_asked_for_lately(service: Service) -> None:
    assistant = await service.assistant("projects")
    made = [
        await training(service, assistant, days=days, state=state)
        for days, state in ((30, "succeeded"), (30, "running"), (1, "failed"))
    ]
    versions = [(await service.row("training", one)).version for one in made]
    await service.store.put("projects/other.tar.gz", b"not ours")
    await clear_projects(service.database, service.store, KEPT)
    kept = {project_key(versions[1]), project_key(versions[2]), "projects/other.tar.gz"}
    assert set(await service.store.keys()) == kept


async def enter(service: Service, assistant: UUID, work: UUID, key: str) -> None:
    version = (await service.row("training", work)).version
    async with service.database.transaction() as session:
        row = {"id": uuid7(), "model_id": key, "assistant": assistant, "version": version, "engine": "talkwright"}
        await session.execute(insert(models).values(**row, object=key, bytes=1, sha256=b"0" * 32))


def age(service: Service, key: str, days: float) -> None:
    """Make an object as old as this."""
    then = time.time() - days * 86_400
    os.utime(service.home / "objects" / key, (then, then))


async def stored(service: Service, assistant: UUID, work: UUID, *, days: float, manifest: bool = True) -> list[str]:
    """A model of so many days ago, with what names it."""
    keys = [archive_key(assistant, work, uuid4(), "0" * 64), *([manifest_key(assistant, work)] if manifest else [])]
    for key in keys:
        await service.store.put(key, b"model")
        age(service, key, days)
    return keys


async def test_model_files_that_no_row_names_go_deleted_ones_and_those_of_long_deleted_assistants(
    service: Service,
) -> None:
    objects = []
    for name, days in (("living", None), ("just-deleted", 1), ("long-deleted", 40)):
        assistant = await service.assistant(name)
        work = await training(service, assistant, days=50)
        objects.append(await stored(service, assistant, work, days=50))
        await enter(service, assistant, work, objects[-1][0])
        if days is not None:
            async with service.database.transaction() as session:
                deleted = update(assistants).where(assistants.c.id == assistant).values(deleted_at=days_ago(days))
                await session.execute(deleted)
    assistant = await service.assistant("without-a-model")
    work = await training(service, assistant, days=50)
    removed = await stored(service, assistant, work, days=50)
    await enter(service, assistant, work, removed[0])
    async with service.database.transaction() as session:
        await session.execute(update(models).where(models.c.object == removed[0]).values(deleted_at=func.now()))
    lost = archive_key(uuid4(), uuid4(), uuid4(), "0" * 64)
    await service.store.put(lost, b"lost")
    age(service, lost, 2)
    await clear_models(service.database, service.store, KEPT)
    assert set(await service.store.keys("models")) == {*objects[0], *objects[1]}


async def test_what_no_row_names_stays_while_it_is_new_or_its_training_is_under_way(service: Service) -> None:
    assistant = await service.assistant("new")
    failed, running = [await training(service, assistant, days=5, state=state) for state in ("failed", "running")]
    old = await stored(service, assistant, failed, days=2)
    kept = [
        *await stored(service, assistant, running, days=2),
        *await stored(service, assistant, failed, days=0.5, manifest=False),
    ]
    await clear_models(service.database, service.store, KEPT)
    assert set(await service.store.keys("models")) == set(kept)
    assert old


async def test_published_models_that_the_database_knows_nothing_of_stay_for_longer(service: Service) -> None:
    """As after the restore of a backup that is older than they are."""
    recent = await stored(service, uuid4(), uuid4(), days=10)
    await stored(service, uuid4(), uuid4(), days=40)
    await stored(service, uuid4(), uuid4(), days=10, manifest=False)
    await clear_models(service.database, service.store, KEPT)
    assert set(await service.store.keys("models")) == set(recent)


async def test_stored_logs_stay_as_long_as_the_settings_say(service: Service) -> None:
    assistant = await service.assistant("logs")
    work = await training(service, assistant, days=100)
    old, new = [await attempt(service, work, number, days=days) for number, days in enumerate((60, 10), 1)]
    unknown, fresh = uuid4(), uuid4()
    for one, days in ((old, 60.0), (new, 10.0), (unknown, 2.0), (fresh, 0.0)):
        await service.store.put(log_key(one), b"{}")
        age(service, log_key(one), days)
    await clear_logs(service.database, service.store, KEPT)
    assert set(await service.store.keys("logs")) == {log_key(new), log_key(fresh)}


async def test_a_model_that_is_entered_while_its_kind_is_cleared_stays(service: Service) -> None:
    assistant = await service.assistant("racing")
    work = await training(service, assistant, days=0)
    key = archive_key(assistant, work, uuid4(), "0" * 64)

    class Racing(ObjectStore):
        """The real store, in which a training ends just before it is listed."""

        async def entries(self, prefix: str = "") -> list[Entry]:
            await self.put(key, b"model")
            age(service, key, 2)
            await enter(service, assistant, work, key)
            return await super().entries(prefix)

    store = Racing((service.home / "objects").as_uri())
    await clear_models(service.database, store, KEPT)
    assert await service.store.exists(key)
