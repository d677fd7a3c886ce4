"""Asking for a training: pin a version, refuse what has errors, store its project, queue it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from talkwright.backend.content.presenting import listed_problem
from talkwright.backend.context import Services
from talkwright.backend.creating import id_taken
from talkwright.backend.errors import ProblemError, not_found
from talkwright.backend.paging import page_of
from talkwright.backend.quotas.service import admit
from talkwright.backend.quotas.settings import QuotaSettings
from talkwright.backend.trainings.schemas import Log, LogLine, NewTraining, Training, Trainings, training_of
from talkwright.backend.versions.service import pin_current
from talkwright.database import trainings as repository
from talkwright.database.attempt_logs import read_log
from talkwright.database.changes import lock_assistant
from talkwright.database.facts import list_problems
from talkwright.database.projects import version_archive
from talkwright.identity.audit import Origin, record
from talkwright.operations import tracing
from talkwright.storage.keys import project_key
from talkwright.storage.objects import ObjectStore, StorageError

SHOWN_PROBLEMS = 200


async def request_training(
    services: Services, assistant: UUID, by: UUID, wanted: NewTraining, origin: Origin
) -> tuple[Training, bool]:
    """Queue a training of the content as it is; gives it, and whether it is new.

    Where the same version waits or runs already, that training is given: it is run if either asks for that.

    The project is stored before the training is queued, so that no consumer ever looks for it in vain; nothing is
    awaited from outside while a transaction is open. Raises ProblemError where errors stop it.
    """
    async with services.transaction() as session:
        known = await _known(session, assistant, wanted.id)
        if known is not None:
            return known, False
        version = await pin_current(session, assistant, by)
        await refuse_errors(session, assistant)
        archive = await version_archive(session, assistant, version.id)
    await _store_project(services.get(ObjectStore), version.id, archive)
    try:
        async with services.transaction() as session:
            # Held, so that no two queue the same, and that none runs after what its assistant's deletion stops.
            if await lock_assistant(session, assistant) is None:
                raise not_found("assistant")
            same = await _same(session, assistant, version.id, wanted, origin)
            if same is not None:
                return same, False
            await admit(session, services.get(QuotaSettings), assistant, "training")
            await repository.insert_training(
                session,
                wanted.id,
                assistant=assistant,
                version=version.id,
                by=by,
                deploy=wanted.deploy,
                traceparent=tracing.header(),
            )
            await record(session, origin, "trainings.request", assistant=assistant, target=wanted.id)
    except IntegrityError:  # the same request a second time, at the same moment
        async with services.transaction() as session:
            known = await _known(session, assistant, wanted.id)
        if known is None:
            raise
        return known, False
    await _store_project(services.get(ObjectStore), version.id, archive)  # the clean-up may have come in between
    async with services.transaction() as session:
        return await one_training(session, assistant, wanted.id), True


async def refuse_errors(session: AsyncSession, assistant: UUID) -> None:
    """Raise the 422 that lists the errors which stop a training, where there are some."""
    errors = [problem for problem in await list_problems(session, assistant) if problem.severity == "error"]
    if not errors:
        return
    many = len(errors) > 1
    detail = f"{len(errors)} problem{'s' if many else ''} of the content stop{'' if many else 's'} a training. "
    problems = [listed_problem(problem) for problem in errors[:SHOWN_PROBLEMS]]
    raise ProblemError(
        422, "content-problems", "The content has errors", f"{detail}Mend and train again.", problems=problems
    )


async def one_training(session: AsyncSession, assistant: UUID, training: UUID) -> Training:
    """One training; raises 404."""
    row = await repository.get_training(session, assistant, training)
    if row is None:
        raise not_found("training")
    return training_of(row)


async def stop_training(session: AsyncSession, assistant: UUID, training: UUID, origin: Origin) -> Training:
    """Ask for the end of a training; one that has ended stays as it is. Raises 404."""
    await one_training(session, assistant, training)
    await repository.ask_to_stop_training(session, assistant, training)
    await record(session, origin, "trainings.stop", assistant=assistant, target=training)
    return await one_training(session, assistant, training)


async def page_of_trainings(session: AsyncSession, assistant: UUID, before: int | None, limit: int) -> Trainings:
    """Trainings, newest first."""
    rows = await repository.list_trainings(session, assistant, before=before, limit=limit + 1)
    shown, following = page_of(rows, limit, lambda row: row["sequence"])
    return Trainings(items=[training_of(row) for row in shown], next=following)


async def log_of(session: AsyncSession, training: UUID, after: int, limit: int) -> Log:
    """The training's log after a number."""
    lines = await read_log(session, "training", training, after, limit)
    shown = [
        LogLine(
            number=number,
            at=row["at"],
            stage=row["stage"],
            level=row["level"],
            message=row["message"],
            progress=row["progress"],
        )
        for number, row in lines
    ]
    return Log(lines=shown, next=shown[-1].number if shown else after)


async def _same(
    session: AsyncSession, assistant: UUID, version: UUID, wanted: NewTraining, origin: Origin
) -> Training | None:
    """The training of this version that waits or runs, taught to have its model run where that is wanted now."""
    row = await repository.same_training(session, assistant, version)
    if row is None:
        return None
    if wanted.deploy and not row["deploy"]:
        if not await repository.let_training_deploy(session, row["id"]):
            return None  # it has ended at this moment
        await record(session, origin, "trainings.request", assistant=assistant, target=row["id"])
    return await one_training(session, assistant, row["id"])


async def _known(session: AsyncSession, assistant: UUID, training: UUID) -> Training | None:
    row = await repository.get_training(session, assistant, training)
    if row is not None:
        return training_of(row)
    if await repository.training_exists(session, training):
        raise id_taken("training")
    return None


async def _store_project(store: ObjectStore, version: UUID, archive: bytes) -> None:
    key = project_key(version)
    try:
        if not await store.exists(key):
            await store.put(key, archive)
    except StorageError as error:
        raise ProblemError(503, "storage-unavailable", "The project could not be stored", str(error)) from error
