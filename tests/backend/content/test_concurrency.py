"""Two people at once: nothing is lost, nothing is written twice, and names stay unique."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from tests.backend.content.calls import change, item_named, send, text_patch
from tests.services.studio import Browser

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio


async def test_of_ten_who_change_one_text_at_once_one_wins_and_the_others_are_told(
    admin: Browser, assistant: str
) -> None:
    item = await item_named(admin, assistant, "response", "utter_greet")
    bodies = [change(text_patch(item, f"text {number}")) for number in range(10)]
    address = f"/api/assistants/{assistant}/changes"
    answers = await asyncio.gather(*(admin.send("POST", address, json=body) for body in bodies))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}


async def test_one_change_sent_many_times_at_once_is_made_once(admin: Browser, assistant: str) -> None:
    item = await item_named(admin, assistant, "response", "utter_greet")
    body = change(text_patch(item, "once"))
    address = f"/api/assistants/{assistant}/changes"
    answers = await asyncio.gather(*(admin.send("POST", address, json=body) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert (await item_named(admin, assistant, "response", "utter_greet"))["revision"] == 2


async def test_changes_of_different_items_at_once_are_all_kept_in_one_order(admin: Browser, assistant: str) -> None:
    names = ["utter_greet", "utter_message_taken", "utter_message_dropped", "utter_ask_caller_name"]
    items = [await item_named(admin, assistant, "response", name) for name in names]
    answers = await asyncio.gather(*(send(admin, assistant, change(text_patch(item, "new"))) for item in items))
    assert sorted(answer["change"] for answer in answers) == [2, 3, 4, 5]
    history = (await admin.send("GET", f"/api/assistants/{assistant}/changes")).json()["items"]
    assert [entry["number"] for entry in history] == [5, 4, 3, 2, 1]


async def test_two_items_of_one_name_can_not_be_made_at_once(admin: Browser, assistant: str) -> None:
    def create() -> dict[str, Any]:
        edit = {"op": "create", "item": str(uuid7()), "kind": "slot", "name": "colour", "body": {"type": "text"}}
        return change(edit, command="create")

    address = f"/api/assistants/{assistant}/changes"
    answers = await asyncio.gather(*(admin.send("POST", address, json=create()) for _ in range(5)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 422: 4}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 422} == {"name-taken"}


async def test_two_items_swap_their_names_in_one_change(admin: Browser, assistant: str) -> None:
    taken = await item_named(admin, assistant, "response", "utter_message_taken")
    dropped = await item_named(admin, assistant, "response", "utter_message_dropped")
    renames = [(taken, "utter_between"), (dropped, taken["name"]), (taken, dropped["name"])]
    edits = [{"op": "rename", "item": i["id"], "revision": i["revision"], "name": name} for i, name in renames]
    await send(admin, assistant, change(*edits, command="rename"))
    now = await item_named(admin, assistant, "response", "utter_message_taken")
    assert (now["id"], now["body"]) == (dropped["id"], dropped["body"])
    flow = await item_named(admin, assistant, "flow", "leave_message")
    branches = flow["body"]["steps"][2]["next"]
    assert branches[0]["then"][0]["action"] == "utter_message_dropped"


async def test_two_assistants_of_one_name_can_not_be_made_at_once(admin: Browser) -> None:
    name = f"twin-{uuid7()}"
    bodies = [{"id": str(uuid7()), "name": name, "title": "Twin", "language": "de"} for _ in range(4)]
    answers = await asyncio.gather(*(admin.send("POST", "/api/assistants", json=body) for body in bodies))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 3}
