"""What the orchestrators see of open work."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert
from tests.services.modelservice import Service, service_at

from talkwright.database import work as queue
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.leases import hold_chat, let_go_of_chat
from talkwright.database.tables import attempts, chats, deployments, trainings

pytestmark = pytest.mark.anyio


async def made(service: Service, kind: queue.Kind, ends: list[timedelta], ran: list[timedelta | None]) -> UUID:
    """Open work of yesterday whose attempts all ended as lost jobs, so long ago and after answering for so long."""
    new, assistant = uuid7(), await service.assistant(f"bot-{uuid7().hex}")
    version = await service.version(assistant, {"config.yml": b"language: en\n"})
    table = {"training": trainings, "deployment": deployments}[kind]
    async with service.database.transaction() as session:
        row = {"id": new, "assistant": assistant, "version": version, "created_by": SYSTEM_USER, "attempt": len(ends)}
        await session.execute(insert(table).values(row | {"created_at": func.now() - timedelta(days=1)}))
        for number, (ago, seconds) in enumerate(zip(ends, ran, strict=True), 1):
            ended = func.now() - ago
            await session.execute(
                insert(attempts).values(
                    id=uuid7(),
                    work_kind=kind,
                    work=new,
                    number=number,
                    state="ended",
                    outcome="lost_job",
                    ready_at=None if seconds is None else ended - seconds,
                    ended_at=ended,
                )
            )
    return new


async def open_one(service: Service, kind: queue.Kind, work: UUID) -> queue.OpenWork:
    async with service.database.transaction() as session:
        return next(one for one in await queue.open_work(session, kind) if one.id == work)


async def lost_jobs(service: Service, kind: queue.Kind, work: UUID) -> int:
    return (await open_one(service, kind, work)).lost_jobs


async def test_all_lost_jobs_of_a_training_count_however_long_they_took(database_url: str, tmp_path: Path) -> None:
    async with service_at(database_url, tmp_path) as service:
        hours = [timedelta(hours=2), timedelta(hours=1), timedelta(0)]
        training = await made(service, "training", hours, [None, None, None])
        assert await lost_jobs(service, "training", training) == 3


async def test_lost_jobs_of_a_deployment_count_since_it_last_answered_for_a_while(
    database_url: str, tmp_path: Path
) -> None:
    steady, moment = timedelta(hours=1), timedelta(seconds=5)
    ends = [timedelta(hours=3), timedelta(hours=1), timedelta(minutes=30), timedelta(0)]
    async with service_at(database_url, tmp_path) as service:
        recovered = await made(service, "deployment", ends, [moment, steady, moment, None])
        assert await lost_jobs(service, "deployment", recovered) == 3
        just_lost = await made(service, "deployment", ends, [None, moment, moment, steady])
        assert await lost_jobs(service, "deployment", just_lost) == 1
        never_ready = await made(service, "deployment", ends, [None, None, None, None])
        assert await lost_jobs(service, "deployment", never_ready) == 4
        assert (await open_one(service, "deployment", never_ready)).waited < 3600  # its last attempt has just ended


@pytest.mark.parametrize(
    ("asked", "ended", "seen"),
    [(120, None, True), (120, 30, True), (120, 90, False), (30, None, False)],
    ids=["waits still", "failed since", "failed before", "asked for later"],
)
async def test_who_sleeps_is_looked_at_by_itself_only_where_a_newer_one_was_to_run_in_its_place(
    database_url: str, tmp_path: Path, asked: int, ended: int | None, *, seen: bool
) -> None:
    """It fell asleep an hour ago; the newer one was asked for, and failed, so many minutes ago."""
    async with service_at(database_url, tmp_path) as service:
        assistant = await service.assistant(f"bot-{uuid7().hex}")
        version = await service.version(assistant, {"config.yml": b"language: en\n"})
        row: dict[str, Any] = {"assistant": assistant, "version": version, "created_by": SYSTEM_USER}
        sleeper, newer = dict(row), dict(row)
        hour = func.now() - timedelta(hours=1)
        sleeper |= {"id": uuid7(), "state": "stopped", "slept_at": hour, "ended_at": hour}
        newer |= {"id": uuid7(), "state": "queued", "created_at": func.now() - timedelta(minutes=asked)}
        if ended is not None:
            newer |= {"state": "failed", "ended_at": func.now() - timedelta(minutes=ended)}
        async with service.database.transaction() as session:
            for row in (sleeper, newer):
                await session.execute(insert(deployments).values(row))
            works = {work.id: work for work in await queue.open_work(session, "deployment")}
        assert (sleeper["id"] in works) == seen
        assert not seen or works[sleeper["id"]].made_room


async def test_nobody_is_idle_in_the_middle_of_a_turn(database_url: str, tmp_path: Path) -> None:
    """A turn is kept as talk only at its end. One whose process died is none."""
    async with service_at(database_url, tmp_path) as service:
        hour, mine, process = func.now() - timedelta(hours=1), [], uuid7()
        for _ in range(2):
            assistant, chat = await service.assistant(f"bot-{uuid7().hex}"), uuid7()
            version = await service.version(assistant, {"config.yml": b"language: en\n"})
            row: dict[str, Any] = {"id": uuid7(), "assistant": assistant, "version": version, "created_by": SYSTEM_USER}
            talk: dict[str, Any] = {"id": chat, "assistant": assistant, "language": "en", "created_by": SYSTEM_USER}
            async with service.database.transaction() as session:
                await session.execute(insert(deployments).values(row | {"state": "running", "ready_at": hour}))
                await session.execute(insert(chats).values(talk | {"talked_at": hour}))
            mine.append((row["id"], chat))

        async def idle() -> list[bool]:
            async with service.database.transaction() as session:
                works = {work.id: work for work in await queue.open_work(session, "deployment")}
            return [works[deployment].idle > 3000 for deployment, _ in mine]

        async with service.database.transaction() as session:
            assert await hold_chat(session, mine[0][1], process, 60)
            assert await hold_chat(session, mine[1][1], process, 0)
        assert await idle() == [False, True]
        async with service.database.transaction() as session:
            await let_go_of_chat(session, mine[0][1], process, in_order=True)
        assert await idle() == [True, True]


async def test_trainings_of_an_engine_that_nobody_offers_keep_no_other_from_being_looked_at(
    fresh_database_url: str, tmp_path: Path
) -> None:
    async with service_at(fresh_database_url, tmp_path) as service:
        mine = []
        for engine in ("absent", "absent", "absent", "talkwright"):
            assistant = await service.assistant(f"bot-{uuid7().hex}")
            version = await service.version(assistant, {"config.yml": b"language: en\n"})
            row: dict[str, Any] = {"id": uuid7(), "assistant": assistant, "version": version, "created_by": SYSTEM_USER}
            async with service.database.transaction() as session:
                await session.execute(insert(trainings).values(row | {"engine": engine}))
            mine.append(row["id"])
        async with service.database.transaction() as session:
            seen = {work.id for work in await queue.open_work(session, "training", 1)}
        assert [training in seen for training in mine] == [True, False, False, True]
