"""A change is made as a whole, once, and tells both sides when two people meet."""

from __future__ import annotations

import pytest
from tests.backend.content.calls import change, download, item_named, send, text_patch
from tests.services.studio import Browser

from talkwright.database.ids import uuid7

pytestmark = pytest.mark.anyio


async def test_a_text_is_edited_and_only_its_line_changes(admin: Browser, assistant: str) -> None:
    item = await item_named(admin, assistant, "response", "utter_message_dropped")
    answer = await send(admin, assistant, change(text_patch(item, "Fine, it stays between us.")))
    (made,) = answer["items"]
    assert made["body"] == [{"text": "Fine, it stays between us."}]
    assert made["revision"] == item["revision"] + 1
    before, after = item["parts"][0]["source"], made["parts"][0]["source"]
    assert after == before.replace("All right, I don't pass it on.", "Fine, it stays between us.")


async def test_the_same_change_sent_again_gets_the_first_answer(admin: Browser, assistant: str) -> None:
    item = await item_named(admin, assistant, "response", "utter_greet")
    body = change(text_patch(item, "Hi"))
    first = await send(admin, assistant, body)
    assert await send(admin, assistant, body) == first
    history = await admin.send("GET", f"/api/assistants/{assistant}/items/{item['id']}/history")
    assert [entry["revision"] for entry in history.json()["items"]] == [2, 1]


async def test_a_stale_edit_shows_the_other_text_and_who_wrote_it(admin: Browser, assistant: str) -> None:
    item = await item_named(admin, assistant, "response", "utter_greet")
    await send(admin, assistant, change(text_patch(item, "First"), kind="response"))
    problem = await send(admin, assistant, change(text_patch(item, "Second")), 409)
    assert problem["code"] == "stale"
    (stale,) = problem["items"]
    assert stale["body"][0]["text"] == "First"
    assert [entry["revision"] for entry in stale["changes"]] == [2]


async def test_all_edits_are_made_or_none(admin: Browser, assistant: str) -> None:
    greet = await item_named(admin, assistant, "response", "utter_greet")
    flow = await item_named(admin, assistant, "flow", "greet")
    wrong = {"op": "patch", "item": flow["id"], "revision": 1, "patch": [{"op": "remove", "path": "/nowhere"}]}
    problem = await send(admin, assistant, change(text_patch(greet, "New"), wrong), 422)
    assert (problem["code"], problem["item"]) == ("invalid-edit", flow["id"])
    assert await item_named(admin, assistant, "response", "utter_greet") == greet


async def test_an_item_is_created_edited_deleted_and_brought_back_with_its_text(admin: Browser, assistant: str) -> None:
    made = str(uuid7())
    source = "  utter_new:  # why it is here\n    - text: 'Hello'\n"
    create = {"op": "create", "item": made, "kind": "response", "name": "utter_new", "source": source}
    (item,) = (await send(admin, assistant, change(create)))["items"]
    assert item["body"] == [{"text": "Hello"}]
    await send(admin, assistant, change({"op": "delete", "item": made, "revision": 1}))
    assert (await admin.send("GET", f"/api/assistants/{assistant}/items/{made}")).status_code == 404
    back = {"op": "create", "item": made, "kind": "response", "name": "utter_new", "from": {"revision": 1}}
    (item,) = (await send(admin, assistant, change(back)))["items"]
    assert (item["revision"], item["parts"][0]["source"]) == (3, source)


async def test_a_flow_brings_its_keys_conditions_responses_and_slots(admin: Browser, assistant: str) -> None:
    flow = await item_named(admin, assistant, "flow", "leave_message")
    assert flow["keys"]["/steps/2"] == "ask_confirmation"
    condition = flow["conditions"]["slots.message_confirmed"]
    assert [word["text"] for word in condition["words"]]
    assert flow["slots"]["message_confirmed"]["body"]["type"] == "bool"
    assert flow["responses"]["utter_message_taken"]["revision"] == 1
    assert flow["problems"] == []


async def test_a_rename_is_followed_by_everybody_who_names_the_item(admin: Browser, assistant: str) -> None:
    slot = await item_named(admin, assistant, "slot", "caller_name")
    rename = {"op": "rename", "item": slot["id"], "revision": 1, "name": "person_name"}
    answer = await send(admin, assistant, change(rename, command="rename-item"))
    names = {item["name"] for item in answer["items"]}
    assert {"person_name", "leave_message", "utter_ask_message_text"} <= names
    flow = await item_named(admin, assistant, "flow", "leave_message")
    assert flow["body"]["steps"][0]["collect"] == "person_name"
    problems = await admin.send("GET", f"/api/assistants/{assistant}/problems")
    assert problems.json()["counts"]["error"] == 0


