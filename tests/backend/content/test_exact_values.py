"""Values that JSON and YAML tools like to damage come out as they came in, whatever is edited beside them."""

from __future__ import annotations

import pytest
from tests.backend.content.calls import change, download, imported, item_named, send
from tests.services.studio import Browser

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio

LONG = 12345678901234567890
LONGER = 98765432109876543210987654321
DOMAIN = f"""slots:
  account:
    type: any
    initial_value: {LONG}
    note: one
    limits: [{LONGER}, -{LONGER}, 1.0, 0x10, 1e3]
    mappings:
    - type: controlled
actions: [first]
""".encode()
FILES = {"config.yml": b"assistant_id: exact\nlanguage: en\n", "domain.yml": DOMAIN}


async def test_numbers_beyond_64_bits_live_through_import_reading_editing_and_export(admin: Browser) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    slot = await item_named(admin, made, "slot", "account")
    assert slot["body"]["initial_value"] == LONG
    assert slot["body"]["limits"] == [LONGER, -LONGER, 1.0, 16, 1000.0]
    listed = await admin.send("GET", f"/api/assistants/{made}/items?kind=slot&name=account")
    assert listed.json()["items"][0]["extra"]["initial_value"] == LONG

    patch = [{"op": "replace", "path": "/note", "value": "two"}]
    body = change({"op": "patch", "item": slot["id"], "revision": 1, "patch": patch})
    answer = await send(admin, made, body)
    assert answer["items"][0]["body"]["limits"] == slot["body"]["limits"]
    assert await send(admin, made, body) == answer
    assert (await download(admin, made))["domain.yml"] == DOMAIN.replace(b"note: one", b"note: two")

    patch = [{"op": "replace", "path": "/initial_value", "value": LONGER}]
    await send(admin, made, change({"op": "patch", "item": slot["id"], "revision": 2, "patch": patch}))
    stale = await send(admin, made, change({"op": "patch", "item": slot["id"], "revision": 2, "patch": patch}), 409)
    assert stale["items"][0]["body"]["initial_value"] == LONGER
    expected = DOMAIN.replace(b"note: one", b"note: two").replace(str(LONG).encode(), str(LONGER).encode())
    assert (await download(admin, made))["domain.yml"] == expected

    back = [{"op": "replace", "path": "", "from": {"revision": 1}}]
    await send(admin, made, change({"op": "patch", "item": slot["id"], "revision": 3, "patch": back}))
    assert await download(admin, made) == FILES


async def test_a_source_is_taken_into_a_list_in_flow_style(admin: Browser) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    create = {"op": "create", "item": str(uuid7()), "kind": "action", "name": "second", "source": "- second\n"}
    (item,) = (await send(admin, made, change(create, command="create-item")))["items"]
    assert (item["name"], item["deleted"]) == ("second", False)
    assert (await download(admin, made))["domain.yml"] == DOMAIN.replace(b"[first]", b"[first, second]")


async def test_a_source_that_is_called_otherwise_is_refused_with_its_name(admin: Browser) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    source = "other:\n  type: text\n"
    create = {"op": "create", "item": str(uuid7()), "kind": "slot", "name": "colour", "source": source}
    problem = await send(admin, made, change(create, command="create-item"), 422)
    assert problem["code"] == "invalid-edit"
    assert "other" in problem["detail"]
    assert await download(admin, made) == FILES
