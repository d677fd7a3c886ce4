"""What `talkwright doctor` looks at: each check tells what it found, and how to mend what is not well."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import shutil
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx2
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from talkwright.backend.settings import BackendSettings
from talkwright.cli.settings import UpSettings
from talkwright.database.engine import Database
from talkwright.database.readiness import lack_of
from talkwright.database.tables import models
from talkwright.identity.people import administrator_exists
from talkwright.identity.provider.keys import Signer
from talkwright.identity.secrets import SecretsError, keyring
from talkwright.identity.settings import IdentitySettings
from talkwright.modelservice.engines.rasa.settings import RasaSettings
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.executors.settings import PlaceSettings
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.operations.config import reveal
from talkwright.storage.objects import StorageError, open_store
from talkwright.storage.probing import ProbeError, probe
from talkwright.storage.settings import StorageSettings

State = Literal["well", "note", "wrong"]
Area = Literal[
    "settings", "database", "storage", "identity", "engine", "disk", "ports", "actions", "roles", "cluster", "engines"
]

LEAST_SERVER = 140_000
LEAST_DISK = 200_000_000
LITTLE_DISK = 2_000_000_000
MOST_USED = 0.9
PROBE_SECONDS = 60.0
ACTIONS_VARIABLE = "ACTION_SERVER_URL"
_CONNECTIONS = text(
    "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS used, "
    "current_setting('max_connections')::int AS most, current_setting('server_version_num')::int AS version, "
    "current_setting('server_version') AS name"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. `mend` says what to do where it is not well."""

    area: Area
    state: State
    found: str
    mend: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is examined: the data folder, the settings, and the address of the studio that runs, if one does."""

    home: Path
    backend: BackendSettings
    identity: IdentitySettings
    storage: StorageSettings
    up: UpSettings
    service: ModelServiceSettings
    jobs: PlaceSettings
    kubernetes: KubernetesSettings
    rasa: RasaSettings
    runs_at: str | None = None


def well(area: Area, found: str) -> Finding:
    """Nothing to mend."""
    return Finding(area=area, state="well", found=found)


def note(area: Area, found: str, mend: str) -> Finding:
    """Something to know, which keeps nothing from working."""
    return Finding(area=area, state="note", found=found, mend=mend)


def wrong(area: Area, found: str, mend: str) -> Finding:
    """Something that has to be mended."""
    return Finding(area=area, state="wrong", found=found, mend=mend)


async def database(place: Place, link: Database) -> Finding:
    """Whether the server answers, is new enough, has room, and the schema fits."""
    del place
    lack = await lack_of(link)
    if lack is not None:
        return wrong("database", f"{lack.found[0].upper()}{lack.found[1:]}.", lack.mend)
    async with link.transaction() as session:
        row = (await session.execute(_CONNECTIONS)).one()
    if row.version < LEAST_SERVER:
        return wrong("database", f"The server is PostgreSQL {row.name}.", "Use PostgreSQL 14 or newer.")
    if row.used > row.most * MOST_USED:
        return wrong(
            "database",
            f"{row.used} of {row.most} connections are in use.",
            "Raise max_connections of the server, or lower TALKWRIGHT_DATABASE_POOL_SIZE.",
        )
    return well("database", f"PostgreSQL {row.name} answers, {row.used} of {row.most} connections are in use.")


async def storage(place: Place, link: Database) -> Finding:
    """Whether the store does what jobs and publication need, and the models that the studio knows are there."""
    try:
        store = open_store(place.storage, place.home)
        await probe(store)
    except (StorageError, OSError) as error:
        return wrong("storage", str(error), "Check TALKWRIGHT_STORAGE_URL, its keys, and free space.")
    except ProbeError as error:
        return wrong("storage", str(error), "Check the object store itself, its rights, and this machine's clock.")
    with suppress(SQLAlchemyError, OSError):
        async with link.transaction() as session:
            query = select(models.c.object).where(models.c.deleted_at.is_(None))
            keys = (await session.execute(query)).scalars().all()
        missing = [key for key in keys if not await store.exists(key)]
        if missing:
            some = f"{len(missing)} of {len(keys)} models are missing, the first is {missing[0]}."
            return wrong("storage", some, "Restore a backup, or train those assistants again.")
    return well("storage", f"Objects can be stored and read at {store.url}.")


async def identity(place: Place, link: Database) -> Finding:
    """Whether people can sign in: the provider answers or its keys open, and there is an administrator."""
    if place.identity.identity_provider == "openid":
        return await _other_provider(place.identity)
    try:
        await Signer(link, keyring(reveal(place.identity.secret_keys), place.home)).sign({"sub": "doctor"})
        async with link.transaction() as session:
            has_administrator = await administrator_exists(session)
    except SecretsError as error:
        return wrong("identity", str(error), "Put back TALKWRIGHT_SECRET_KEYS, or `secret-keys` of the data folder.")
    except (SQLAlchemyError, OSError) as error:
        return wrong("identity", f"Accounts can't be read ({type(error).__name__}).", "Mend the database first.")
    if not has_administrator:
        mend = "Open the link that `talkwright up` prints, or that of `talkwright users add NAME --role superuser`."
        return note("identity", "There is no administrator yet.", mend)
    return well("identity", "The built-in sign-in works and there is an administrator.")


async def _other_provider(settings: IdentitySettings) -> Finding:
    base = settings.oidc_internal_url or settings.oidc_issuer or ""
    address = f"{base.rstrip('/')}/.well-known/openid-configuration"
    try:
        async with httpx2.AsyncClient(timeout=10) as http:
            said = (await http.get(address)).raise_for_status().json()
    except (httpx2.HTTPError, ValueError) as error:
        found = f"The sign-in service does not answer at {address} ({type(error).__name__})."
        return wrong("identity", found, "Check TALKWRIGHT_OIDC_ISSUER and that the service runs.")
    issuer = said.get("issuer") if isinstance(said, dict) else None
    if issuer != settings.oidc_issuer:
        return wrong(
            "identity", f"The sign-in service calls itself {issuer}.", "Set TALKWRIGHT_OIDC_ISSUER to exactly that."
        )
    return well("identity", f"The sign-in service {issuer} answers.")


async def engine(place: Place) -> Finding:
    """Whether the built-in engine starts, as jobs start it, with all that it needs to train and run."""
    del place
    code = "import talkwright.engine.__main__, talkwright.engine.training, talkwright.engine.server"
    last = await last_words(sys.executable, "-P", "-c", code)
    if last is not None:
        return wrong("engine", f"The engine does not start: {last}", "Install the requirements again (`make run`).")
    return well("engine", "The engine starts.")


async def disk(place: Place) -> Finding:
    """Whether there is room, and the data folder can be written."""
    folder = next(one for one in (place.home, *place.home.parents) if one.is_dir())
    free = shutil.disk_usage(folder).free
    room = f"{free / 1e9:.1f} GB are free in {folder}."
    if not os.access(folder, os.W_OK):
        return wrong("disk", f"{folder} can't be written.", "Give it to the account that runs Talkwright.")
    if free < LEAST_DISK:
        return wrong("disk", room, "Make room: with less than 0.2 GB the database may stop at any time.")
    if free < LITTLE_DISK:
        return note("disk", room, "Models and logs will need more before long.")
    return well("disk", room)


async def ports(place: Place) -> Finding:
    """Whether the studio's page answers where it runs, or its port is free where it doesn't."""
    if place.runs_at is not None:
        try:
            async with httpx2.AsyncClient(timeout=10, trust_env=False) as http:
                (await http.get(f"{place.runs_at}/api/instance")).raise_for_status()
        except httpx2.HTTPError as error:
            found = f"The studio at {place.runs_at} does not answer ({type(error).__name__})."
            return wrong("ports", found, f"Its log says why: {place.home / 'logs' / 'talkwright.log'}.")
        return well("ports", f"The studio answers at {place.runs_at}.")
    host, port = place.backend.host, place.backend.port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                mend = "`up` takes the next free one; TALKWRIGHT_PORT names another."
                return note("ports", f"Port {port} is taken.", mend)
            return wrong("ports", f"{host}:{port} can't be had: {error.strerror}.", "Check TALKWRIGHT_HOST and _PORT.")
    return well("ports", f"Port {port} is free.")


async def actions(place: Place) -> Finding:
    """Whether there is an action server, or what `up` needs to start the example's."""
    given = os.environ.get(ACTIONS_VARIABLE)
    if given is not None:
        try:
            async with httpx2.AsyncClient(timeout=10, trust_env=False) as http:
                await http.get(httpx2.URL(given).join("/health"))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            found = f"The action server does not answer at {given} ({type(error).__name__})."
            return wrong("actions", found, f"Start it, or correct {ACTIONS_VARIABLE}.")
        return well("actions", f"The action server answers at {given}.")
    python = place.up.actions_python or Path(__file__).parents[3] / ".venv-actions" / "bin" / "python"
    if not python.is_file():
        found = "There is no action server: custom actions of assistants will not run."
        return note("actions", found, f"`make run` installs one for the example; {ACTIONS_VARIABLE} names yours.")
    last = await last_words(str(python), "-c", "import rasa_sdk.executor, rasa_sdk.endpoint")
    if last is not None:
        return wrong("actions", f"The example's action server does not start: {last}", "Install it again (`make run`).")
    return well("actions", "The example's action server can be started.")


async def last_words(*command: str) -> str | None:
    """None where the command succeeds, else the last line that it said."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        return str(error)
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            _, said = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"it took longer than {PROBE_SECONDS:.0f} seconds."
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return None if process.returncode == 0 else (lines or [f"it ended with code {process.returncode}."])[-1]


def address_of(home: Path) -> str | None:
    """Where the `up` that holds the data folder says that its page is."""
    try:
        told = json.loads((home / "up.lock").read_text(encoding="utf-8")).get("address")
    except (OSError, ValueError, AttributeError):
        return None
    return str(told) if told else None


OF_DATA: dict[Area, Callable[[Place, Database], Awaitable[Finding]]] = {
    "database": database,
    "storage": storage,
    "identity": identity,
}
OF_THE_MACHINE: dict[Area, Callable[[Place], Awaitable[Finding]]] = {
    "engine": engine,
    "disk": disk,
    "ports": ports,
    "actions": actions,
}