async def test_a_rename_taken_back_leaves_no_trace_in_what_followed_and_what_was_edited_since_keeps_that(
    admin: Browser, assistant: str
) -> None:
    before = await download(admin, assistant)
    slot = await item_named(admin, assistant, "slot", "caller_name")
    rename = {"op": "rename", "item": slot["id"], "revision": 1, "name": "yes"}  # a name that needs quotes
    await send(admin, assistant, change(rename))
    renamed = await download(admin, assistant)
    flow = await item_named(admin, assistant, "flow", "leave_message")
    assert flow["body"]["steps"][0]["utter"] == "utter_ask_caller_name"
    back = {"op": "rename", "item": slot["id"], "revision": 2, "name": "caller_name", "from": {"revision": 1}}
    await send(admin, assistant, change(back))
    assert await download(admin, assistant) == before
    again = {"op": "rename", "item": slot["id"], "revision": 3, "name": "yes", "from": {"revision": 2}}
    await send(admin, assistant, change(again))
    assert await download(admin, assistant) == renamed

    patch = [{"op": "replace", "path": "/description", "value": "Edited since"}]
    edit = {"op": "patch", "item": flow["id"], "revision": 4, "patch": patch}
    await send(admin, assistant, change(edit))
    await send(admin, assistant, change({**back, "revision": 4, "from": {"revision": 3}}))
    flow = await item_named(admin, assistant, "flow", "leave_message")
    assert (flow["body"]["description"], flow["body"]["steps"][0]["collect"]) == ("Edited since", "caller_name")


async def test_a_rename_brings_nothing_back_but_what_followed_one(admin: Browser, assistant: str) -> None:
    slot = await item_named(admin, assistant, "slot", "caller_name")
    flow = await item_named(admin, assistant, "flow", "leave_message")
    patch = [{"op": "replace", "path": "/description", "value": "Mine"}]
    edit = {"op": "patch", "item": flow["id"], "revision": 1, "patch": patch}
    rename = {"op": "rename", "item": slot["id"], "revision": 1, "name": "person_name"}
    await send(admin, assistant, change(edit, rename))
    back = {"op": "rename", "item": slot["id"], "revision": 2, "name": "caller_name", "from": {"revision": 1}}
    await send(admin, assistant, change(back))
    flow = await item_named(admin, assistant, "flow", "leave_message")
    assert (flow["body"]["description"], flow["body"]["steps"][0]["collect"]) == ("Mine", "caller_name")


async def test_a_rename_to_another_name_than_the_one_before_brings_nothing_back(admin: Browser, assistant: str) -> None:
    slot = await item_named(admin, assistant, "slot", "caller_name")
    await send(admin, assistant, change({"op": "rename", "item": slot["id"], "revision": 1, "name": "person_name"}))
    other = {"op": "rename", "item": slot["id"], "revision": 2, "name": "guest_name", "from": {"revision": 1}}
    await send(admin, assistant, change(other))
    flow = await item_named(admin, assistant, "flow", "leave_message")
    assert flow["body"]["steps"][0]["collect"] == "guest_name"


@pytest.mark.parametrize("revision", [2, 2**31 - 1, 2**70])
async def test_a_rename_from_a_revision_that_never_was_is_refused(
    admin: Browser, assistant: str, revision: int
) -> None:
    slot = await item_named(admin, assistant, "slot", "caller_name")
    rename = {"op": "rename", "item": slot["id"], "revision": 1, "name": "guest", "from": {"revision": revision}}
    answer = await admin.send("POST", f"/api/assistants/{assistant}/changes", json=change(rename))
    assert (answer.status_code, answer.json()["code"]) == (422, "no-such-revision")
    assert (await item_named(admin, assistant, "slot", "caller_name"))["revision"] == 1


async def test_a_long_name_is_found_where_it_is_used_and_renamed_there(admin: Browser, assistant: str) -> None:
    long = "utter_" + "x" * 400
    flow = await item_named(admin, assistant, "flow", "greet")
    made = {"op": "create", "item": str(uuid7()), "kind": "response", "name": long, "body": [{"text": "Hello"}]}
    patch = [{"op": "replace", "path": "/steps/0/action", "value": long}]
    named = {"op": "patch", "item": flow["id"], "revision": flow["revision"], "patch": patch}
    await send(admin, assistant, change(made, named))
    used = await admin.send("GET", f"/api/assistants/{assistant}/items/{made['item']}/used")
    assert [use["item"]["name"] for use in used.json()["items"]] == ["greet"]
    rename = {"op": "rename", "item": made["item"], "revision": 1, "name": "utter_short"}
    await send(admin, assistant, change(rename))
    flow = await item_named(admin, assistant, "flow", "greet")
    assert flow["body"]["steps"][0]["action"] == "utter_short"


async def test_problems_in_the_answer_to_a_change_stand_at_their_line(admin: Browser, assistant: str) -> None:
    flow = await item_named(admin, assistant, "flow", "greet")
    patch = [{"op": "replace", "path": "/steps/0/action", "value": "utter_nothing"}]
    edit = {"op": "patch", "item": flow["id"], "revision": flow["revision"], "patch": patch}
    (changed,) = (await send(admin, assistant, change(edit)))["items"]
    (problem,) = changed["problems"]
    (part,) = changed["parts"]
    assert "utter_nothing" in part["source"].splitlines()[problem["line"] - 1]
    assert problem["file"] == part["file"]


