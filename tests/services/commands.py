"""A studio's data, on which tests run our commands as people do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from talkwright.cli.backup import SOURCES
from talkwright.cli.main import main
from talkwright.database import dump
from talkwright.database.embedded import EmbeddedPostgres
from talkwright.database.settings import DatabaseSettings


def run_here(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run `talkwright` in this process with an environment of its own; what it doesn't refuse by itself is raised."""
    code, out, err = 0, StringIO(), StringIO()
    with patch.dict(os.environ, environment, clear=True), redirect_stdout(out), redirect_stderr(err):
        try:
            main(list(words))
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Place:
    """A studio's data: its folder and, where it is not the folder's own, its database."""

    home: Path
    settings: DatabaseSettings | None = None
    more: Mapping[str, str] = field(default_factory=dict)
    """Further variables."""

    here: bool = False
    """Run commands in the test's own process: where a process of their own adds nothing to what is proved."""

    def environment(self) -> dict[str, str]:
        """What commands on it are given."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TALKWRIGHT_")}
        environment["TALKWRIGHT_HOME"] = str(self.home)
        if self.settings is not None:
            environment["TALKWRIGHT_DATABASE_URL"] = self.settings.application
            environment["TALKWRIGHT_DATABASE_OWNER_URL"] = self.settings.owner
        return environment | self.more

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a module of ours on it, as a process."""
        command = [sys.executable, "-m", *words]
        return subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False, timeout=120)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `talkwright`."""
        return run_here(self.environment(), *words) if self.here else self.run("talkwright.cli.main", *words)

    def talkwright(self, *words: str) -> str:
        """Run `talkwright`; gives what it said. Fails where it did."""
        done = self.command(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str) -> str:
        """Run `talkwright`, which must refuse; gives its reason."""
        done = self.command(*words)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

    @contextmanager
    def database(self) -> Iterator[DatabaseSettings]:
        """Its database, running."""
        if self.settings is not None:
            yield self.settings
            return
        server = EmbeddedPostgres(self.home, with_parent=True)
        urls = server.start()
        try:
            yield DatabaseSettings(database_url=urls.application, database_owner_url=urls.owner)  # type: ignore[arg-type]  # pydantic takes texts
        finally:
            server.stop()

    @contextmanager
    def running(self) -> Iterator[Place]:
        """The same data, while its database runs."""
        with self.database() as settings:
            yield replace(self, settings=settings)

    def fill(self) -> None:
        """The example as a studio's first start leaves it."""
        with self.running() as there:
            made = there.run("talkwright.first_start", "bank")
            assert made.returncode == 0, made.stderr

    def rows(self) -> Mapping[str, list[bytes]]:
        """All rows that a backup holds, sorted."""
        with self.database() as settings, dump.snapshot(settings, SOURCES) as (_, tables):
            found = {}
            for table in tables:
                out = Path(self.home) / "rows"
                with out.open("wb") as file:
                    table.write(file)
                found[table.name] = sorted(out.read_bytes().splitlines())
                out.unlink()
            return found

    def objects(self) -> dict[str, bytes]:
        """All objects by key."""
        store = self.home / "objects"
        return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}
