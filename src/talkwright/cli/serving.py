"""The backend role: the studio's application on its port, or on the socket that `up` holds for it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import uvicorn

from talkwright.backend.chats.bots import Bots
from talkwright.backend.quotas.settings import QuotaSettings
from talkwright.backend.secrets.given import GivenNames
from talkwright.backend.settings import BackendSettings
from talkwright.cli.settings import SupervisedSettings
from talkwright.cli.supervisor.sockets import NoPortError, bind, none_free
from talkwright.database.engine import UNAVAILABLE, Database
from talkwright.database.ids import uuid7
from talkwright.database.readiness import unready_reason, until_ready
from talkwright.database.settings import DatabaseSettings, HomeSettings
from talkwright.engine.quiet_server import QuietServer
from talkwright.identity.secrets import keyring
from talkwright.identity.settings import IdentitySettings
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.operations.config import SettingsError, reveal
from talkwright.operations.role import RoleContext
from talkwright.operations.waiting import first_of
from talkwright.storage.objects import ObjectStore, open_store
from talkwright.storage.settings import StorageSettings
from talkwright.studio import Studio, open_studio

REST_SECONDS = 6.0
"""What a backend may still take to end after its last request."""

SECTIONS = (
    BackendSettings,
    QuotaSettings,
    DatabaseSettings,
    HomeSettings,
    IdentitySettings,
    StorageSettings,
    ModelServiceSettings,
    SupervisedSettings,
)


async def serve_backend(context: RoleContext) -> None:
    """Serve until the role stops; open streams end first, so that they delay nothing.

    Raises SettingsError where another program listens at its address.
    """
    settings = context.settings
    backend, supervised = settings[BackendSettings], settings[SupervisedSettings]
    database_settings, home = settings[DatabaseSettings], settings[HomeSettings].home
    identity, worker = settings[IdentitySettings], settings[ModelServiceSettings].worker_id
    if not await _may_go(context, supervised.go_fd):
        return
    sock = _socket(backend, supervised)
    backend = backend.model_copy(update={"port": sock.getsockname()[1]})
    context.drain_seconds = backend.request_drain_seconds + REST_SECONDS
    database = Database.at(database_settings.application, database_settings)
    bots = Bots(keyring(reveal(identity.secret_keys), home), holder=worker or uuid7())
    extensions: dict[type[Any], Any] = {
        ObjectStore: open_store(settings[StorageSettings], home),
        Bots: bots,
        QuotaSettings: settings[QuotaSettings],
        GivenNames: GivenNames(frozenset(settings[ModelServiceSettings].job_names)),
    }
    context.checks.append(partial(unready_reason, database))
    try:
        await until_ready(database)
        async with open_studio(
            database=database,
            direct_url=database_settings.direct,
            home=home,
            backend=backend,
            identity=identity,
            extensions=extensions,
        ) as studio:
            await _serve(context, studio, sock, supervised)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        # Another server that waited for its database too had taken it as this one did, and was the first to listen.
        raise SettingsError(none_free(backend.port)) from error
    finally:
        await bots.close()
        await database.close()


async def _serve(context: RoleContext, studio: Studio, sock: socket.socket, supervised: SupervisedSettings) -> None:
    config = uvicorn.Config(
        studio.app,
        log_config=None,
        access_log=False,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=studio.services.settings.request_drain_seconds,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    await first_of(asyncio.shield(serving), server.listening.wait())
    if server.listening.is_set():
        context.started.set()
        await first_of(_say_ready(studio, supervised), context.stopping.wait())
        await first_of(asyncio.shield(serving), context.stopping.wait())
    studio.close_streams()
    server.end()
    await serving


async def _say_ready(studio: Studio, supervised: SupervisedSettings) -> None:
    """Tell the supervisor, if there is one, where the studio is; a database that went meanwhile is waited for."""
    if supervised.ready_fd is None:
        return
    address = studio.services.settings.base_url
    while True:
        try:
            link = await studio.first_administrator_link() or address
            break
        except UNAVAILABLE:
            await until_ready(studio.services.database)
    with contextlib.suppress(OSError):
        os.write(supervised.ready_fd, json.dumps({"address": address, "link": link}).encode() + b"\n")


async def _may_go(context: RoleContext, descriptor: int | None) -> bool:
    """Wait until the supervisor has prepared the database; False where the role is stopped before."""
    if descriptor is None:
        return True
    loop, go = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, go.set)
    await first_of(go.wait(), context.stopping.wait())
    loop.remove_reader(descriptor)
    return not context.stopping.is_set()


def _socket(backend: BackendSettings, supervised: SupervisedSettings) -> socket.socket:
    if supervised.listen_fd is not None:
        return socket.socket(fileno=supervised.listen_fd)
    try:
        return bind(backend.host, backend.port)
    except NoPortError as error:
        raise SettingsError(str(error)) from error


class _Server(QuietServer):
    """A server that leaves signals to `run_role`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield
