"""`talkwright up`: the whole studio on one machine, from an empty folder to one link."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, cast
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.exc import DBAPIError

from talkwright.backend.settings import BackendSettings
from talkwright.cli.settings import UpSettings
from talkwright.cli.supervisor import actions as action_server
from talkwright.cli.supervisor.capacity import Capacity
from talkwright.cli.supervisor.child import Child, Program, stop_all
from talkwright.cli.supervisor.journal import Journal, JournalStream, terminal
from talkwright.cli.supervisor.lock import AlreadyRunningError, HomeError, HomeLock
from talkwright.cli.supervisor.sockets import NoPortError, answers, listen
from talkwright.database import workers
from talkwright.database.announcements import Listener
from talkwright.database.embedded import EmbeddedError, EmbeddedPostgres
from talkwright.database.engine import UNAVAILABLE, Database
from talkwright.database.settings import DatabaseSettings, HomeSettings
from talkwright.database.tables import assistants
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.operations.config import load
from talkwright.operations.lifeline import Lifeline
from talkwright.operations.logs import configure_logging
from talkwright.operations.role import stop_on_signals
from talkwright.operations.settings import OperationsSettings
from talkwright.operations.waiting import first_of

SIGNS_OF_LIFE = {"LEASE_SECONDS": "30", "RENEW_SECONDS": "10"}
"""`up` sees at once that a role ended and lets go of what it held: its roles need not say so often that they live."""
ROLES_SECONDS = 3.6
ANSWER_SECONDS = 60.0
SERVER_SECONDS = 2.0
AGAIN_SECONDS = 1.0
ACTIONS_VARIABLE = "ACTION_SERVER_URL"


class StartError(Exception):
    """The studio can't start; the message says why and what to do."""


@dataclass
class Studio:
    """What one `up` holds."""

    home: Path
    journal: Journal
    lock: HomeLock
    settings: UpSettings
    backend: BackendSettings
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    children: list[Child] = field(default_factory=list)
    striking: set[asyncio.Task[None]] = field(default_factory=set)
    capacity: Capacity | None = None
    database: Database | None = None
    lifeline: Lifeline = field(default_factory=Lifeline)
    """Jobs, which go on when their consumer is killed, end with it."""
    is_alone: bool = False
    """Whether nobody else can use the database: it is the embedded one, and the data folder is locked."""

    async def gone(self, worker: UUID) -> None:
        """A role is seen dead: what it held is let go at once, or once the database is back that died with it."""
        if self.database is None:
            return
        task = asyncio.create_task(self._strike_off(self.database, worker))
        self.striking.add(task)
        task.add_done_callback(self.striking.discard)
        await asyncio.wait({task}, timeout=SERVER_SECONDS)

    async def _strike_off(self, database: Database, worker: UUID) -> None:
        while True:
            try:
                async with database.transaction() as session:
                    await workers.end_worker(session, worker)
            except (DBAPIError, *UNAVAILABLE):
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return

    def start(self, program: Program) -> Child:
        """Keep a program running."""
        child = self.child(program)
        self.children.append(child)
        child.start()
        return child

    def child(self, program: Program) -> Child:
        """A program, not started yet."""
        return Child(program, self.journal, self.gone)


