"""Reading .zip and .tar.gz without trust: names, links, sizes and counts are checked before anything is unpacked."""

from __future__ import annotations

import gzip
import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from talkwright.assistant.project.ignoring import IGNORE_FILE, Ignoring
from talkwright.assistant.project.values import Limits, ProjectRefusedError

_CHUNK: Final = 1 << 20
_DIRECTORY_BYTES: Final = 4_000_000
_STRANGE = re.compile(r"[\x00-\x1f\x7f\\]|^[A-Za-z]:")
_MARKERS = ("config.yml", "config.yaml", "domain.yml", "domain.yaml", "domain/", "data/", "endpoints.yml", "flows/")
_DAMAGED = "The archive is damaged or not what its name says; pack it again."


def read_archive(data: bytes, limits: Limits) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The bytes of each file by path, and the paths left out; raises ProjectRefusedError."""
    if len(data) > limits.archive_bytes:
        megabytes = limits.archive_bytes // 1_000_000
        message = f"The archive is larger than {megabytes} MB; leave out what is no part of the assistant."
        raise ProjectRefusedError("project-too-large", message)
    try:
        if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            contents = _unpack(_zip_entries(data, limits), limits)
        elif data[:2] == b"\x1f\x8b":
            contents = _unpack(_tar_entries(data, limits), limits)
        else:
            raise ProjectRefusedError(
                "archive-unknown", "This is neither a .zip nor a .tar.gz archive; pack the project as one of them."
            )
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, struct.error) as error:
        raise ProjectRefusedError("archive-damaged", _DAMAGED) from error
    except (NotImplementedError, RuntimeError, OSError, ValueError, OverflowError) as error:
        if isinstance(error, ProjectRefusedError):
            raise
        message = "The archive is encrypted or packed in an unusual way; pack it anew without a password."
        raise ProjectRefusedError("archive-damaged", message) from error
    return _sorted_out(contents)


class _Entry:
    """One file of an archive: its path, and its bytes on demand."""

    __slots__ = ("path", "read")

    def __init__(self, path: str, read: io.BufferedIOBase | None) -> None:
        self.path = path
        self.read = read


def _unpack(entries: Iterable[_Entry], limits: Limits) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    room = limits.unpacked_bytes
    for entry in entries:
        path = _checked(entry.path, limits)
        if path in contents:
            raise ProjectRefusedError("archive-twice", "The archive holds the same path twice; pack it again.", path)
        if len(contents) >= limits.files:
            raise _too_many(limits)
        if entry.read is None:
            raise ProjectRefusedError(
                "archive-link", f"'{path[:200]}' is a link or a device; pack the project with plain files only.", path
            )
        with entry.read as stream:
            data = _read(stream, room)
        if data is None:
            raise _too_large(limits)
        room -= len(data)
        contents[path] = data
    _check_folders(contents)
    return contents


def _read(stream: io.BufferedIOBase, room: int) -> bytes | None:
    """All of the stream, or None when it is longer than `room` bytes."""
    chunks: list[bytes] = []
    while chunk := stream.read(_CHUNK):
        room -= len(chunk)
        if room < 0:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _checked(path: str, limits: Limits) -> str:
    """The path with '/', relative and inside; raises ProjectRefusedError."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in path[:200])
    plain = path.removeprefix("./")
    parts = plain.split("/")
    if plain.startswith("/") or ".." in parts or "." in parts or "" in parts or _STRANGE.search(plain):
        raise ProjectRefusedError(
            "archive-path",
            f"The path '{shown}' leads out of the project or can't be a file's; pack the project's own folder.",
        )
    if len(plain) > limits.path_characters or any(len(part.encode(errors="replace")) > 255 for part in parts):
        raise ProjectRefusedError("archive-path", f"The path '{shown}' is too long; shorten it.")
    try:
        plain.encode()
    except UnicodeEncodeError:
        raise ProjectRefusedError(
            "archive-path", f"The path '{shown}' is not readable text; rename the file."
        ) from None
    return plain


def _check_folders(contents: Iterable[str]) -> None:
    names = set(contents)
    for path in names:
        at = path.find("/")
        while at > 0:
            if path[:at] in names:
                raise ProjectRefusedError(
                    "archive-path", f"'{path[:at][:200]}' is both a file and a folder; rename one.", path[:at]
                )
            at = path.find("/", at + 1)


