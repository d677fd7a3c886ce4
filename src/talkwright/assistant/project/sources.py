"""Where a project's bytes come from: a folder, or an archive that may be hostile."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from talkwright.assistant.project.archives import read_archive
from talkwright.assistant.project.ignoring import IGNORE_FILE, Ignoring
from talkwright.assistant.project.values import Limits, ProjectRefusedError

_NARROW = f"Name a project's folder, or in {IGNORE_FILE} what it can do without."


def read_files(source: Path | bytes, limits: Limits) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The bytes of each file by path, and the paths left out; raises ProjectRefusedError."""
    if isinstance(source, bytes):
        return read_archive(source, limits)
    if source.is_dir():
        return _read_folder(source, limits)
    if not source.is_file():
        raise ProjectRefusedError("project-missing", f"There is no folder or archive '{source.name}'; check the path.")
    if source.stat().st_size > limits.archive_bytes:
        raise too_big_archive(limits)
    return read_archive(source.read_bytes(), limits)


def too_big_archive(limits: Limits) -> ProjectRefusedError:
    """The refusal of an archive that is too large to be opened."""
    megabytes = limits.archive_bytes // 1_000_000
    return ProjectRefusedError(
        "project-too-large", f"The archive is larger than {megabytes} MB; leave out what is no part of the assistant."
    )


def _read_folder(folder: Path, limits: Limits) -> tuple[dict[str, bytes], tuple[str, ...]]:
    ignoring = Ignoring(_ignore_text(folder))
    contents: dict[str, bytes] = {}
    left_out: list[str] = []
    room = limits.unpacked_bytes
    for path, taken in _walk(folder, "", ignoring, limits.path_characters):
        if not taken:
            left_out.append(path)
            continue
        if len(contents) >= limits.files:
            raise ProjectRefusedError(
                "project-too-large",
                f"The folder holds more than {limits.files:,} files. {_NARROW}",
            )
        data = _read_regular(folder / path, room)
        if data is None:
            left_out.append(path)
            continue
        room -= len(data)
        if room < 0:
            megabytes = limits.unpacked_bytes // 1_000_000
            raise ProjectRefusedError(
                "project-too-large",
                f"The folder holds more than {megabytes} MB. {_NARROW}",
            )
        contents[path] = data
    return contents, tuple(sorted(left_out))


def _ignore_text(folder: Path) -> str:
    data = _read_regular(folder / IGNORE_FILE, 100_000)
    return (data or b"").decode(errors="replace")


def _read_regular(path: Path, room: int) -> bytes | None:
    """At most `room` + 1 bytes of a regular file; None for anything else, so that no link or pipe is followed."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        return file.read(room + 1)


def _walk(folder: Path, prefix: str, ignoring: Ignoring, longest: int) -> Iterator[tuple[str, bool]]:
    """Every path below, with whether it is taken; what is left out is named once, not file by file."""
    with os.scandir(folder / prefix) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{prefix}{entry.name}"
        is_folder = entry.is_dir(follow_symlinks=False)
        unfit = entry.is_symlink() or len(path) > longest or not _storable(path)
        if unfit or ignoring.leaves_out(path, folder=is_folder):
            yield path.encode(errors="replace").decode(), False
        elif is_folder:
            yield from _walk(folder, f"{path}/", ignoring, longest)
        else:
            yield path, True


def _storable(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
