"""What a test sets up before it looks: assistants of its own, through the page's API and with the page's session."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from playwright.sync_api import APIRequestContext, APIResponse

from talkwright.database.ids import uuid7

READY_SECONDS = 120


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A project as a .zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for path, text in files.items():
            packed.writestr(path, text)
    return data.getvalue()


class Api:
    """Speaks for the person who is signed in."""

    def __init__(self, address: str, request: APIRequestContext) -> None:
        self._base = f"{address}/api"
        self._request = request
        self._csrf = ""
        self.brought: list[str] = []
        """The names of the assistants that were imported this way."""

    def move_to(self, address: str) -> None:
        """Go on with the same studio at another address."""
        self._base = f"{address}/api"

    def get(self, path: str) -> Any:
        """Read something."""
        return self._read(self._request.get(f"{self._base}{path}"))

    def send(self, method: str, path: str, body: object = None, *, data: bytes | None = None, mime: str = "") -> Any:
        """Change something."""
        if not self._csrf:
            self._csrf = self.get("/session")["csrf"]
        headers = {"X-CSRF-Token": self._csrf, **({"Content-Type": mime} if mime else {})}
        sent: Any = data if data is not None else body
        return self._read(self._request.fetch(f"{self._base}{path}", method=method, data=sent, headers=headers))

    def _read(self, answer: APIResponse) -> Any:
        assert answer.ok, f"{answer.url} answered {answer.status}: {answer.text()}"
        return answer.json() if answer.body() else None

    def bring_in(self, name: str, title: str, files: Mapping[str, str | bytes]) -> dict[str, Any]:
        """Import a project; gives the assistant."""
        path = f"/assistants/import?id={uuid7()}&name={name}&title={title}"
        answer = self.send("POST", path, data=archive(files), mime="application/zip")
        self.brought.append(name)
        assistant: dict[str, Any] = answer["assistant"]
        return assistant

    def assistant(self, name: str) -> dict[str, Any]:
        """One assistant by its name."""
        found = self.find(name)
        assert found is not None, f"There is no assistant {name}."
        return found

    def find(self, name: str) -> dict[str, Any] | None:
        """One assistant by its name, where it is there."""
        return next((item for item in self.get("/assistants")["items"] if item["name"] == name), None)

    def remove(self, names: Iterable[str]) -> None:
        """Delete those of these assistants that are there."""
        unwanted = set(names)
        for each in self.get("/assistants?limit=200")["items"]:
            if each["name"] in unwanted:
                self.send("DELETE", f"/assistants/{each['id']}")

    def item(self, assistant: str, kind: str, name: str) -> dict[str, Any]:
        """One item whole, by kind and name."""
        items = self.get(f"/assistants/{assistant}/items?kind={kind}&q={name}&limit=200")["items"]
        summary = next(item for item in items if item["name"] == name)
        found: dict[str, Any] = self.get(f"/assistants/{assistant}/items/{summary['id']}")
        return found

    def change(self, assistant: str, *edits: dict[str, Any]) -> Any:
        """Change content as another page would."""
        body = {"id": str(uuid7()), "command": {"name": "edit-text", "arguments": {}}, "edits": list(edits)}
        return self.send("POST", f"/assistants/{assistant}/changes", body)

    def trained(self, name: str) -> dict[str, Any]:
        """Train an assistant and wait until it runs."""
        assistant = self.assistant(name)
        self.send("POST", f"/assistants/{assistant['id']}/trainings", {"id": str(uuid7()), "deploy": True})
        return self.running(name)

    def running(self, name: str) -> dict[str, Any]:
        """Wait until an assistant's newest model runs."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            found = self.find(name)
            training, deployment = (found["training"], found["deployment"]) if found else (None, None)
            assert training is None or training["state"] != "failed", training
            if (
                found
                and training
                and deployment
                and (training["state"], deployment["state"]) == ("succeeded", "running")
            ):
                return found
            time.sleep(0.1)
        raise AssertionError(f"{name} did not run in time: {self.assistant(name)}")
