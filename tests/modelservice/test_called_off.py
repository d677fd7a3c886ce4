"""What follows a training that ends well although nobody wants it any more."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update
from tests.services.modelservice import Service, service_at

from talkwright.database import assistants as assistant_rows
from talkwright.database import work as queue
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.states import TrainingState
from talkwright.database.tables import deployments, models, trainings
from talkwright.database.trainings import insert_training
from talkwright.modelservice.training.orchestrator import TrainingPolicy
from talkwright.modelservice.transitions import WorkKind, step

pytestmark = pytest.mark.anyio


async def about_to_succeed(service: Service) -> tuple[UUID, UUID]:
    """An assistant and its running training, whose model is stored."""
    training, assistant = uuid7(), await service.assistant(f"bot-{uuid7().hex}")
    version = await service.version(assistant, {"config.yml": b"language: en\n"})
    async with service.database.transaction() as session:
        await insert_training(session, training, assistant=assistant, version=version, by=SYSTEM_USER, deploy=True)
        row = {"id": training, "assistant": assistant, "version": version, "training": training, "engine": "talkwright"}
        rest = {"model_id": str(training), "object": f"models/{training}", "bytes": 1, "sha256": b"0" * 32}
        await session.execute(insert(models).values(row | rest))
        await session.execute(update(trainings).where(trainings.c.id == training).values(state="running"))
    return assistant, training


async def deployed(service: Service, training: UUID) -> int:
    """How many deployments are queued when the training has succeeded."""
    async with service.database.transaction() as session:
        work = next(one for one in await queue.open_work(session, "training") if one.id == training)
        ended = queue.OpenWork(**{name: getattr(work, name) for name in work.__slots__} | {"result": _result(training)})
        succeeded = step(WorkKind.TRAINING, TrainingState.SUCCEEDED, why="It is trained.")
        await TrainingPolicy().after(session, ended, succeeded)
    async with service.database.transaction() as session:
        query = select(deployments).where(deployments.c.training == training)
        rows = (await session.execute(query)).all()
    return len([row for row in rows if row.cancel_requested_at is None])


def _result(model: UUID) -> str:
    return json.dumps({"model": str(model)})


async def test_a_training_that_succeeds_is_tried_unless_it_was_stopped(database_url: str, tmp_path: Path) -> None:
    async with service_at(database_url, tmp_path) as service:
        _, wanted = await about_to_succeed(service)
        assert await deployed(service, wanted) == 1
        _, stopped = await about_to_succeed(service)
        await service.cancel("training", stopped)
        assert await deployed(service, stopped) == 0


async def test_the_model_of_a_deleted_assistant_is_not_tried(database_url: str, tmp_path: Path) -> None:
    async with service_at(database_url, tmp_path) as service:
        assistant, training = await about_to_succeed(service)
        async with service.database.transaction() as session:
            await assistant_rows.delete(session, assistant)
            await session.execute(update(trainings).where(trainings.c.id == training).values(cancel_requested_at=None))
        assert await deployed(service, training) == 0
