"""An assistant to work on, made by the real routes of a running studio."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.services.studio import Browser, RunningStudio, run_studio

from talkwright.database.ids import uuid7


@pytest.fixture(scope="module")
async def studio(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningStudio]:
    async with run_studio(database_url, tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
async def admin(studio: RunningStudio) -> Browser:
    return await studio.administrator()


@pytest.fixture
async def assistant(admin: Browser) -> str:
    """A new assistant from the starter."""
    made = str(uuid7())
    row = {"id": made, "name": f"bot-{made}", "title": "Bot", "language": "en"}
    answer = await admin.send("POST", "/api/assistants", json=row)
    assert answer.status_code == 201, answer.text
    return made
