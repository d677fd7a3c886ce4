"""`talkwright doctor`: looks at everything that a studio needs, and says how to mend what is wrong."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Collection
from dataclasses import asdict
from typing import Annotated, get_args

import typer

from talkwright.backend.settings import BackendSettings
from talkwright.cli.checks import OF_DATA, OF_THE_MACHINE, Area, Finding, Place, address_of, note, wrong
from talkwright.cli.reaching import has_data, reached
from talkwright.cli.service_checks import OF_JOBS, OF_ROWS
from talkwright.cli.settings import UpSettings
from talkwright.cli.supervisor.lock import AlreadyRunningError, HomeLock
from talkwright.database.embedded import EmbeddedError
from talkwright.database.engine import Database
from talkwright.database.settings import DatabaseSettings, HomeSettings
from talkwright.identity.settings import IdentitySettings
from talkwright.modelservice.engines.rasa.settings import RasaSettings
from talkwright.modelservice.executors.kubernetes.settings import KubernetesSettings
from talkwright.modelservice.executors.settings import PlaceSettings
from talkwright.modelservice.settings import ModelServiceSettings
from talkwright.operations.config import Settings, SettingsError, load
from talkwright.operations.logs import configure_logging
from talkwright.operations.settings import OperationsSettings
from talkwright.storage.settings import StorageSettings

MARKS = {"well": "ok   ", "note": "note ", "wrong": "WRONG"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="One JSON list instead of lines.")] = False) -> None:
    """Look at data, storage, sign-in, engines, roles, cluster, machine; exit code 1 where something is wrong."""
    configure_logging("doctor", OperationsSettings(log_level="error"))
    try:
        findings = examine(load(*SECTIONS))
    except SettingsError as error:
        findings = [wrong("settings", str(error), "docs/settings.md lists every setting.")]
    sys.stdout.write(_as_json(findings) if as_json else _as_lines(findings))
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)


SECTIONS = (
    *(HomeSettings, DatabaseSettings, BackendSettings, IdentitySettings, StorageSettings, UpSettings),
    *(ModelServiceSettings, PlaceSettings, KubernetesSettings, RasaSettings),
)
"""All settings that are looked at."""


def examine(settings: Settings, areas: Collection[str] = get_args(Area)) -> list[Finding]:
    """What there is to say of all areas, or of some; of those that need data only that there is none yet."""
    home, given = settings[HomeSettings].home.resolve(), settings[DatabaseSettings]
    place = Place(
        home=home,
        backend=settings[BackendSettings],
        identity=settings[IdentitySettings],
        storage=settings[StorageSettings],
        up=settings[UpSettings],
        service=settings[ModelServiceSettings],
        jobs=settings[PlaceSettings],
        kubernetes=settings[KubernetesSettings],
        rasa=settings[RasaSettings],
        runs_at=address_of(home) if _runs(settings) else None,
    )
    if not has_data(home, given):
        found = note("database", f"There is no data in {home} yet.", "`talkwright up` makes it.")
        return [found, *asyncio.run(_check(place, None, areas))]
    try:
        with reached(home, given) as settings_of_server:
            return asyncio.run(_check(place, Database.at(settings_of_server.application, given), areas))
    except EmbeddedError as error:
        found = wrong("database", str(error), f"The server's own log is {home / 'postgres' / 'postgres.log'}.")
        return [found, *asyncio.run(_check(place, None, areas))]


async def _check(place: Place, link: Database | None, areas: Collection[str]) -> list[Finding]:
    """The findings of all checks of these areas, or of those that need no data."""
    findings = []
    if link is not None:
        try:
            findings = [await check(place, link) for area, check in (OF_DATA | OF_ROWS).items() if area in areas]
        finally:
            await link.close()
    return [*findings, *[await check(place) for area, check in (OF_THE_MACHINE | OF_JOBS).items() if area in areas]]


def _runs(settings: Settings) -> bool:
    """Whether an `up` holds the data folder."""
    home = settings[HomeSettings].home.resolve()
    if not (home / "up.lock").exists():
        return False
    lock = HomeLock(home)
    try:
        lock.take()
    except AlreadyRunningError:
        return True
    lock.release()
    return False


def _as_json(findings: list[Finding]) -> str:
    return json.dumps([asdict(finding) for finding in findings], indent=2) + "\n"


def _as_lines(findings: list[Finding]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{MARKS[finding.state]}  {finding.area:<9} {finding.found}")
        if finding.mend is not None:
            lines.append(f"{'':<17}{finding.mend}")
    return "\n".join(lines) + "\n"
