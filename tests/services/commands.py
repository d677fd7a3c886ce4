"""A studio's data, on which tests run our commands as people do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from talkwright.cli.backup import SOURCES
from talkwright.database import dump
from talkwright.database.embedded import EmbeddedPostgres
from talkwright.database.settings import DatabaseSettings


@dataclass(frozen=True)
class Place:
    """A studio's data: its folder and, where it is not the folder's own, its database."""

    home: Path
    settings: DatabaseSettings | None = None
    more: Mapping[str, str] = field(default_factory=dict)
    """Further variables."""

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ours on it."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TALKWRIGHT_")}
        environment["TALKWRIGHT_HOME"] = str(self.home)
        if self.settings is not None:
            environment["TALKWRIGHT_DATABASE_URL"] = self.settings.application
            environment["TALKWRIGHT_DATABASE_OWNER_URL"] = self.settings.owner
        environment |= self.more
        command = [sys.executable, "-m", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    def talkwright(self, *words: str) -> str:
        """Run `talkwright`; gives what it said. Fails where it did."""
        done = self.run("talkwright.cli.main", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str) -> str:
        """Run `talkwright`, which must refuse; gives its reason."""
        done = self.run("talkwright.cli.main", *words)
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

    def fill(self) -> None:
        """The example as a studio's first start leaves it."""
        with self.database() as settings:
            made = Place(self.home, settings).run("talkwright.first_start", "bank")
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
