"""The file that `talkwright backup` writes: a tar of tables and objects, and a manifest with the hash of each."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, cast

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database/"
MANIFEST_BYTES = 64 * 1024 * 1024
CHUNK = 1 << 20
CUT_AFTER_SECONDS = 6 * 3600
"""A partial file to which nobody has written for so long belongs to a backup that was cut."""


class ArchiveError(Exception):
    """The file is no whole backup; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the backup: its size in bytes and its hash; of a table also its columns, of an object its key."""

    name: str
    bytes: int
    sha256: str
    table: str | None = None
    columns: tuple[str, ...] = ()
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds. `revisions` are those of the schemas, by name."""

    version: str
    made_at: str
    revisions: Mapping[str, str]
    members: tuple[Member, ...] = field(default_factory=tuple)
    format: int = FORMAT


class Writer:
    """Writes a backup: whole or not at all, and readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f".{path.name}.partial")
        self._partial.unlink(missing_ok=True)
        out = os.fdopen(os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._out = out
        self._tar = tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by `close`
        self._members: list[Member] = []

    def add(
        self, source: Path, *, table: str | None = None, columns: tuple[str, ...] = (), key: str | None = None
    ) -> None:
        """Add a file, as a table's rows or as an object."""
        name = f"{DATABASE}{table}.copy.gz" if table is not None else f"objects/{key}"
        info = tarfile.TarInfo(name)
        info.size, info.mode = source.stat().st_size, 0o600
        digest = hashlib.sha256()
        with source.open("rb") as data:
            self._tar.addfile(info, cast(IO[bytes], _Hashing(data, digest)))
        self._members.append(Member(name, info.size, digest.hexdigest(), table, columns, key))

    def finish(self, *, version: str, made_at: str, revisions: Mapping[str, str]) -> Manifest:
        """Write the manifest, without which a backup counts as cut off, and give the file its name."""
        manifest = Manifest(version=version, made_at=made_at, revisions=revisions, members=tuple(self._members))
        data = json.dumps(asdict(manifest), indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(data), 0o600
        self._tar.addfile(info, io.BytesIO(data))
        self._tar.close()
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        os.replace(self._partial, self._path)
        return manifest

    def close(self) -> None:
        """Drop what was not finished."""
        self._out.close()
        self._partial.unlink(missing_ok=True)


class _Hashing:
    def __init__(self, source: IO[bytes], digest: Any) -> None:
        self._source, self._digest = source, digest

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._digest.update(data)
        return data


class Reader:
    """Reads a backup whose every byte was compared with its manifest. Raises ArchiveError."""

    def __init__(self, path: Path) -> None:
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed by `close`
            self._infos = {info.name: info for info in self._tar if info.isfile()}
        except (OSError, tarfile.TarError) as error:
            raise ArchiveError(f"{path} can't be read as a backup: {error}.") from error
        try:
            self.manifest = self._manifest()
            for member in self.manifest.members:
                self._verify(member)
        except BaseException:
            self._tar.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._tar.close()

    def table(self, member: Member) -> IO[bytes]:
        """The rows of a table, unpacked as they are read."""
        return cast(IO[bytes], gzip.GzipFile(fileobj=self._open(member.name)))

    def unpack(self, member: Member, target: Path) -> None:
        """Write an object to a file."""
        source = self._open(member.name)
        with target.open("wb") as out:
            while data := source.read(CHUNK):
                out.write(data)

    def _manifest(self) -> Manifest:
        info = self._infos.get(MANIFEST)
        if info is None or info.size > MANIFEST_BYTES:
            raise ArchiveError("The backup has no manifest: it is cut off, or no backup of Talkwright.")
        try:
            values = json.loads(self._open(MANIFEST).read())
            if values["format"] != FORMAT:
                raise ArchiveError(f"The backup has the format {values['format']}; this release reads {FORMAT}.")
            members = tuple(Member(**{**one, "columns": tuple(one["columns"])}) for one in values.pop("members"))
            return Manifest(**values, members=members)
        except (ValueError, TypeError, KeyError) as error:
            raise ArchiveError("The backup's manifest is damaged.") from error

    def _verify(self, member: Member) -> None:
        info, digest = self._infos.get(member.name), hashlib.sha256()
        if info is None or info.size != member.bytes:
            raise ArchiveError(f"The backup is damaged: {member.name} is missing or cut off.")
        source = self._open(member.name)
        while data := source.read(CHUNK):
            digest.update(data)
        if digest.hexdigest() != member.sha256:
            raise ArchiveError(f"The backup is damaged: {member.name} is not what was saved.")

    def _open(self, name: str) -> IO[bytes]:
        found = self._tar.extractfile(self._infos[name])
        if found is None:
            raise ArchiveError(f"The backup is damaged: {name} is no file.")
        return found


def made_at(path: Path) -> str | None:
    """When a backup was made, which is not compared with its hashes; None for a file that is none, or is cut off."""
    try:
        with tarfile.open(path, "r:") as tar:
            found = tar.extractfile(MANIFEST)
            values = json.loads(found.read(MANIFEST_BYTES)) if found is not None else {}
        return str(values["made_at"]) if {"format", "revisions"} <= values.keys() else None
    except (OSError, tarfile.TarError, ValueError, KeyError, AttributeError):
        return None


def drop_old(newest: Path, keep: int) -> list[Path]:
    """Delete a folder's backups but for `keep`: the given one, and the newest of those with the same ending."""
    others = (path for path in newest.parent.iterdir() if path.suffix == newest.suffix and path.name != newest.name)
    made = {path: at for path in others if not path.is_symlink() and (at := made_at(path)) is not None}
    old = sorted(made, key=made.__getitem__, reverse=True)[keep - 1 :]
    for path in old:
        path.unlink()
    return old


def drop_cut(folder: Path) -> None:
    """Delete what backups that were cut have left in a folder."""
    for path in folder.glob(".*.partial"):
        if path.is_file() and time.time() - path.stat().st_mtime > CUT_AFTER_SECONDS and _is_partial(path):
            path.unlink()


def _is_partial(path: Path) -> bool:
    """Whether a file begins as our backups do: with a table."""
    with path.open("rb") as file:
        return file.read(len(DATABASE)) == DATABASE.encode()


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A private folder for what is on its way into a backup or out of it."""
    return tempfile.TemporaryDirectory(prefix="talkwright-")
