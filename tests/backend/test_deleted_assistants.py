"""Nothing of a deleted assistant can be had or started any more; its rows stay for what points at them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text, update
from tests.services.inprocess import Caller, InProcess, studio_in_process

from talkwright.database import assistants
from talkwright.database.changes import lock_assistant
from talkwright.database.ids import uuid7
from talkwright.database.tables import deployments, models, problems, trainings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def asking(database_url: str, tmp_path: Path) -> AsyncIterator[InProcess]:
    async with studio_in_process(database_url, tmp_path) as asking:
        yield asking


@pytest.fixture
async def admin(asking: InProcess) -> Caller:
    return await asking.person(["superuser"])


@pytest.fixture
async def path(asking: InProcess, admin: Caller) -> str:
    """The address of a new assistant."""
    made = str(uuid7())
    row = {"id": made, "name": f"bot-{made}", "title": "Bot", "language": "en"}
    assert (await asking.ask(admin, "POST", "/api/assistants", body=row)).status == 201
    return f"/api/assistants/{made}"


async def trained(asking: InProcess, admin: Caller, path: str) -> dict[str, str]:
    """A training with a model, a deployment and a chat."""
    training, deployment, chat = (str(uuid7()) for _ in range(3))
    begun = (await asking.ask(admin, "POST", f"{path}/trainings", body={"id": training})).json()
    version = begun["version"]["id"]
    row = {"id": uuid7(), "model_id": version, "assistant": UUID(path.rpartition("/")[2]), "version": UUID(version)}
    rest = {"training": UUID(training), "engine": "talkwright", "object": "models/x", "bytes": 1, "sha256": b"0" * 32}
    async with asking.studio.services.transaction() as session:
        await session.execute(insert(models).values(row | rest))
    answer = await asking.ask(admin, "POST", f"{path}/deployments", body={"id": deployment, "version": version})
    assert answer.status == 201, answer.content
    assert (await asking.ask(admin, "POST", f"{path}/chats", body={"id": chat})).status == 201
    return {"training": training, "deployment": deployment, "chat": chat, "version": version}


async def test_everything_below_a_deleted_assistant_is_gone(asking: InProcess, admin: Caller, path: str) -> None:
    ids = await trained(asking, admin, path)
    reads = [f"{path}/{kind}s/{ids[kind]}" for kind in ("training", "deployment", "chat", "version")]
    reads += [f"{reads[0]}/log", f"{reads[2]}/timeline", f"{path}/chats", f"{path}/items"]
    for address in reads:
        assert (await asking.ask(admin, "GET", address)).status == 200, address
    assert (await asking.ask(admin, "DELETE", path)).status == 204
    for address in reads:
        assert (await asking.ask(admin, "GET", address)).status == 404, address
    wanted = {"id": str(uuid7()), "version": ids["version"]}
    assert (await asking.ask(admin, "POST", f"{path}/deployments", body=wanted)).status == 404
    assert (await asking.ask(admin, "POST", f"{path}/trainings", body={"id": str(uuid7())})).status == 404
    message = {"id": str(uuid7()), "text": "hello"}
    assert (await asking.ask(admin, "POST", f"{path}/chats/{ids['chat']}/messages", body=message)).status == 404


async def waits_for_a_lock(asking: InProcess) -> None:
    """Until a request of this test stands behind a lock that the test holds."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(20):
        while True:
            async with asking.studio.services.transaction() as session:
                if (await session.execute(waiting)).scalar_one():
                    return
            await asyncio.sleep(0.02)


async def test_what_is_asked_for_while_the_assistant_is_deleted_does_not_run(
    asking: InProcess, admin: Caller, path: str
) -> None:
    ids = await trained(asking, admin, path)
    async with asking.studio.services.transaction() as session:
        await assistants.delete(session, UUID(path.rpartition("/")[2]))
        wanted = {"id": str(uuid7()), "version": ids["version"]}
        deploying = asyncio.create_task(asking.ask(admin, "POST", f"{path}/deployments", body=wanted))
        await waits_for_a_lock(asking)
    assert (await deploying).status == 404
    async with asking.studio.services.transaction() as session:
        for table in (deployments, trainings):
            rows = (
                await session.execute(select(table).where(table.c.assistant == UUID(path.rpartition("/")[2])))
            ).all()
            assert all(row.cancel_requested_at is not None for row in rows)


async def test_a_model_that_sleeps_wakes_no_more_once_its_assistant_is_deleted(
    asking: InProcess, admin: Caller, path: str
) -> None:
    deployment = UUID((await trained(asking, admin, path))["deployment"])
    async with asking.studio.services.transaction() as session:
        asleep = {"state": "stopped", "slept_at": func.now(), "ended_at": func.now()}
        await session.execute(update(deployments).where(deployments.c.id == deployment).values(asleep))
    assert (await asking.ask(admin, "DELETE", path)).status == 204
    async with asking.studio.services.transaction() as session:
        row = (await session.execute(select(deployments).where(deployments.c.id == deployment))).one()
    assert row.cancel_requested_at is not None


async def test_errors_that_are_written_while_a_training_is_asked_for_stop_it(
    asking: InProcess, admin: Caller, path: str
) -> None:
    made = UUID(path.rpartition("/")[2])
    async with asking.studio.services.transaction() as session:
        await lock_assistant(session, made)
        row = {"position": 0, "key": "x", "code": "x", "severity": "error", "message": "It is broken."}
        await session.execute(insert(problems).values(assistant=made, **row))
        training = asyncio.create_task(asking.ask(admin, "POST", f"{path}/trainings", body={"id": str(uuid7())}))
        await waits_for_a_lock(asking)
    assert (await training).status == 422
