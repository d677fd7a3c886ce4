"""Projects come in with a report and go out byte for byte."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.backend.content.calls import change, download, imported, item_named, packed, send, text_patch
from tests.services.studio import Browser, RunningStudio

from talkwright.database.ids import uuid7
from talkwright.database.tables import announcements, assistants, audit, files, items

pytestmark = pytest.mark.anyio

CONFIG = b"recipe: default.v1\r\nlanguage: en\r\nassistant_id: lamp\r\n\r\npolicies:\r\n- name: FlowPolicy\r\n"
DOMAIN = b"""version: "3.1"
# what it says
responses:
  utter_on:
  - text: "It's on"   # keep short

  # two ways
  utter_off:
  - text: off
  - text: 'dark now'
slots:
  room: {type: text, mappings: [{type: from_llm}]}
"""
FLOWS = b"""flows:
  switch_on:
    description: Switches a lamp on.
    steps:
    - collect: room
      utter: utter_on
    - action: utter_off
"""
FILES = {
    "config.yml": CONFIG,
    "domain.yml": DOMAIN,
    "data/flows.yml": FLOWS,
    "data/stories.yml": b"stories:\n- story: a\n  steps:\n  - intent: x\n",
    "actions/lamp.py": b"print('hi')\n",
    "docs/plan.png": b"\x89PNG\x00\x01",
    "notes.txt": b"no newline at the end",
}


async def test_what_is_imported_comes_out_byte_for_byte(admin: Browser) -> None:
    answer = await imported(admin, FILES)
    report = answer["report"]
    assert report["items"]["flow"] == 1
    assert {line["path"]: (line["items"], line["kept"]) for line in report["files"]}["notes.txt"] == (0, True)
    assert await download(admin, answer["assistant"]["id"]) == FILES


async def rows(studio: RunningStudio) -> list[int]:
    """How many rows tables have of which an import writes some."""
    counts = [select(func.count()).select_from(table) for table in (assistants, items, audit, announcements, files)]
    async with studio.studio.services.transaction() as session:
        return [(await session.execute(count)).scalar_one() for count in counts]


async def test_a_trial_tells_what_an_import_would_make_and_makes_nothing(admin: Browser, studio: RunningStudio) -> None:
    address = f"/api/assistants/import?id={uuid7()}&file=lamp.zip"
    sent = {"content": packed(FILES), "headers": {"Content-Type": "application/zip"}}
    before = await rows(studio)
    tried = await admin.send("POST", f"{address}&trial=true", **sent)
    assert tried.status_code == 200, tried.text
    told = tried.json()
    missing = await admin.send("GET", f"/api/assistants/{told['assistant']['id']}")
    assert missing.status_code == 404
    assert await rows(studio) == before
    made = await admin.send("POST", address, **sent)
    assert made.status_code == 201, made.text
    answer = made.json()
    assert [told["assistant"][key] for key in ("name", "title")] == [
        answer["assistant"][key] for key in ("name", "title")
    ]
    for report in (told["report"], answer["report"]):
        for problem in report["problems"]:
            del problem["item"], problem["fix"]
    assert told["report"] == answer["report"]


async def test_who_import_the_same_at_the_same_moment_each_get_a_free_name(admin: Browser) -> None:
    named = {**FILES, "config.yml": CONFIG.replace(b"lamp", b"twins")}
    sent = {"content": packed(named), "headers": {"Content-Type": "application/zip"}}
    made = await asyncio.gather(*(admin.send("POST", f"/api/assistants/import?id={uuid7()}", **sent) for _ in range(3)))
    assert [answer.status_code for answer in made] == [201, 201, 201]
    assert {answer.json()["assistant"]["name"] for answer in made} == {"twins", "twins-2", "twins-3"}


async def test_a_project_without_any_flow_is_reported_as_one(admin: Browser) -> None:
    def codes(answer: dict[str, Any]) -> list[str]:
        return [problem["code"] for problem in answer["report"]["problems"]]

    without = {path: data for path, data in FILES.items() if path not in ("data/flows.yml", "data/stories.yml")}
    answer = await imported(admin, without)
    assert "no-flow" in codes(answer)
    warnings = [problem for problem in answer["report"]["problems"] if problem["severity"] == "warning"]
    assert answer["assistant"]["problems"]["warning"] == len(warnings)
    assert "no-flow" not in codes(await imported(admin, {"data/flows.yml": FLOWS}, into=answer["assistant"]["id"]))


async def test_after_an_edit_only_its_line_differs_and_the_past_can_be_had(admin: Browser) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    item = await item_named(admin, made, "response", "utter_on")
    await send(admin, made, change(text_patch(item, "Bright now")))
    expected = FILES | {"domain.yml": DOMAIN.replace(b'"It\'s on"', b'"Bright now"')}
    assert await download(admin, made) == expected
    assert await download(admin, made, at=1) == FILES


async def test_a_new_flow_gets_a_file_and_a_deleted_one_leaves_none(admin: Browser) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    flow, body = str(uuid7()), {"description": "Says when.", "steps": [{"id": "say", "action": "utter_off"}]}
    create = {"op": "create", "item": flow, "kind": "flow", "name": "say_when", "body": body}
    await send(admin, made, change(create, command="create"))
    files = await download(admin, made)
    assert files.keys() - FILES.keys() == {"data/flows/say_when.yml"}
    await send(admin, made, change({"op": "delete", "item": flow, "revision": 1}))
    assert await download(admin, made) == FILES
    assert (await download(admin, made, at=2)) == files


async def test_importing_the_same_again_changes_nothing_and_keeps_every_item(admin: Browser) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    before = await item_named(admin, made, "flow", "switch_on")
    await imported(admin, FILES, into=made)
    assert await item_named(admin, made, "flow", "switch_on") | {"change": 1} == before | {"change": 1}
    assert await download(admin, made) == FILES


async def test_an_import_replaces_its_files_and_leaves_the_others(admin: Browser) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    old = await item_named(admin, made, "response", "utter_on")
    domain = b"responses:\n  utter_on:\n  - text: new\n"
    await imported(admin, {"domain.yml": domain}, into=made)
    new = await item_named(admin, made, "response", "utter_on")
    assert (new["id"], new["revision"], new["body"]) == (old["id"], 2, [{"text": "new"}])
    assert (await admin.send("GET", f"/api/assistants/{made}/items?name=utter_off")).json()["items"] == []
    assert await download(admin, made) == FILES | {"domain.yml": domain}
    await imported(admin, FILES, into=made)
    assert await download(admin, made) == FILES


async def test_an_import_takes_over_an_item_that_stood_in_another_file(admin: Browser) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    await imported(admin, {"domain/more.yml": b"responses:\n  utter_on:\n  - text: moved\n"}, into=made)
    files = await download(admin, made)
    assert b"utter_on" not in files["domain.yml"]
    assert b"moved" in files["domain/more.yml"]
    assert b"utter_off" in files["domain.yml"]


async def test_a_deleted_item_that_an_import_brings_elsewhere_stands_there_alone(admin: Browser) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    gone = await item_named(admin, made, "response", "utter_on")
    await send(admin, made, change({"op": "delete", "item": gone["id"], "revision": gone["revision"]}))
    await imported(admin, {"domain/more.yml": b"responses:\n  utter_on:\n  - text: moved\n"}, into=made)
    files = await download(admin, made)
    assert b"utter_on" not in files["domain.yml"]
    assert b"moved" in files["domain/more.yml"]


async def test_a_deleted_item_that_comes_elsewhere_leaves_the_file_it_was_in_as_it_is(admin: Browser) -> None:
    files = FILES | {"domain.yml": b"# all\nresponses:\n  utter_on:\n  - text: 'on'\n\nslots:\n  a:\n    type: text\n"}
    made = (await imported(admin, files))["assistant"]["id"]
    gone = await item_named(admin, made, "response", "utter_on")
    await send(admin, made, change({"op": "delete", "item": gone["id"], "revision": gone["revision"]}))
    before = await download(admin, made)
    await imported(admin, {"domain/more.yml": b"responses:\n  utter_on:\n  - text: moved\n"}, into=made)
    assert (await download(admin, made))["domain.yml"] == before["domain.yml"]


async def test_an_import_taken_back_leaves_the_files_as_they_were(admin: Browser) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    await imported(
        admin,
        {"domain.yml": b"responses: {}\n", "domain/more.yml": b"responses:\n  utter_on:\n  - text: moved\n"},
        into=made,
    )
    answer = await admin.send("POST", f"/api/assistants/{made}/changes/2/revert", json={"id": str(uuid7())})
    assert answer.status_code == 200, answer.text
    assert await download(admin, made) == FILES


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (b"flows:\n  x: [\n", "Until it can be read"),
        ("flows:\n  x: {name: ä}\n".encode("latin-1"), "This file is not UTF-8 text and was kept unread: save it"),
        (b"a: \0\n", "This file holds NUL characters and was kept unread: save it"),
        (b"#" * 4_000_001, "This file is larger than 4,000,000 bytes and was kept unread: divide it"),
    ],
)
async def test_an_unreadable_file_is_kept_and_said_with_its_one_cause(admin: Browser, broken: bytes, why: str) -> None:
    files = FILES | {"data/broken.yml": broken}
    answer = await imported(admin, files)
    (told,) = (problem for problem in answer["report"]["problems"] if problem["file"] == "data/broken.yml")
    assert (told["severity"], "broken.yml" in told["message"]) == ("error", False), "the place is told beside it"
    assert "data/broken.yml" not in [file["path"] for file in answer["report"]["files"] if file["kept"]]
    made = answer["assistant"]["id"]
    assert await download(admin, made) == files
    found = (await admin.send("GET", f"/api/assistants/{made}/problems")).json()["items"]
    (stored,) = (problem["message"] for problem in found if problem["code"] == "file-unreadable")
    assert why in stored
    assert why in told["message"]


async def test_a_file_that_is_mended_becomes_the_items_that_stand_in_it(admin: Browser) -> None:
    made = (await imported(admin, FILES | {"data/broken.yml": b"flows:\n  x: [\n"}))["assistant"]["id"]
    file = await item_named(admin, made, "file", "data/broken.yml")
    mended = "flows:\n  x:\n    description: works\n    steps:\n      - action: utter_on\n"
    edit = {"op": "source", "item": file["id"], "revision": 1, "part": 0, "source": mended}
    answer = await send(admin, made, change(edit, command="edit-source"))
    assert {(item["kind"], item["name"], item["deleted"]) for item in answer["items"]} == {
        ("file", "data/broken.yml", True),
        ("flow", "x", False),
    }
    assert await download(admin, made) == FILES | {"data/broken.yml": mended.encode()}
    found = (await admin.send("GET", f"/api/assistants/{made}/problems")).json()["items"]
    assert "file-unreadable" not in {problem["code"] for problem in found}


async def test_what_an_unreadable_file_may_define_is_not_told_as_missing_besides(admin: Browser) -> None:
    async def codes() -> set[str]:
        return {
            problem["code"] for problem in (await admin.send("GET", f"/api/assistants/{made}/problems")).json()["items"]
        }

    answer = await imported(admin, {"config.yml": CONFIG, "data/broken.yml": b"flows:\n  x: [\n"})
    made = answer["assistant"]["id"]
    assert "no-flow" not in {problem["code"] for problem in answer["report"]["problems"]}
    assert await codes() == {"file-unreadable"}
    calling = b"flows:\n  a:\n    description: Goes on.\n    steps:\n    - call: x\n    - action: utter_nowhere\n"
    await imported(admin, {"data/a.yml": calling}, into=made)
    assert {code for code in await codes() if code.startswith("undeclared")} == {"undeclared-response"}
    file = await item_named(admin, made, "file", "data/broken.yml")
    mended = "flows:\n  y:\n    description: Works.\n    steps:\n    - action: utter_nowhere\n"
    edit = {"op": "source", "item": file["id"], "revision": file["revision"], "part": 0, "source": mended}
    await send(admin, made, change(edit, command="edit-source"))
    assert {"undeclared-flow", "undeclared-response"} <= await codes(), "now it is known what it defines"
    assert "file-unreadable" not in await codes()


async def test_a_hostile_archive_is_refused_with_a_reason(admin: Browser) -> None:
    address = f"/api/assistants/import?id={uuid7()}&name=evil"
    headers = {"Content-Type": "application/zip"}
    answer = await admin.send("POST", address, content=packed({"../out.yml": b"x"}), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "archive-path")
    empty = await admin.send("POST", address, content=b"", headers=headers)
    assert empty.status_code == 422
    names = [entry["name"] for entry in (await admin.send("GET", "/api/assistants?limit=200")).json()["items"]]
    assert "evil" not in names


@pytest.mark.parametrize("files", [{}, {"sea.jpg": b"\xff\xd8", "notes/today.md": b"# Today"}])
async def test_what_holds_nothing_of_an_assistant_is_not_imported(admin: Browser, files: dict[str, bytes]) -> None:
    address = f"/api/assistants/import?id={uuid7()}"
    answer = await admin.send("POST", address, content=packed(files), headers={"Content-Type": "application/zip"})
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing-to-import")


async def test_the_examples_are_imported_like_anything_else(admin: Browser) -> None:
    examples = (await admin.send("GET", "/api/examples")).json()
    assert "bank" in {example["name"] for example in examples}
    made = str(uuid7())
    answer = await admin.send("POST", "/api/assistants/examples/bank", json={"id": made})
    assert answer.status_code == 201, answer.text
    again = await admin.send("POST", "/api/assistants/examples/bank", json={"id": made})
    assert again.json()["report"] == answer.json()["report"]
    errors = [problem for problem in answer.json()["report"]["problems"] if problem["severity"] == "error"]
    assert errors == []
    folder = Path(__file__).parents[3] / "examples" / "bank"
    files = await download(admin, made)
    assert files["domain/cards.yml"] == (folder / "domain/cards.yml").read_bytes()
    assert {path for path in files if path.startswith("data/")} == {
        str(path.relative_to(folder)) for path in (folder / "data").rglob("*.yml")
    }
