"""Whose chats a list shows."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.services.inprocess import Caller, InProcess, studio_in_process

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio


@pytest.fixture
async def asking(database_url: str, tmp_path: Path) -> AsyncIterator[InProcess]:
    async with studio_in_process(database_url, tmp_path) as asking:
        yield asking


async def listed(asking: InProcess, caller: Caller, path: str) -> list[str]:
    answer = await asking.ask(caller, "GET", path)
    assert answer.status == 200, answer.content
    return [chat["id"] for chat in answer.json()["items"]]


async def test_a_person_can_ask_for_their_own_chats_alone(asking: InProcess) -> None:
    first, second = [await asking.person(["superuser"]) for _ in range(2)]
    made = str(uuid7())
    row = {"id": made, "name": f"bot-{made}", "title": "Bot", "language": "en"}
    assert (await asking.ask(first, "POST", "/api/assistants", body=row)).status == 201
    path = f"/api/assistants/{made}/chats"
    own, colleagues = str(uuid7()), str(uuid7())
    for caller, chat in ((first, own), (second, colleagues)):
        assert (await asking.ask(caller, "POST", path, body={"id": chat})).status == 201
    assert await listed(asking, first, path) == [colleagues, own]
    assert await listed(asking, first, f"{path}?mine=true") == [own]
    assert await listed(asking, second, f"{path}?mine=true&limit=1") == [colleagues]
    assert await listed(asking, second, f"{path}?mine=true&cursor={own}") == []
