"""A migrated database of its own, for figures that need the model service and no whole studio."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from talkwright.database.embedded import EmbeddedPostgres, Urls
from talkwright.database.migrate import STUDIO, migrate
from talkwright.database.settings import DatabaseSettings
from talkwright.identity.provider.source import SOURCE as PROVIDER


@contextmanager
def migrated() -> Iterator[tuple[Path, Urls]]:
    """A folder that is deleted afterwards, with an embedded server in it whose schemas are made; and its URLs."""
    with tempfile.TemporaryDirectory(prefix="talkwright-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # the embedded server may run as another account
        server = EmbeddedPostgres(home, with_parent=True)
        urls = server.start()
        try:
            migrate(
                DatabaseSettings(database_url=urls.application, database_owner_url=urls.owner),
                sources=(STUDIO, PROVIDER),
            )
            yield home, urls
        finally:
            server.stop()
