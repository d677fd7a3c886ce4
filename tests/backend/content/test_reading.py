"""What pages read: an item with everything about it, its past, its uses, and conditions in words."""

from __future__ import annotations

import pytest
from tests.backend.content.calls import change, imported, item_named, send, text_patch
from tests.services.studio import Browser, RunningStudio

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio


async def test_an_item_that_did_not_change_is_not_sent_again(admin: Browser, assistant: str) -> None:
    item = await item_named(admin, assistant, "flow", "greet")
    address = f"/api/assistants/{assistant}/items/{item['id']}"
    tag = (await admin.send("GET", address)).headers["etag"]
    again = await admin.send("GET", address, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    greet = await item_named(admin, assistant, "response", "utter_greet")
    await send(admin, assistant, change(text_patch(greet, "New")))
    fresh = await admin.send("GET", address, headers={"If-None-Match": tag})
    assert fresh.json()["responses"]["utter_greet"]["body"][0]["text"] == "New"


async def test_uses_name_the_step_and_the_builtin_patterns(admin: Browser, assistant: str) -> None:
    slot = await item_named(admin, assistant, "slot", "message_confirmed")
    used = (await admin.send("GET", f"/api/assistants/{assistant}/items/{slot['id']}/used")).json()["items"]
    assert {(use["item"]["name"], use["step"]) for use in used} >= {("leave_message", "ask_confirmation")}
    assert {use["item"]["name"] for use in used} == {"leave_message", "utter_ask_message_confirmed"}
    builtin = await item_named(admin, assistant, "response", "utter_ask_rephrase")
    answer = await admin.send("GET", f"/api/assistants/{assistant}/items/{builtin['id']}/used")
    assert {use["item"]["kind"] for use in answer.json()["items"]} == {"flow"}
    listed = await admin.send("GET", f"/api/assistants/{assistant}/items?name=message_confirmed&kind=slot")
    assert listed.json()["items"][0]["used"] == 2


async def test_old_revisions_can_be_read_and_the_history_says_who_did_what(admin: Browser, assistant: str) -> None:
    item = await item_named(admin, assistant, "response", "utter_greet")
    await send(admin, assistant, change(text_patch(item, "Two"), kind="response", name="utter_greet"))
    address = f"/api/assistants/{assistant}/items/{item['id']}"
    (newest, oldest) = (await admin.send("GET", f"{address}/history")).json()["items"]
    assert (newest["words"], newest["by"]["name"], oldest["words"]) == (
        "Changed the text of utter_greet",
        "admin",
        "Created the assistant",
    )
    old = (await admin.send("GET", f"{address}/revisions/1")).json()
    assert (old["body"], old["parts"]) == (item["body"], item["parts"])
    assert (await admin.send("GET", f"{address}/revisions/9")).status_code == 404


async def test_conditions_are_put_into_words_or_their_fault_is_shown(admin: Browser, assistant: str) -> None:
    texts = ["slots.amount > 10", "slots.amount >", "{{ context.x }} = 1"]
    answer = await admin.send("POST", f"/api/assistants/{assistant}/conditions", json={"expressions": texts})
    found = answer.json()["conditions"]
    assert "".join(word["text"] for word in found[texts[0]]["words"]) == "amount>10"
    assert found[texts[1]]["tree"] is None
    assert found[texts[1]]["error"]["column"] > 1
    assert found[texts[2]]["error"] is None


async def test_a_problem_carries_the_edit_that_mends_it(admin: Browser, assistant: str) -> None:
    flow = await item_named(admin, assistant, "flow", "greet")
    patch = [{"op": "replace", "path": "/steps/0/action", "value": "utter_gret"}]
    edit = {"op": "patch", "item": flow["id"], "revision": 1, "patch": patch}
    answer = await send(admin, assistant, change(edit))
    (problem,) = answer["items"][0]["problems"]
    assert problem["step"] == "say_hello"
    found = (await admin.send("GET", f"/api/assistants/{assistant}/problems")).json()["items"]
    assert [entry["fix"] for entry in found] == [problem["fix"]]
    await send(admin, assistant, {"id": str(uuid7()), "command": {"name": "apply-fix"}, "edits": problem["fix"]})
    mended = await item_named(admin, assistant, "flow", "greet")
    assert (mended["body"], mended["problems"]) == (flow["body"], [])


async def test_step_keys_last_through_edits_of_a_flow_without_ids(admin: Browser) -> None:
    flows = b"flows:\n  f:\n    description: d\n    steps:\n    - action: utter_a\n    - action: utter_b\n"
    files = {"config.yml": b"language: en\n", "data/flows.yml": flows}
    made = (await imported(admin, files))["assistant"]["id"]
    before = await item_named(admin, made, "flow", "f")
    patch = [{"op": "add", "path": "/steps/0", "value": {"id": "first", "action": "utter_c"}}]
    answer = await send(admin, made, change({"op": "patch", "item": before["id"], "revision": 1, "patch": patch}))
    keys = answer["items"][0]["keys"]
    assert keys["/steps/0"] == "first"
    assert [keys["/steps/1"], keys["/steps/2"]] == [before["keys"]["/steps/0"], before["keys"]["/steps/1"]]


async def test_each_edit_needs_the_permission_of_its_kind(
    admin: Browser, studio: RunningStudio, assistant: str
) -> None:
    editor = await invited(admin, studio, "nlu-editor")
    intent = await item_named(editor, assistant, "intent", "greet")
    patch = [{"op": "add", "path": "/examples/-", "value": "moin"}]
    allowed = {"op": "patch", "item": intent["id"], "revision": 1, "patch": patch}
    await send(editor, assistant, change(allowed))
    response = await item_named(editor, assistant, "response", "utter_greet")
    refused = await send(editor, assistant, change(text_patch(response, "No")), 403)
    assert refused["permission"] == "responses:write"
    builtin = await item_named(editor, assistant, "flow", "pattern_correction")
    other = {"op": "delete", "item": builtin["id"], "revision": 0}
    assert (await send(editor, assistant, change(other), 403))["permission"] == "flows:write"
    assert (await item_named(admin, assistant, "response", "utter_greet"))["revision"] == 1


async def test_a_rename_needs_the_permission_of_every_kind_that_follows_it(
    admin: Browser, studio: RunningStudio, assistant: str
) -> None:
    annotator = await invited(admin, studio, "lead-annotator")
    before = [await item_named(admin, assistant, *named) for named in (("response", "utter_greet"), ("flow", "greet"))]
    edit = {"op": "rename", "item": before[0]["id"], "revision": 1, "name": "utter_hello"}
    refused = await send(annotator, assistant, change(edit, command="rename-item"), 403)
    assert (refused["permissions"], "flows:write for flows" in refused["detail"]) == (["flows:write"], True)
    after = [await item_named(admin, assistant, *named) for named in (("response", "utter_greet"), ("flow", "greet"))]
    assert after == before
    builder = await invited(admin, studio, "flow-builder")
    answer = await send(builder, assistant, change(edit, command="rename-item"))
    assert {(item["kind"], item["name"]) for item in answer["items"]} == {
        ("response", "utter_hello"),
        ("flow", "greet"),
    }


async def test_a_refusal_names_all_that_is_missing(admin: Browser, studio: RunningStudio, assistant: str) -> None:
    editor = await invited(admin, studio, "nlu-editor")
    response = await item_named(editor, assistant, "response", "utter_greet")
    flow = await item_named(editor, assistant, "flow", "greet")
    delete = {"op": "delete", "item": flow["id"], "revision": 1}
    refused = await send(editor, assistant, change(text_patch(response, "No"), delete), 403)
    assert refused["permissions"] == ["flows:write", "responses:write"]
    assert refused["detail"].startswith("It needs flows:write for flows; responses:write for responses.")


async def test_settings_are_seen_only_by_those_who_may(admin: Browser, studio: RunningStudio, assistant: str) -> None:
    config = await item_named(admin, assistant, "config", "config.yml")
    editor = await invited(admin, studio, "flow-builder")
    listed = await editor.send("GET", f"/api/assistants/{assistant}/items?kind=config")
    assert listed.json()["items"] == []
    for rest in ("", "/history", "/revisions/1", "/used"):
        answer = await editor.send("GET", f"/api/assistants/{assistant}/items/{config['id']}{rest}")
        assert answer.status_code == 404, rest
    assert (await editor.send("GET", f"/api/assistants/{assistant}/download")).status_code == 403


async def invited(admin: Browser, studio: RunningStudio, role: str) -> Browser:
    """Somebody with a role, signed in."""
    password = "a-quiet-harbour-for-all"
    name = f"person-{uuid7()}"
    answer = await admin.send("POST", "/api/users", json={"username": name, "roles": [role]})
    browser = studio.browser()
    await browser.follow(await browser.http.post(answer.json()["link"], data={"password": password, "again": password}))
    return browser