def up() -> None:
    """Start the whole studio on this machine."""
    sections = load(
        HomeSettings, UpSettings, BackendSettings, DatabaseSettings, ModelServiceSettings, OperationsSettings
    )
    settings, backend = sections[UpSettings], sections[BackendSettings]
    home = sections[HomeSettings].home.resolve()
    lock = HomeLock(home)
    try:
        lock.take()
        journal = Journal(home / "logs", terminal(), sections[OperationsSettings].log_level)
        stream = cast(TextIO, JournalStream(journal))
        configure_logging("up", OperationsSettings(log_format="json"), stream)
        studio = Studio(home=home, journal=journal, lock=lock, settings=settings, backend=backend)
        asyncio.run(_up(studio))
    except (AlreadyRunningError, HomeError, StartError, EmbeddedError, NoPortError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    finally:
        lock.release()


async def _up(studio: Studio) -> None:
    with stop_on_signals(studio.stopping):
        async with _database(studio), _children(studio):
            work = asyncio.create_task(_serve(studio))
            await first_of(asyncio.shield(work), studio.stopping.wait())
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work


@contextlib.asynccontextmanager
async def _database(studio: Studio) -> AsyncIterator[None]:
    """The database of the settings, or the embedded one; its addresses go to all roles."""
    environment = studio.environment
    environment["TALKWRIGHT_HOME"] = str(studio.home)
    environment["TALKWRIGHT_LOG_FORMAT"] = "json"
    environment["PYTHONUNBUFFERED"] = "1"
    for role in ("ORCHESTRATOR", "CONSUMER"):
        given = {f"TALKWRIGHT_{role}_{name}": seconds for name, seconds in SIGNS_OF_LIFE.items()}
        if not environment.keys() & given.keys():
            environment.update(given)
    settings = load(DatabaseSettings)[DatabaseSettings]
    if settings.database_url is not None:
        studio.database = Database.at(settings.application)
        yield
        await studio.database.close()
        return
    server = EmbeddedPostgres(studio.home, with_parent=True)
    urls = await asyncio.to_thread(server.start)
    environment["TALKWRIGHT_DATABASE_URL"] = urls.application
    environment["TALKWRIGHT_DATABASE_OWNER_URL"] = urls.owner
    studio.database, studio.is_alone = Database.at(urls.application), True
    guard = asyncio.create_task(_keep_server(studio, server))
    flush = asyncio.create_task(_flush_when_stopping(studio, server))
    try:
        yield
    finally:
        guard.cancel()
        studio.stopping.set()
        await flush
        await studio.database.close()
        await asyncio.to_thread(server.stop)


async def _keep_server(studio: Studio, server: EmbeddedPostgres) -> None:
    """Start the embedded server again when it has died."""
    while True:
        await asyncio.sleep(SERVER_SECONDS)
        if not server.running and not studio.stopping.is_set():
            studio.journal.say("The database server ended unexpectedly; it starts again.", level="warning")
            try:
                await asyncio.to_thread(server.start)
            except (EmbeddedError, OSError) as error:
                studio.journal.say(f"{error} It is tried again.", level="warning")


async def _flush_when_stopping(studio: Studio, server: EmbeddedPostgres) -> None:
    """Let the database write while the roles end: its own end then waits for little."""
    await studio.stopping.wait()
    await asyncio.to_thread(server.flush)


@contextlib.asynccontextmanager
async def _children(studio: Studio) -> AsyncIterator[None]:
    try:
        yield
    finally:
        studio.stopping.set()
        studio.lifeline.end()
        every = [*studio.children, *(studio.capacity.children if studio.capacity else [])]
        await stop_all(every, ROLES_SECONDS, studio.journal)
        studio.journal.say("Talkwright has stopped.")


async def _serve(studio: Studio) -> None:
    """Bring everything up in order, then stay."""
    sock = listen(studio.backend.host, studio.backend.port)
    port = int(sock.getsockname()[1])
    wanted = studio.backend.port
    if wanted not in (0, port):
        studio.journal.say(f"Port {wanted} is taken; the studio uses {port}.")
    actions = _plan_actions(studio)
    link = await _start_backend(studio, sock, port)
    sys.stdout.write(f"{link}\n")
    sys.stdout.flush()
    if actions is not None:
        studio.start(actions)
    _warn(studio)
    await _start_roles(studio)
    if await _is_empty(studio):
        await _first_start(studio)
    if studio.capacity is not None:
        await studio.capacity.run()


def _warn(studio: Studio) -> None:
    """Say which variables nobody reads: most likely a slip of the pen."""
    from talkwright.settings import warn_of_unknown_variables  # noqa: PLC0415 - imports all settings, after the page

    for name in warn_of_unknown_variables():
        studio.journal.say(f"Nothing reads the variable {name}; is it misspelt?", level="warning")


async def _migrate(studio: Studio) -> None:
    code = await studio.child(Program.role("migrate", studio.environment)).once()
    if code != 0 and not studio.stopping.is_set():
        raise StartError(f"The database could not be prepared; {studio.journal.path} says why.")


async def _end_what_was_left(studio: Studio) -> None:
    """Strike off the roles of an `up` that could not do it itself; what they held is taken up at once."""
    if studio.is_alone and studio.database is not None:
        with contextlib.suppress(*UNAVAILABLE):  # the leases run out by themselves
            async with studio.database.transaction() as session:
                await workers.end_all_workers(session)


async def _start_backend(studio: Studio, sock: socket.socket, port: int) -> str:
    """Start the studio server on the open socket; gives the link to open once the page answers.

    It loads while the database is prepared, and touches that only when the pipe `go` ends.
    """
    readable, writable = os.pipe()
    go, preparing = os.pipe()
    environment = {
        **studio.environment,
        "TALKWRIGHT_PORT": str(port),
        "TALKWRIGHT_LISTEN_FD": str(sock.fileno()),
        "TALKWRIGHT_GO_FD": str(go),
        "TALKWRIGHT_READY_FD": str(writable),
    }
    studio.start(Program.role("backend", environment, (go, writable), (sock,)))
    await _migrate(studio)
    await _end_what_was_left(studio)
    os.close(preparing)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(readable, "rb"))
    try:
        line = await asyncio.wait_for(reader.readline(), ANSWER_SECONDS)
    except TimeoutError:
        raise StartError(f"The studio server does not answer; {studio.journal.path} says why.") from None
    said = json.loads(line)
    host = "127.0.0.1" if studio.backend.host in ("0.0.0.0", "::") else studio.backend.host  # noqa: S104 - compared
    if not await answers(host, port, "/api/instance", ANSWER_SECONDS):
        raise StartError(f"The studio's page does not answer; {studio.journal.path} says why.")
    studio.lock.write({"process": os.getpid(), "address": said["address"]})
    return str(said["link"])


