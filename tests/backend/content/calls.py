"""What the tests of content ask the API."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from tests.services.studio import Browser

from talkwright.database.ids import uuid7


async def item_named(browser: Browser, assistant: str, kind: str, name: str) -> dict[str, Any]:
    """The whole item of a kind and name."""
    found = await browser.send("GET", f"/api/assistants/{assistant}/items?kind={kind}&name={name}")
    assert found.status_code == 200, found.text
    (summary,) = found.json()["items"]
    whole = await browser.send("GET", f"/api/assistants/{assistant}/items/{summary['id']}")
    assert whole.status_code == 200, whole.text
    result: dict[str, Any] = whole.json()
    return result


def change(*edits: dict[str, Any], command: str = "edit-text", **arguments: Any) -> dict[str, Any]:
    """A change as a page sends it."""
    return {"id": str(uuid7()), "command": {"name": command, "arguments": arguments}, "edits": list(edits)}


def text_patch(item: dict[str, Any], text: str) -> dict[str, Any]:
    """The edit that puts another text in a response's first variation."""
    patch = [{"op": "replace", "path": "/0/text", "value": text}]
    return {"op": "patch", "item": item["id"], "revision": item["revision"], "patch": patch}


async def send(browser: Browser, assistant: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """Send a change and expect a status."""
    answer = await browser.send("POST", f"/api/assistants/{assistant}/changes", json=body)
    assert answer.status_code == status, answer.text
    result: dict[str, Any] = answer.json()
    return result


def packed(files: dict[str, bytes]) -> bytes:
    """A .zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The files of a .zip."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


async def download(browser: Browser, assistant: str, at: int | None = None) -> dict[str, bytes]:
    """The assistant's project."""
    address = f"/api/assistants/{assistant}/download" + ("" if at is None else f"?at={at}")
    answer = await browser.send("GET", address)
    assert answer.status_code == 200, answer.text
    return unpacked(answer.content)


async def imported(browser: Browser, files: dict[str, bytes], into: str | None = None) -> dict[str, Any]:
    """Import files as a new assistant, or into one; gives the whole answer."""
    made = str(uuid7())
    address = f"/api/assistants/{into}/import" if into else f"/api/assistants/import?id={made}&name=bot-{made}"
    headers = {"Content-Type": "application/zip"}
    answer = await browser.send("POST", address, content=packed(files), headers=headers)
    assert answer.status_code in (200, 201), answer.text
    result: dict[str, Any] = answer.json()
    return result
