"""`talkwright backup FILE` and `talkwright restore FILE`: all that people made, in one file, and back again."""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Annotated, cast

import typer

from talkwright import __version__
from talkwright.cli.archive import ArchiveError, Manifest, Member, Reader, Writer, drop_cut, drop_old, scratch
from talkwright.cli.reaching import reached
from talkwright.cli.supervisor.lock import AlreadyRunningError
from talkwright.database import dump
from talkwright.database.dump import DumpError, TableRows
from talkwright.database.embedded import EmbeddedError
from talkwright.database.migrate import STUDIO, MigrationError, Source
from talkwright.database.settings import DatabaseSettings, HomeSettings
from talkwright.identity.provider.source import SOURCE as PROVIDER
from talkwright.operations.config import load
from talkwright.operations.logs import configure_logging
from talkwright.storage.objects import ObjectNotFoundError, ObjectStore, StorageError, open_store
from talkwright.storage.settings import StorageSettings

SOURCES: Sequence[Source] = (STUDIO, PROVIDER)
FOLDERS = ("projects", "models")
REFUSALS = (ArchiveError, DumpError, EmbeddedError, MigrationError, StorageError, AlreadyRunningError, OSError)

File = Annotated[Path, typer.Argument(help="The backup's file.")]


def backup(
    file: File,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep", min=1, help="Then delete older backups in the file's folder with the same ending: so many stay."
        ),
    ] = None,
) -> None:
    """Write everything that people made into one file; a studio may run meanwhile."""
    home, settings, storage = _settings()
    old: list[Path] = []
    try:
        if file.exists():
            raise ArchiveError(f"{file} is there already; give another name.")
        if keep is not None:
            drop_cut(file.parent)  # first, as it may be what takes the room
        with reached(home, settings) as database:
            manifest = asyncio.run(_backup(file, database, open_store(storage, home)))
        if keep is not None:
            old = drop_old(file, keep)
    except REFUSALS as error:
        _refuse(error)
    sys.stdout.write(f"{file}: {_contents(manifest)}\n")
    for path in old:
        sys.stdout.write(f"Deleted {path}.\n")


def restore(
    file: File,
    replace: Annotated[bool, typer.Option("--replace", help="Also where a studio is: it is lost.")] = False,
) -> None:
    """Put back what a backup holds; the studio must not run. Checks the whole file first."""
    home, settings, storage = _settings()
    try:
        reader = Reader(file)
        try:
            with reached(home, settings, alone=True) as database:
                asyncio.run(_restore(reader, database, open_store(storage, home), replace=replace))
        finally:
            reader.close()
    except REFUSALS as error:
        _refuse(error)
    sys.stdout.write(f"Restored {_contents(reader.manifest)} of {reader.manifest.made_at}. People sign in again.\n")


def _settings() -> tuple[Path, DatabaseSettings, StorageSettings]:
    configure_logging("backup")
    settings = load(HomeSettings, DatabaseSettings, StorageSettings)
    return settings[HomeSettings].home.resolve(), settings[DatabaseSettings], settings[StorageSettings]


def _refuse(error: Exception) -> None:
    sys.stderr.write(f"{error}\n")
    raise typer.Exit(1) from None


def _contents(manifest: Manifest) -> str:
    objects = sum(member.key is not None for member in manifest.members)
    size = sum(member.bytes for member in manifest.members) / 1_000_000
    return f"the database and {objects} objects, {size:.1f} MB"


async def _backup(file: Path, database: DatabaseSettings, store: ObjectStore) -> Manifest:
    """Rows first, all of one moment; objects are only ever added, so that those the rows name are there."""
    writer = Writer(file)
    try:
        with scratch() as folder:
            passing = Path(folder) / "passing"
            with dump.snapshot(database, SOURCES) as (revisions, tables):
                made_at = datetime.now(UTC).isoformat(timespec="seconds")
                for table in tables:
                    with passing.open("wb") as out, gzip.GzipFile("", "wb", fileobj=out, mtime=0) as packed:
                        table.write(cast(IO[bytes], packed))
                    writer.add(passing, table=table.name, columns=table.columns)
                for key in [key for prefix in FOLDERS for key in await store.keys(prefix)]:
                    try:
                        await store.get_to(key, passing)
                    except ObjectNotFoundError:
                        continue  # deleted since it was listed, so that no row names it any more
                    writer.add(passing, key=key)
        return writer.finish(version=__version__, made_at=made_at, revisions=revisions)
    finally:
        writer.close()


async def _restore(reader: Reader, database: DatabaseSettings, store: ObjectStore, *, replace: bool) -> None:
    """Objects first, which nothing names yet; then all rows at once; then what only the old rows named goes."""
    dump.check_revisions(reader.manifest.revisions, SOURCES)
    before = [key for prefix in FOLDERS for key in await store.keys(prefix)]
    taken = dump.state_of(database, SOURCES) or ("The object store holds objects already" if before else None)
    if taken == dump.RUNS:
        raise DumpError(f"{taken}; stop it first.")
    if taken is not None and not replace:
        raise DumpError(f"{taken}, which a restore would take the place of. Add --replace if that is wanted.")
    objects = [member for member in reader.manifest.members if member.key is not None]
    with scratch() as folder:
        for member in objects:
            passing = Path(folder) / "passing"
            reader.unpack(member, passing)
            await store.put(str(member.key), passing)
    rows = [_rows(reader, member) for member in reader.manifest.members if member.table is not None]
    await asyncio.to_thread(dump.load, database, SOURCES, reader.manifest.revisions, rows)
    for key in set(before) - {member.key for member in objects}:
        await store.delete(key)


def _rows(reader: Reader, member: Member) -> TableRows:
    return TableRows(str(member.table), member.columns, partial(reader.table, member))
