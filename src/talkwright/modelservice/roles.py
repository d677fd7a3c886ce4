"""The four roles of the model service, put together from their parts."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from talkwright.database.announcements import Listener
from talkwright.database.engine import Database
from talkwright.database.ids import uuid7
from talkwright.database.readiness import unready_reason, until_ready
from talkwright.database.settings import DatabaseSettings, HomeSettings
from talkwright.identity.settings import IdentitySettings
from talkwright.modelservice.engines.rasa.settings import RasaSettings
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.executors.settings import PlaceSettings
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.operations.config import SettingsError, reveal
from talkwright.operations.role import RoleContext
from talkwright.storage.settings import StorageSettings

if TYPE_CHECKING:
    from talkwright.identity.secrets import Keyring
    from talkwright.modelservice.consuming import Trade
    from talkwright.modelservice.leading import Policy
    from talkwright.modelservice.means import Means

ORCHESTRATOR_SECTIONS = (DatabaseSettings, HomeSettings, ModelServiceSettings, PlaceSettings, KubernetesSettings)
CONSUMER_SECTIONS = (*ORCHESTRATOR_SECTIONS, StorageSettings, IdentitySettings, RasaSettings)


@dataclass(frozen=True, slots=True)
class Parts:
    """What each role of the model service is made of."""

    database: Database
    listener: Listener
    settings: ModelServiceSettings
    home: HomeSettings
    identity: UUID


@contextlib.asynccontextmanager
async def _parts(context: RoleContext) -> AsyncIterator[Parts]:
    database_settings = context.settings[DatabaseSettings]
    home, settings = context.settings[HomeSettings], context.settings[ModelServiceSettings]
    # They do little but look every few seconds, and each of them tries again where a connection was cut.
    narrow = database_settings.model_copy(update={"database_pool_size": 2, "database_pool_overflow": 3})
    database = Database.at(database_settings.application, narrow, asks_first=False)
    context.checks.append(partial(unready_reason, database))
    try:
        yield Parts(database, Listener(database_settings.direct), settings, home, settings.worker_id or uuid7())
    finally:
        await database.close()


async def training_orchestrator(context: RoleContext) -> None:
    """Admit, assign and end trainings."""
    from talkwright.modelservice.training.orchestrator import TrainingPolicy  # noqa: PLC0415 - each role loads its own

    async with _parts(context) as parts:
        await _lead(context, parts, TrainingPolicy(parts.settings.adopt_seconds))


async def running_orchestrator(context: RoleContext) -> None:
    """Start, switch and stop deployments."""
    from talkwright.modelservice.running.orchestrator import RunningPolicy  # noqa: PLC0415 - as above

    async with _parts(context) as parts:
        policy = RunningPolicy(
            parts.settings.replace_after_seconds,
            parts.settings.adopt_seconds,
            make_room_seconds=parts.settings.make_room_seconds,
            idle_stop_seconds=parts.settings.idle_stop_seconds,
        )
        await _lead(context, parts, policy)


async def _lead(context: RoleContext, parts: Parts, policy: Policy) -> None:
    """Run an orchestrator, which as the leader also ends the jobs that no attempt stands behind.

    What it lacks for that was told before it waits for the database.
    """
    from talkwright.modelservice.leading import Orchestrator  # noqa: PLC0415 - as above
    from talkwright.modelservice.placing import comparing  # noqa: PLC0415 - as above

    orchestrator = Orchestrator(parts.database, parts.listener, policy, parts.settings, parts.identity)
    place, kubernetes = context.settings[PlaceSettings], context.settings[KubernetesSettings]
    async with comparing(parts.database, place, kubernetes, orchestrator):
        await until_ready(parts.database)
        await orchestrator.run(context)


async def training_consumer(context: RoleContext) -> None:
    """Run training jobs, one at a time."""
    from talkwright.modelservice.training.consumer import Training  # noqa: PLC0415 - as above

    async with _parts(context) as parts, _means(context, parts, "training") as means:
        await _consume(context, parts, Training(means), "training-consumer")


async def running_consumer(context: RoleContext) -> None:
    """Hold one running model."""
    from talkwright.modelservice.running.consumer import Running  # noqa: PLC0415 - as above

    async with _parts(context) as parts, _means(context, parts, "running") as means:
        await _consume(context, parts, Running(means), "running-consumer")


async def _consume(context: RoleContext, parts: Parts, trade: Trade, role: str) -> None:
    """Run a consumer until the role stops; what its settings lack was told before it waits for the database."""
    from talkwright.modelservice.consuming import Consumer  # noqa: PLC0415 - as above

    await until_ready(parts.database)
    consumer = Consumer(parts.database, parts.listener, trade, parts.settings, role=role, identity=parts.identity)
    await consumer.run(context)


@contextlib.asynccontextmanager
async def _means(context: RoleContext, parts: Parts, folder: str) -> AsyncIterator[Means]:
    """What a consumer works with while the block runs: an executor, the desk that its jobs ask, and the rest."""
    from talkwright.modelservice.desk import PATH as DESK_PATH  # noqa: PLC0415 - as above
    from talkwright.modelservice.desk import serve_desk  # noqa: PLC0415 - as above
    from talkwright.modelservice.engines.known import Engines  # noqa: PLC0415 - as above
    from talkwright.modelservice.executors.process import ProcessExecutor  # noqa: PLC0415 - as above
    from talkwright.modelservice.granting import JobDesk, JobGrants  # noqa: PLC0415 - as above
    from talkwright.modelservice.means import Means  # noqa: PLC0415 - as above
    from talkwright.modelservice.placing import Surroundings, open_executor  # noqa: PLC0415 - as above
    from talkwright.modelservice.variables import Variables  # noqa: PLC0415 - as above
    from talkwright.storage.objects import StorageError, open_store  # noqa: PLC0415 - as above

    try:
        store = open_store(context.settings[StorageSettings], parts.home.home)
    except StorageError as error:
        raise SettingsError(str(error)) from error
    keys = _keys(context, parts)
    place = parts.home.home.resolve() / "jobs" / folder
    given, own_users, lifeline = passed(parts.settings), parts.settings.job_own_users, parts.settings.lifeline_fd
    settings = context.settings[PlaceSettings]
    around = Surroundings(
        database=parts.database,
        settings=settings,
        kubernetes=context.settings[KubernetesSettings],
        store=store,
        passed=given,
        local=lambda: ProcessExecutor(place, store, given, own_users=own_users, lifeline=lifeline),
    )
    grants = JobGrants(parts.database, store, keys)
    async with (
        open_executor(around) as executor,
        serve_desk(grants, settings.job_desk_host, settings.job_desk_port) as heard_at,
    ):
        url = f"{settings.job_desk_url}{DESK_PATH}" if settings.job_desk_url else heard_at
        yield Means(
            executor=executor,
            store=store,
            variables=Variables(keys, given),
            desk=JobDesk(grants, url),
            keyring=keys,
            settings=parts.settings,
            engines=Engines(parts.settings, context.settings[RasaSettings]),
        )


def _keys(context: RoleContext, parts: Parts) -> Keyring:
    from talkwright.identity.secrets import keyring  # noqa: PLC0415 - as above

    return keyring(reveal(context.settings[IdentitySettings].secret_keys), parts.home.home)


def passed(settings: ModelServiceSettings) -> dict[str, str]:
    """The variables of this process that the operator hands to jobs."""
    return {name: os.environ[name] for name in settings.job_names if name in os.environ}
