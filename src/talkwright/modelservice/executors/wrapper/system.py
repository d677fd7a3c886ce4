"""What the wrapper asks of the operating system; what only Linux has it does without elsewhere."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def adopt_descendants() -> None:
    """Become the parent of all below this process whose own parents end."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent() -> None:
    """Have this process killed once its parent ends; elsewhere the end of standard input must do."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def prepare_child(spec: dict[str, Any], parent: int) -> None:
    """In the child, before the program: own group, limits, another user, and an end together with the wrapper."""
    os.setpgid(0, 0)
    if spec["cgroup"]:
        with open(os.path.join(spec["cgroup"], "cgroup.procs"), "w", encoding="ascii") as members:
            members.write("0")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = spec["open_files"] if hard == resource.RLIM_INFINITY else min(spec["open_files"], hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if spec["file_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (spec["file_bytes"], spec["file_bytes"]))
    os.umask(0o077)
    if spec["user"]:
        os.setgroups([])
        os.setgid(spec["user"])
        os.setuid(spec["user"])
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    end_with_parent()  # a change of the user would undo it
    if os.getppid() != parent:
        os._exit(125)


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to all of a process's group, if there is anybody left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def end_descendants() -> None:
    """Kill and wait for all that is left below this process: it has adopted even those with own sessions."""
    while True:
        left = children_of(os.getpid())
        for pid in left:  # nobody else can have these numbers before they are waited for
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            ended, _ = os.waitpid(-1, 0 if left else os.WNOHANG)
        except ChildProcessError:
            return
        if not ended:  # where the system names no children, what is left must not hold up the end
            return


def children_of(pid: int) -> list[int]:
    """The processes that a process would wait for; none where the system does not say."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [int(child) for child in children.read().split()]
    return []


def memory_bytes(pid: int) -> int:
    """Resident memory of a process and all below it; 0 where the system does not say."""
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
            total = int(statm.read().split()[1]) * PAGE_BYTES
        total += sum(memory_bytes(child) for child in children_of(pid))
    return total


def was_out_of_memory(cgroup: str) -> bool:
    """Whether the kernel ended something in a control group for want of memory."""
    for name in ("memory.events", "memory.oom_control"):
        with contextlib.suppress(OSError, ValueError), open(os.path.join(cgroup, name), encoding="ascii") as told:
            counts = dict(line.split()[:2] for line in told if len(line.split()) >= 2)
            return int(counts.get("oom_kill", 0)) > 0
    return False


def started_at(pid: int) -> int | None:
    """When a living process began, in clock ticks since the boot: with it, its number names it for good."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/stat", "rb") as stat:
        fields = stat.read().rpartition(b")")[2].split()
        return None if fields[0] in (b"Z", b"X") else int(fields[19])
    return None


def boot_id() -> str:
    """The boot of this machine and its process namespace, or an empty text where the system has none."""
    with contextlib.suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
        return f"{boot.read().strip()}/{os.readlink('/proc/self/ns/pid')}"
    return ""
