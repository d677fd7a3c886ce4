"""The API's description holds: whatever it allows to be sent, the answer is never a failure of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from tests.services.studio import RunningStudio, run_studio

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio
ENDLESS = {"/api/events"}
EXAMPLES = 8
Told = list[str]


@schemathesis.serializer("application/zip", "application/gzip")
def archive(_context: Any, value: Any) -> bytes:
    """Whatever is generated, as bytes: hardly ever an archive."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@pytest.fixture(scope="module")
async def studio(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningStudio]:
    async with run_studio(database_url, tmp_path_factory.mktemp("home")) as running:
        yield running


def attack(base_url: str, headers: dict[str, str], assistant: str, may: Callable[[int], bool]) -> Told:
    """Send generated requests to every operation; gives the answers that must not be."""
    schema = schemathesis.openapi.from_url(f"{base_url}/api/openapi.json")
    wrong: Told = []
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in ENDLESS:
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            if "aid" in case.path_parameters and case.method != "DELETE":
                case.path_parameters["aid"] = assistant
            answer = case.call(headers=headers, base_url=base_url, allow_redirects=False, timeout=30)
            kind = answer.headers.get("content-type", [""])[0]
            is_problem = answer.status_code < 400 or "problem+json" in kind or "text/html" in kind
            if not (is_problem and may(answer.status_code)):
                wrong.append(f"{case.method} {case.path} → {answer.status_code} {answer.content[:300]!r}")

        send()
    return wrong


async def test_a_superuser_can_not_make_it_fail(studio: RunningStudio) -> None:
    administrator = await studio.administrator()
    assistant = str(uuid7())
    row = {"id": assistant, "name": "seeded", "title": "Seeded", "language": "en"}
    assert (await administrator.send("POST", "/api/assistants", json=row)).status_code == 201
    headers = {"Authorization": f"Bearer {await studio.token()}"}
    wrong = await asyncio.to_thread(attack, studio.base_url, headers, assistant, lambda status: status < 500)
    assert not wrong, "\n".join(wrong)


async def test_a_stranger_gets_nothing_whatever_he_sends(studio: RunningStudio) -> None:
    allowed = {200, 302, 401, 403, 404, 405, 413, 422, 503}
    wrong = await asyncio.to_thread(attack, studio.base_url, {}, str(uuid7()), lambda status: status in allowed)
    assert not wrong, "\n".join(wrong)