def _too_many(limits: Limits) -> ProjectRefusedError:
    message = f"The archive holds more than {limits.files:,} files; leave out what is no part of the assistant."
    return ProjectRefusedError("project-too-large", message)


def _too_large(limits: Limits) -> ProjectRefusedError:
    megabytes = limits.unpacked_bytes // 1_000_000
    message = f"Unpacked, the archive is larger than {megabytes} MB; leave out what is no part of the assistant."
    return ProjectRefusedError("project-too-large", message)


def _zip_entries(data: bytes, limits: Limits) -> Iterator[_Entry]:
    if _directory_bytes(data) > _DIRECTORY_BYTES:
        raise _too_many(limits)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > limits.files:
            raise _too_many(limits)
        if sum(info.file_size for info in infos) > limits.unpacked_bytes:
            raise _too_large(limits)
        for info in infos:
            mode = info.external_attr >> 16
            linked = mode & 0o170000 not in (0, 0o100000)
            yield _Entry(info.orig_filename, None if linked else archive.open(info))  # type: ignore[arg-type] # ZipExtFile is a BufferedIOBase


def _directory_bytes(data: bytes) -> int:
    """The size of the list of files, which zipfile reads whole: the larger of what both kinds of end record say."""
    end = data.rfind(b"PK\x05\x06")
    if end < 0 or end + 22 > len(data):
        return 0
    (size,) = struct.unpack_from("<I", data, end + 12)
    if end >= 76 and data[end - 20 : end - 16] == b"PK\x06\x07" and data[end - 76 : end - 72] == b"PK\x06\x06":
        (size64,) = struct.unpack_from("<Q", data, end - 36)
        return int(max(size if size != 0xFFFFFFFF else 0, size64))
    return int(size)


class _Bounded(io.RawIOBase):
    """A stream that stops being read when more has come out of it than a project may hold."""

    def __init__(self, stream: gzip.GzipFile, limits: Limits) -> None:
        self._stream = stream
        self._limits = limits
        self._room = limits.unpacked_bytes + limits.files * 1024 + _CHUNK

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > self._room:
            raise _too_large(self._limits)
        data = self._stream.read(size)
        self._room -= len(data)
        return data


def _tar_entries(data: bytes, limits: Limits) -> Iterator[_Entry]:
    bounded = _Bounded(gzip.GzipFile(fileobj=io.BytesIO(data)), limits)
    count = 0
    with tarfile.open(fileobj=bounded, mode="r|", bufsize=1 << 16) as archive:
        for member in archive:
            count += 1
            if count > limits.files * 2:
                raise _too_many(limits)
            if member.isdir():
                continue
            if member.size > limits.unpacked_bytes:
                raise _too_large(limits)
            plain = member.isreg() and not member.issparse()
            yield _Entry(member.name, archive.extractfile(member) if plain else None)  # type: ignore[arg-type] # ExFileObject is a BufferedReader


def _sorted_out(contents: dict[str, bytes]) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Takes off one folder around everything, then what is left out, a folder of it named once."""
    prefix = _common_folder(contents)
    inside = {path.removeprefix(prefix): data for path, data in contents.items() if path.startswith(prefix)}
    outside = {path.split("/", 1)[0] for path in contents if not path.startswith(prefix)}
    ignoring = Ignoring(inside.get(IGNORE_FILE, b"")[:100_000].decode(errors="replace"))
    kept: dict[str, bytes] = {}
    for path, data in inside.items():
        if (left_out := ignoring.outermost(path)) is None:
            kept[path] = data
        else:
            outside.add(left_out)
    return kept, tuple(sorted(outside))


def _common_folder(contents: Iterable[str]) -> str:
    """'name/' when the whole project lies in one folder of that name, else ''."""
    paths = [path for path in contents if not path.startswith("__MACOSX/") and path != ".DS_Store"]
    tops = {path.split("/", 1)[0] for path in paths}
    if len(tops) != 1 or not all("/" in path for path in paths):
        return ""
    prefix = f"{tops.pop()}/"
    marked = any(path.removeprefix(prefix).startswith(_MARKERS) for path in paths)
    return prefix if marked and prefix not in _MARKERS else ""
