"""README followed literally on a fresh clone: `make run` in a folder of mode 0700, then without a network."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.services.running import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

INSTALL_SECONDS = 1200
START_SECONDS = 120
STOP_SECONDS = 60
READ = """
import sys, urllib.request
with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=60) as page:
    print(page.read().decode())
"""
WALK = Path(__file__).with_name("ten_minutes.py")
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"


@dataclass
class Terminal:
    """A person's terminal in the clone; `network` names the process in whose network everything runs."""

    clone: Path
    network: int | None = None

    def command(self, *words: str) -> list[str]:
        """These words, in that network."""
        inside = [] if self.network is None else ["nsenter", f"--net=/proc/{self.network}/ns/net"]
        return [*inside, *words]

    def variables(self, **more: str) -> dict[str, str]:
        """What a terminal has, and nothing of the run of tests around it."""
        own = ("TALKWRIGHT_", "TEST", "PYTEST", "PYTHON", "MAKE", "MFLAGS", "VIRTUAL_ENV", "CHROMIUM")
        return {**{name: value for name, value in os.environ.items() if not name.startswith(own)}, **more}

    def says(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """What a command says that ends by itself."""
        return subprocess.run(
            self.command(*words),
            cwd=self.clone,
            env=self.variables(**variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS * 3,
        )

    @contextlib.contextmanager
    def make_run(self, seconds: float = START_SECONDS, **variables: str) -> Iterator[Made]:
        """`make run` until the block ends, which is Ctrl-C; nothing of it may be left then."""
        log = self.clone.parent / f"{time.monotonic_ns()}.log"
        with log.open("wb") as both:
            process = subprocess.Popen(
                self.command("make", "run"),
                cwd=self.clone,
                env=self.variables(**variables),
                stdin=subprocess.DEVNULL,
                stdout=both,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        made = Made(process, log)
        try:
            made.wait_for_link(seconds)
            yield made
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            process.wait(STOP_SECONDS)

    def page(self, address: str) -> str:
        """A page as a browser of that network gets it."""
        done = self.says(str(self.clone / ".venv" / "bin" / "python"), "-c", READ, address)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def left(self) -> list[str]:
        """What still runs of the clone."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if str(self.clone) in command or os.readlink(f"/proc/{pid}/cwd").startswith(str(self.clone)):
                    found.append(command)
        return found


@dataclass
class Made:
    """What `make run` started."""

    process: subprocess.Popen[bytes]
    log: Path
    link: str = field(default="")

    @property
    def said(self) -> str:
        """All that it wrote."""
        return self.log.read_text(errors="replace")

    def wait_for_link(self, seconds: float) -> None:
        """Wait until it has printed its link."""
        deadline = time.monotonic() + seconds
        while not self.link:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            self.link = next((line for line in self.said.splitlines() if line.startswith("http://")), "")
            time.sleep(0.1)

    @property
    def address(self) -> str:
        """Where it answers."""
        return "/".join(self.link.split("/")[:3])


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone of what is committed, installed by its first `make run`, in a folder of mode 0700."""
    missing = [name for name in ("git", "unshare", "nsenter", "ip") if shutil.which(name, path=PATH) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(reason=f"A network of its own needs root, and these programs: {' '.join(missing) or 'none'}")
    private = tmp_path_factory.mktemp("private")
    private.chmod(0o700)
    clone = private / "talkwright"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    terminal = Terminal(clone)
    with terminal.make_run(INSTALL_SECONDS) as first:
        assert "/auth/first-administrator?token=" in first.link
        assert "<html" in terminal.page(f"{first.address}/").lower()
    assert terminal.left() == []
    return clone


@pytest.fixture(scope="module")
def offline(clone: Path) -> Iterator[Terminal]:
    """A terminal whose network is this machine's own voice and nothing else."""
    holder = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"],
        env={**os.environ, "PATH": PATH},
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        if holder.stdout.readline() != b"up\n":
            pytest.skip(reason="This machine lets nobody have a network of one's own.")
        terminal = Terminal(clone, holder.pid)
        assert terminal.says("ip", "-o", "link", PATH=PATH).stdout.count("\n") == 1
        yield terminal
    finally:
        holder.kill()
        holder.wait()


def test_once_installed_the_first_ten_minutes_need_no_network(offline: Terminal) -> None:
    with offline.make_run() as made:
        assert made.link.startswith("http://127.0.0.1:8390/auth/first-administrator?token=")
        done = offline.says(".venv/bin/python", str(WALK), made.link)
        assert done.returncode == 0, done.stdout + done.stderr + made.said
        assert "Harbour Bank answers: " in done.stdout
        assert "The new words were heard " in done.stdout
    assert offline.left() == []
    assert (offline.clone / ".talkwright").is_dir()
    assert "Installing" not in made.said


def test_a_second_studio_beside_it_takes_the_next_port_and_says_so(offline: Terminal) -> None:
    second = offline.clone.parent / "second"
    with offline.make_run() as one, offline.make_run(TALKWRIGHT_HOME=str(second)) as other:
        assert one.address.endswith(":8390")
        assert other.address != one.address
        assert "Port 8390 is taken; the studio uses " in other.said
        for made in (one, other):
            assert "<html" in offline.page(f"{made.address}/").lower()
        again = offline.says("make", "run")
        assert again.returncode != 0
        assert one.address in again.stderr
        doctor = offline.says(".venv/bin/talkwright", "doctor", TALKWRIGHT_HOME=str(second.with_name("third")))
        assert "Port 8390 is taken." in doctor.stdout
        assert "TALKWRIGHT_PORT names another" in doctor.stdout
    assert offline.left() == []
