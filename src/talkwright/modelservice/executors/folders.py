"""The folders of jobs on this machine: whose they are, what they hold, and how what runs in one is ended."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from talkwright.modelservice.executors.cgroups import remove_cgroup
from talkwright.modelservice.executors.identity import ProcessIdentity, identity_of, is_alive
from talkwright.modelservice.executors.wrapper import OVER

PROC = Path("/proc")
WRAPPER = Path(__file__).with_name("wrapper")
FRESH = "."
"""What the name of a folder begins with until it is whole."""
NOBODY = ProcessIdentity(pid=0, started=None, boot="nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who holds a job, the seconds it may be without a holder, and its control group."""

    holder: ProcessIdentity
    lasts: float = 0.0
    cgroup: str | None = None


def make_folder(folder: Path, owner: Owner) -> None:
    """A fresh private folder for a job, with `work` and its place for passing files."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.rmtree(folder, ignore_errors=True)
    fresh = folder.with_name(f"{FRESH}{folder.name}.{os.getpid()}")
    fresh.mkdir(mode=0o700)
    try:
        _write_owner(fresh, owner)
        (fresh / "work").mkdir(mode=0o700)
        (fresh / "work" / ".tmp").mkdir(mode=0o700)
        fresh.rename(folder)  # others never see a folder without its owner
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def lay_wrapper(programs: Path) -> Path:
    """Copy the wrapper into a folder that is ours alone; gives where it is started.

    So a job ends with the code that it began with, whatever an upgrade has put in the package's place meanwhile.
    """
    laid = programs / WRAPPER.name
    for folder in (programs, laid):
        folder.mkdir(mode=0o700, exist_ok=True)
    for module in WRAPPER.glob("*.py"):
        shutil.copyfile(module, laid / module.name)
    return laid


def delete_folder(folder: Path) -> None:
    """Delete a job's folder and give its control group back."""
    owner = owner_of(folder)
    shutil.rmtree(folder, ignore_errors=True)
    if owner is not None and owner.cgroup is not None:
        remove_cgroup(Path(owner.cgroup))


def take_over(folder: Path) -> None:
    """Make this process the job's holder."""
    owner = owner_of(folder)
    _write_owner(
        folder,
        Owner(
            holder=identity_of(os.getpid()),
            lasts=owner.lasts if owner else 0.0,
            cgroup=owner.cgroup if owner else None,
        ),
    )


def give_up(folder: Path) -> None:
    """Make the job nobody's, where this process is its holder."""
    owner = owner_of(folder)
    if owner is not None and owner.holder == identity_of(os.getpid()):
        _write_owner(folder, replace(owner, holder=NOBODY))


def is_held_by_another(folder: Path) -> bool:
    """Whether a living process that is not this one holds the job."""
    owner = owner_of(folder)
    return owner is not None and is_alive(owner.holder) and owner.holder != identity_of(os.getpid())


def owner_of(folder: Path) -> Owner | None:
    """The holder of a job, as its folder says."""
    try:
        told = json.loads((folder / "owner.json").read_text(encoding="utf-8"))
        if "holder" not in told:  # an older consumer, which may live beside this one while a new release is rolled out
            return Owner(holder=ProcessIdentity(**told))
        return Owner(holder=ProcessIdentity(**told["holder"]), lasts=told["lasts"], cgroup=told["cgroup"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def status_of(folder: Path) -> Mapping[str, Any]:
    """What the job's wrapper wrote last; empty before it wrote anything."""
    try:
        status = json.loads((folder / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return status if isinstance(status, dict) else {}


def clear_orphans(jobs: Path) -> list[str]:
    """End and delete jobs whose holder is gone and that nobody can take over; gives their names."""
    ended: list[str] = []
    for folder in sorted(jobs.glob("[!.]*")) if jobs.is_dir() else ():
        owner = owner_of(folder)
        if owner is not None and (is_alive(owner.holder) or _can_be_taken_over(folder, owner)):
            continue
        kill_job(folder, _number(folder, "wrapper"))
        delete_folder(folder)
        ended.append(folder.name)
    for folder in jobs.glob(f"{FRESH}*"):  # its maker was killed before the folder had its name
        if not _makes(folder):
            shutil.rmtree(folder, ignore_errors=True)
    return ended


def kill_job(folder: Path, wrapper: int | None) -> None:
    """Kill the wrapper, the job's group, and what left it, but only processes that still name this very folder."""
    for pid in (wrapper, _number(folder, "pid")):
        if pid is None or not _belongs(pid, folder):
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    for entry in PROC.glob("[0-9]*"):  # descendants with sessions of their own; there are none to see without /proc
        if _works_in(int(entry.name), folder):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(entry.name), signal.SIGKILL)


def _write_owner(folder: Path, owner: Owner) -> None:
    partial = folder / ".owner.partial"
    partial.write_text(json.dumps(asdict(owner)), encoding="utf-8")
    partial.replace(folder / "owner.json")


def _can_be_taken_over(folder: Path, owner: Owner) -> bool:
    """Whether the job goes on without its holder for a while, or has ended so lately that somebody may want to know."""
    status = status_of(folder)
    if owner.lasts <= 0 or not isinstance(status.get("wrapper"), int):
        return False
    if status.get("ended") is not None:
        with contextlib.suppress(OSError):
            age = time.time() - (folder / "status.json").stat().st_mtime
            return status["ended"].get("why") != OVER and 0 <= age < owner.lasts
        return False
    return is_alive(
        ProcessIdentity(pid=status["wrapper"], started=status.get("wrapper_started"), boot=str(status.get("boot")))
    )


def _makes(fresh: Path) -> bool:
    """Whether a folder without its name yet is being made: by its owner, or by the process that its name tells."""
    owner = owner_of(fresh)
    if owner is not None:
        return is_alive(owner.holder)
    pid = fresh.name.rpartition(".")[2]
    return pid.isdecimal() and is_alive(identity_of(int(pid)))


def _number(folder: Path, field: str) -> int | None:
    value = status_of(folder).get(field)
    return value if isinstance(value, int) else None


def _belongs(pid: int, folder: Path) -> bool:
    """Whether the process runs in this job's folder or was started for it: numbers are used again by others.

    Where the system tells neither, it must at least lead a group, as wrappers and jobs do.
    """
    if not PROC.is_dir():
        return _leads(pid)
    try:
        return str(folder).encode() in (PROC / str(pid) / "cmdline").read_bytes() or _works_in(pid, folder)
    except OSError:
        return False


def _works_in(pid: int, folder: Path) -> bool:
    try:
        where = os.readlink(PROC / str(pid) / "cwd")
    except OSError:
        return False
    inside = str(folder.resolve())
    return where == inside or where.startswith(inside + os.sep)


def _leads(pid: int) -> bool:
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False
