"""A studio with the model service beside it; rooms that need none of that have lighter ones of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.services.modelservice import Service, service_at
from tests.services.studio import RunningStudio, run_studio


@pytest.fixture
async def service(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    async with service_at(fresh_database_url, tmp_path) as service:
        yield service


@pytest.fixture
async def studio(service: Service, fresh_database_url: str) -> AsyncIterator[RunningStudio]:
    async with run_studio(fresh_database_url, service.home) as running:
        yield running
