"""Lists are one statement, whatever their length, and their pages hold everything once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from tests.backend.content.calls import change, imported, item_named, send, text_patch
from tests.services.studio import Browser, RunningStudio

from talkwright.backend.assistants.service import page_of_assistants
from talkwright.backend.content.service import all_problems, page_of_changes, page_of_items
from talkwright.backend.versions.service import page_of_versions
from talkwright.database import versions
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.listings import ItemFilter
from talkwright.database.tables import deployments
from talkwright.identity.principal import Principal

pytestmark = pytest.mark.anyio
Statements = Callable[[Database], AbstractContextManager[list[str]]]
PERSON = Principal(user_id=SYSTEM_USER, display="Somebody", roles=frozenset({"superuser"}))


def project(count: int) -> dict[str, bytes]:
    responses = "".join(f"  utter_{number:04}:\n  - text: number {number}\n" for number in range(count))
    return {"config.yml": b"language: en\npolicies: []\n", "domain.yml": f"responses:\n{responses}".encode()}


@pytest.mark.parametrize("count", [1, 10, 1000])
async def test_every_list_is_one_statement(
    admin: Browser, database: Database, statements: Statements, count: int
) -> None:
    made = UUID((await imported(admin, project(count)))["assistant"]["id"])
    async with database.transaction() as session:
        for read in (
            lambda: page_of_items(session, made, ItemFilter(), None, 200),
            lambda: page_of_changes(session, made, None, 50),
            lambda: all_problems(session, made, ()),
            lambda: page_of_versions(session, made, None, 50),
            lambda: page_of_assistants(session, PERSON, None, 200),
        ):
            with statements(database) as seen:
                await read()
            assert len(seen) == 1, seen


async def test_pages_hold_every_item_once_the_builtin_ones_too(admin: Browser) -> None:
    made = (await imported(admin, project(30)))["assistant"]["id"]
    seen: list[tuple[str, str]] = []
    cursor = ""
    while True:
        page = (await admin.send("GET", f"/api/assistants/{made}/items?limit=7{cursor}")).json()
        seen += [(item["kind"], item["name"]) for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)
    assert ("flow", "pattern_correction") in seen
    assert sum(name.startswith("utter_00") for _, name in seen) == 30


async def test_a_list_is_filtered_by_kind_words_and_name(admin: Browser) -> None:
    made = (await imported(admin, project(12)))["assistant"]["id"]

    async def names(query: str) -> list[str]:
        answer = await admin.send("GET", f"/api/assistants/{made}/items?{query}")
        return [item["name"] for item in answer.json()["items"]]

    assert await names("kind=response&q=UTTER_0011") == ["utter_0011"]
    assert await names("name=utter_0003") == ["utter_0003"]
    assert await names("kind=flow&q=correction") == ["pattern_correction"]
    assert await names("kind=config") == ["config.yml"]
    assert "utter_0001" not in await names("q=%25")


async def test_a_cursor_of_another_list_is_refused(admin: Browser, studio: RunningStudio) -> None:
    for address in ("/api/assistants?cursor=x", "/api/assistants?cursor=WzFd"):
        answer = await admin.send("GET", address)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-cursor")


async def test_an_assistant_is_found_by_its_name_wherever_it_stands_in_the_list(admin: Browser) -> None:
    first = (await imported(admin, project(1)))["assistant"]
    second = (await imported(admin, project(1)))["assistant"]
    for assistant in (first, second):
        answer = (await admin.send("GET", f"/api/assistants?name={assistant['name']}&limit=1")).json()
        assert [(item["id"], answer["next"]) for item in answer["items"]] == [(assistant["id"], None)]
    assert (await admin.send("GET", "/api/assistants?name=nobody")).json() == {"items": [], "next": None}


async def test_what_came_with_an_import_counts_as_edited_only_once_somebody_edited_it(admin: Browser) -> None:
    made = (await imported(admin, project(3)))["assistant"]["id"]
    await send(admin, made, change(text_patch(await item_named(admin, made, "response", "utter_0001"), "Edited")))
    listed = (await admin.send("GET", f"/api/assistants/{made}/items?kind=response")).json()["items"]
    assert [item["name"] for item in listed if not item["as_it_came"]] == ["utter_0001"]


async def test_a_start_that_failed_is_told_until_a_newer_one_succeeds(
    admin: Browser, database: Database, assistant: str
) -> None:
    async def start(**state: Any) -> None:
        async with database.transaction() as session:
            pinned = await versions.pin(session, UUID(assistant), secrets.token_bytes(32), SYSTEM_USER)
            row = {"id": uuid7(), "assistant": UUID(assistant), "version": pinned.id, "created_by": SYSTEM_USER}
            await session.execute(insert(deployments).values(row | state))

    async def shown() -> list[str | None]:
        row = (await admin.send("GET", f"/api/assistants/{assistant}")).json()
        return [one and (one["reason"] or one["state"]) for one in (row["deployment"], row["failed_start"])]

    assert await shown() == [None, None]
    await start(state="failed", reason="No memory.")
    assert await shown() == [None, "No memory."]
    await start(state="running", active=True)
    assert await shown() == ["running", None]
    await start(state="failed", reason="No disk.")
    assert await shown() == ["running", "No disk."]