async def test_deleting_what_is_named_makes_a_problem_and_bringing_it_back_mends_it(
    admin: Browser, assistant: str
) -> None:
    response = await item_named(admin, assistant, "response", "utter_greet")
    await send(admin, assistant, change({"op": "delete", "item": response["id"], "revision": 1}))
    found = (await admin.send("GET", f"/api/assistants/{assistant}/problems")).json()
    assert [(problem["code"], problem["name"]) for problem in found["items"]] == [("undeclared-response", "greet")]
    assert found["items"][0]["step"] == "say_hello"
    flow = await item_named(admin, assistant, "flow", "greet")
    assert flow["problems"][0]["line"] is not None
    back = {"op": "create", "item": response["id"], "kind": "response", "name": "utter_greet", "from": {"revision": 1}}
    await send(admin, assistant, change(back))
    assert (await admin.send("GET", f"/api/assistants/{assistant}/problems")).json()["items"] == []


async def test_the_first_edit_of_a_builtin_item_creates_it_and_deleting_resets_it(
    admin: Browser, assistant: str
) -> None:
    builtin = await item_named(admin, assistant, "response", "utter_ask_rephrase")
    assert (builtin["builtin"], builtin["revision"]) == (True, 0)
    (made,) = (await send(admin, assistant, change(text_patch(builtin, "Say it again, please."))))["items"]
    assert (made["id"], made["revision"], made["body"][0]["text"]) == (builtin["id"], 1, "Say it again, please.")
    listed = await item_named(admin, assistant, "response", "utter_ask_rephrase")
    assert listed["builtin"] is False
    await send(admin, assistant, change({"op": "delete", "item": builtin["id"], "revision": 1}))
    assert (await item_named(admin, assistant, "response", "utter_ask_rephrase"))["body"] == builtin["body"]


async def test_a_change_is_reverted_by_a_new_one(admin: Browser, assistant: str) -> None:
    before = await item_named(admin, assistant, "response", "utter_greet")
    made = await send(admin, assistant, change(text_patch(before, "Changed")))
    body = {"id": str(uuid7())}
    answer = await admin.send("POST", f"/api/assistants/{assistant}/changes/{made['change']}/revert", json=body)
    assert answer.status_code == 200, answer.text
    after = await item_named(admin, assistant, "response", "utter_greet")
    assert (after["body"], after["parts"]) == (before["body"], before["parts"])
    changes = (await admin.send("GET", f"/api/assistants/{assistant}/changes")).json()["items"]
    assert changes[0]["reverts"] == made["change"]


async def test_a_change_that_can_t_be_taken_back_says_what_was_changed_since(admin: Browser, assistant: str) -> None:
    before = await item_named(admin, assistant, "response", "utter_greet")
    made = await send(admin, assistant, change(text_patch(before, "Changed")))
    after = await item_named(admin, assistant, "response", "utter_greet")
    later = await send(admin, assistant, change(text_patch(after, "Changed again")))
    path = f"/api/assistants/{assistant}/changes/{made['change']}/revert"
    refused = await admin.send("POST", path, json={"id": str(uuid7())})
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    assert refused.json()["title"] == "This change can’t be taken back any more"
    assert "The response utter_greet was changed since by" in refused.json()["detail"]
    assert f"in change {later['change']}" in refused.json()["detail"]


async def test_the_history_says_what_a_change_did_to_its_items(admin: Browser, assistant: str) -> None:
    item = str(uuid7())
    body = [{"text": "Hello"}]
    builtin = await item_named(admin, assistant, "response", "utter_ask_rephrase")
    made = {"op": "create", "item": item, "kind": "response", "name": "utter_new", "body": body}
    await send(admin, assistant, change(made, text_patch(builtin, "Again, please.")))
    await send(admin, assistant, change({"op": "delete", "item": item, "revision": 1}))
    revived = {"op": "create", "item": item, "kind": "response", "name": "utter_new", "body": body}
    await send(admin, assistant, change(revived))
    changes = (await admin.send("GET", f"/api/assistants/{assistant}/changes")).json()["items"]
    did = [{touched["name"]: touched["did"] for touched in listed["items"]} for listed in changes[:3]]
    assert did == [
        {"utter_new": "made"},
        {"utter_new": "deleted"},
        {"utter_new": "made", "utter_ask_rephrase": "changed"},
    ]


async def test_an_item_is_made_from_another_one_with_its_text(admin: Browser, assistant: str) -> None:
    before = await item_named(admin, assistant, "response", "utter_greet")
    origin = {"item": before["id"], "revision": before["revision"]}
    edit = {"op": "create", "item": str(uuid7()), "kind": "response", "name": "utter_greet_copy", "from": origin}
    (made,) = (await send(admin, assistant, change(edit)))["items"]
    assert made["body"] == before["body"]
    text = before["parts"][0]["source"].replace("utter_greet:", "utter_greet_copy:")
    assert [part["source"] for part in made["parts"]] == [text]
