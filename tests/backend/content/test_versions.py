"""A version pins what the assistant is, and unchanged content is no new one."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from tests.backend.content.calls import change, download, imported, item_named, packed, send, text_patch
from tests.services.studio import Browser

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.assistant.project import read_contents, read_project, write_project
from talkwright.backend.versions.service import pin_current
from talkwright.database.engine import Database
from talkwright.database.ids import SYSTEM_USER, uuid7
from talkwright.database.projects import version_archive
from talkwright.database.versions import Version

pytestmark = pytest.mark.anyio

FILES = {
    "config.yml": b"assistant_id: lamp\nlanguage: en\npolicies: []\n",
    "domain.yml": b"# words\nresponses:\n  utter_a:\n  - text: one\n",
    "data/stories.yml": b"stories:\n- story: a\n  steps: []\n",
    "logo.bin": b"\x00\x01",
}


async def pin(database: Database, assistant: str) -> Version:
    async with database.transaction() as session:
        return await pin_current(session, UUID(assistant), SYSTEM_USER)


async def project_of(database: Database, version: Version) -> dict[str, bytes]:
    async with database.transaction() as session:
        archive = await version_archive(session, version.assistant, version.id)
    project = read_project(archive)
    return write_project(project.files, project.items)


async def test_a_version_keeps_its_content_while_the_assistant_goes_on(admin: Browser, database: Database) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    first = await pin(database, made)
    item = await item_named(admin, made, "response", "utter_a")
    await send(admin, made, change(text_patch(item, "two")))
    second = await pin(database, made)
    assert (second.number, second.change) == (first.number + 1, first.change + 1)
    name = first.name.rpartition("-")[0].encode()
    config = FILES["config.yml"].replace(b"lamp", name)
    assert await project_of(database, first) == FILES | {"config.yml": config}
    assert await project_of(database, second) == await download(admin, made) | {"config.yml": config}
    listed = (await admin.send("GET", f"/api/assistants/{made}/versions")).json()["items"]
    assert [entry["name"] for entry in listed] == [second.name, first.name]


async def test_unchanged_content_is_the_same_version_even_after_a_comment(admin: Browser, database: Database) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    first = await pin(database, made)
    assert await pin(database, made) == first
    await imported(admin, {"domain.yml": FILES["domain.yml"].replace(b"# words", b"# other words")}, into=made)
    assert await pin(database, made) == first
    await imported(admin, {"data/stories.yml": b"stories:\n- story: b\n  steps: []\n"}, into=made)
    assert await pin(database, made) != first
    await imported(admin, {"logo.bin": b"\x00\x02"}, into=made)
    assert (await pin(database, made)).number == 3


async def test_many_at_once_get_one_version(admin: Browser, database: Database) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    found = await asyncio.gather(*(pin(database, made) for _ in range(8)))
    assert len({version.id for version in found}) == 1


async def test_a_version_is_described_and_downloaded(admin: Browser, database: Database) -> None:
    made = (await imported(admin, FILES))["assistant"]["id"]
    version = await pin(database, made)
    address = f"/api/assistants/{made}/versions/{version.id}"
    answer = await admin.send("PATCH", address, json={"description": "Before the summer"})
    assert (answer.status_code, answer.json()["description"]) == (200, "Before the summer")
    project = await admin.send("GET", f"{address}/project")
    assert project.headers["content-type"] == "application/gzip"
    assert read_project(project.content).files == read_contents(FILES).files
    assert (await admin.send("GET", f"{address}/model")).status_code == 404


@pytest.mark.parametrize("config", [b"assistant_id: lamp\nlanguage: en\n", b"language: en\n", None])
async def test_models_call_the_assistant_as_the_studio_does_and_the_import_says_so(
    admin: Browser, database: Database, config: bytes | None
) -> None:
    files = {"domain.yml": FILES["domain.yml"]} | ({} if config is None else {"config.yml": config})
    answer = await imported(admin, files)
    made, name = answer["assistant"]["id"], answer["assistant"]["name"]
    (told,) = [one for one in answer["report"]["problems"] if one["code"] == "assistant-id-differs"]
    assert name in told["message"]
    assert await download(admin, made) == files
    project = read_contents(await project_of(database, await pin(database, made)))
    items = [ItemBody(str(item.kind), item.name, item.body) for item in project.items]
    assert build_assistant(items)[0].id == name


async def test_an_import_under_the_projects_own_name_has_nothing_to_say_about_it(admin: Browser) -> None:
    name = f"lamp-{uuid7()}"
    files = {"config.yml": f"assistant_id: {name}\nlanguage: en\n".encode()}
    address = f"/api/assistants/import?id={uuid7()}"
    answer = await admin.send("POST", address, content=packed(files), headers={"Content-Type": "application/zip"})
    assert answer.json()["assistant"]["name"] == name
    assert [problem["code"] for problem in answer.json()["report"]["problems"]] == ["no-flow"]