def _plan_actions(studio: Studio) -> Program | None:
    """The example's action server, where rasa-sdk is installed; all roles learn its address before they start."""
    sources = Path(__file__).parents[3]
    folder = sources / "examples" / studio.settings.example
    python = studio.settings.actions_python or sources / ".venv-actions" / "bin" / "python"
    if not (folder / "actions").is_dir() or not python.is_file() or ACTIONS_VARIABLE in os.environ:
        return None
    sock = listen("127.0.0.1", 0)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TALKWRIGHT_")}
    command = (str(python), action_server.__file__, str(sock.fileno()), str(folder))
    program = Program(name="actions", command=command, environment=environment, sockets=(sock,))
    names = ModelServiceSettings().job_names
    studio.environment[ACTIONS_VARIABLE] = f"http://127.0.0.1:{sock.getsockname()[1]}/webhook"
    studio.environment["TALKWRIGHT_JOB_ENVIRONMENT"] = ",".join((*names, ACTIONS_VARIABLE))
    return program


async def _start_roles(studio: Studio) -> None:
    assert studio.database is not None  # noqa: S101 - opened before anything is served
    for name in ("training-orchestrator", "running-orchestrator"):
        studio.start(Program.role(name, studio.environment))
    for _ in range(studio.settings.training_consumers):
        studio.start(_consumer(studio, "training-consumer"))
    studio.start(Program.role("periodic", studio.environment))
    direct = studio.environment.get("TALKWRIGHT_DATABASE_DIRECT_URL") or studio.environment["TALKWRIGHT_DATABASE_URL"]
    studio.capacity = Capacity(
        studio.database,
        Listener(direct),
        lambda: studio.child(_consumer(studio, "running-consumer")),
        studio.settings.running_consumers,
    )


def _consumer(studio: Studio, role: str) -> Program:
    reader = studio.lifeline.reader
    return Program.role(role, {**studio.environment, "TALKWRIGHT_LIFELINE_FD": str(reader)}, (reader,))


async def _is_empty(studio: Studio) -> bool:
    """Whether no assistant was ever made here; asks again while the database is away."""
    assert studio.database is not None  # noqa: S101 - opened before anything is served
    while True:
        try:
            async with studio.database.transaction() as session:
                return not (await session.execute(select(exists(select(assistants.c.id))))).scalar_one()
        except (DBAPIError, OSError):
            await asyncio.sleep(SERVER_SECONDS)


async def _first_start(studio: Studio) -> None:
    """Import the example, train it and have it run, as a person would by the same ways."""
    if studio.settings.example == "none":
        return
    program = Program(
        name="first-start",
        command=(sys.executable, "-m", "talkwright.first_start", studio.settings.example),
        environment=studio.environment,
    )
    code = await studio.child(program).once()
    if code != 0 and not studio.stopping.is_set():
        studio.journal.say("The example could not be imported; the studio works without it.", level="warning")
