"""The role that clears away what is kept for a time only."""

import asyncio
from pathlib import Path

import pytest

from talkwright.operations.config import load
from talkwright.operations.role import RoleContext
from talkwright.periodic import SECTIONS, periodic

pytestmark = pytest.mark.anyio


async def test_the_role_starts_and_stops(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKWRIGHT_DATABASE_URL", database_url)
    monkeypatch.setenv("TALKWRIGHT_HOME", str(tmp_path))
    context = RoleContext("periodic", load(*SECTIONS))
    running = asyncio.create_task(periodic(context))
    async with asyncio.timeout(20):
        await context.started.wait()
        context.stopping.set()
        await running
