"""Somebody at a real studio beside the roles of a model service: what this person clicks goes over HTTP."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.services.modelservice import Service
from tests.services.studio import Browser, run_studio

from talkwright.assistant.project import to_zip
from talkwright.database.ids import uuid7


class Person:
    """The first administrator, signed in."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    async def imports(self, name: str, files: Mapping[str, bytes]) -> UUID:
        """Make an assistant of a project."""
        new = uuid7()
        address = f"/api/assistants/import?id={new}&name={name}"
        kind = {"Content-Type": "application/zip"}
        (await self._browser.send("POST", address, content=to_zip(dict(files)), headers=kind)).raise_for_status()
        return new

    async def trains(self, assistant: UUID, *, deploy: bool = False) -> UUID:
        """Click on Train; gives the training once the studio has answered."""
        new = uuid7()
        wish = {"id": str(new), "deploy": deploy}
        (await self._browser.send("POST", f"/api/assistants/{assistant}/trainings", json=wish)).raise_for_status()
        return new

    async def stops(self, assistant: UUID, training: UUID) -> None:
        """Click on Stop."""
        address = f"/api/assistants/{assistant}/trainings/{training}/stop"
        (await self._browser.send("POST", address)).raise_for_status()


@asynccontextmanager
async def person_at(service: Service) -> AsyncIterator[Person]:
    """Somebody at a studio over the database, the data folder and the store of a model service."""
    storage = {name: value for name, value in service.environment.items() if name.startswith("TALKWRIGHT_STORAGE")}
    with patch.dict(os.environ, storage):
        async with run_studio(service.environment["TALKWRIGHT_DATABASE_URL"], service.home) as studio:
            yield Person(await studio.administrator())
