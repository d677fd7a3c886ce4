"""Disks that are soon full."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk_at(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """A disk of so many MB at a new folder; where nobody may mount one, the test is left out."""
    if os.geteuid() != 0:
        pytest.skip(reason="only root may mount a small disk")
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip(reason="nothing can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(path: Path, *, leave: int = 0) -> None:
    """Leave no room but what others have already, and so many bytes."""
    with path.open("wb") as out:
        with contextlib.suppress(OSError):
            while True:
                out.write(bytes(1 << 20))
                out.flush()
        size = out.seek(0, os.SEEK_END)
        out.truncate(max(size - leave, 0))
